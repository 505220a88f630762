package chat

import (
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"karnak/ent/enum"
	"karnak/internal/platform/fault"
	"karnak/internal/platform/id"
)

// CreateChannelInput is the input of createChannel.
type CreateChannelInput struct {
	ClientMutationID *string
	ID               *string
	WorkspaceID      string
	Name             string
	Visibility       enum.Visibility
	Topic            string
}

const (
	longestName  = 80
	longestTopic = 250
	longestBody  = 16_384
	longestEmoji = 64
	mostDirect   = 8
)

func (in *CreateChannelInput) validate() error {
	var i fault.Issues
	clientID(&i, id.Channel, in.ID)
	in.Name = strings.TrimSpace(in.Name)
	i.Text("name", in.Name, 1, longestName, false)
	i.Text("topic", in.Topic, 0, longestTopic, false)
	if in.Visibility.Closed() {
		i.Add(fault.Invalid, "visibility", "Choose PUBLIC or PRIVATE; openDirectChannel makes direct channels, createConversation those of conversations.")
	}
	return i.Err()
}

func clientID(i *fault.Issues, p id.Prefix, s *string) {
	if s != nil && !id.Valid(p, *s) {
		i.Add(fault.Invalid, "id", "This is not an id of this type: %s_ and 26 characters.", p)
	}
}

// OpenDirectChannelInput is the input of openDirectChannel.
type OpenDirectChannelInput struct {
	ClientMutationID *string
	WorkspaceID      string
	UserIDs          []string
}

// people returns the sorted ids of everybody in the channel.
func (in *OpenDirectChannelInput) people(self string) ([]string, error) {
	all := append(slices.Clone(in.UserIDs), self)
	slices.Sort(all)
	all = slices.Compact(all)
	if len(all) < 2 || len(all) > mostDirect+1 {
		return nil, fault.User(fault.Invalid, "userIds", "Name one to %d other members.", mostDirect)
	}
	return all, nil
}

// UpdateChannelInput is the input of updateChannel.
type UpdateChannelInput struct {
	ClientMutationID *string
	ChannelID        string
	Name             *string
	Topic            *string
	ExpectedVersion  *int
}

func (in *UpdateChannelInput) validate() error {
	var i fault.Issues
	if in.Name != nil {
		*in.Name = strings.TrimSpace(*in.Name)
		i.Text("name", *in.Name, 1, longestName, false)
	}
	if in.Topic != nil {
		i.Text("topic", *in.Topic, 0, longestTopic, false)
	}
	return i.Err()
}

// JoinChannelInput is the input of joinChannel.
type JoinChannelInput struct {
	ClientMutationID *string
	ChannelID        string
}

// LeaveChannelInput is the input of leaveChannel.
type LeaveChannelInput struct {
	ClientMutationID *string
	ChannelID        string
}

// AddChannelMemberInput is the input of addChannelMember.
type AddChannelMemberInput struct {
	ClientMutationID *string
	ChannelID        string
	UserID           string
}

// RemoveChannelMemberInput is the input of removeChannelMember.
type RemoveChannelMemberInput struct {
	ClientMutationID *string
	ChannelID        string
	UserID           string
}

// SendMessageInput is the input of sendMessage.
type SendMessageInput struct {
	ClientMutationID *string
	ChannelID        string
	Body             string
	ID               *string
	ReplyToID        *string
}

func (in *SendMessageInput) validate() error {
	var i fault.Issues
	clientID(&i, id.Message, in.ID)
	i.Text("body", in.Body, 1, longestBody, true)
	return i.Err()
}

// EditMessageInput is the input of editMessage.
type EditMessageInput struct {
	ClientMutationID *string
	MessageID        string
	Body             string
	ExpectedVersion  *int
}

func (in *EditMessageInput) validate() error {
	var i fault.Issues
	i.Text("body", in.Body, 1, longestBody, true)
	return i.Err()
}

// DeleteMessageInput is the input of deleteMessage.
type DeleteMessageInput struct {
	ClientMutationID *string
	MessageID        string
}

// AddReactionInput is the input of addReaction.
type AddReactionInput struct {
	ClientMutationID *string
	MessageID        string
	Emoji            string
}

func (in *AddReactionInput) validate() error {
	var i fault.Issues
	i.Text("emoji", in.Emoji, 1, longestEmoji, false)
	if len(i) == 0 && len(in.Emoji) > longestEmoji {
		i.Add(fault.TooLong, "emoji", "An emoji has at most %d bytes.", longestEmoji)
	}
	return i.Err()
}

// RemoveReactionInput is the input of removeReaction.
type RemoveReactionInput struct {
	ClientMutationID *string
	MessageID        string
	Emoji            string
}

// MarkReadInput is the input of markRead.
type MarkReadInput struct {
	ClientMutationID *string
	ChannelID        string
	Seq              int
}

var mention = regexp.MustCompile(`@\[(user_[0-9a-z]{26})\]`)

const mostMentions = 50

// mentions returns the distinct users a text mentions, in the order of their first mention.
func mentions(body string) (out []string) {
	for _, m := range mention.FindAllStringSubmatch(body, -1) {
		if len(out) < mostMentions && !slices.Contains(out, m[1]) {
			out = append(out, m[1])
		}
	}
	return out
}

// searchWords returns the words of a search, at most ten.
func searchWords(query string) ([]string, error) {
	words := strings.FieldsFunc(query, func(r rune) bool { return !word(r) })
	if n := utf8.RuneCountInString(query); n < 1 || n > 200 || len(words) == 0 || !utf8.ValidString(query) {
		return nil, fault.New(fault.BadUserInput, "Search for words, in 1 to 200 characters.")
	}
	if len(words) > 10 {
		words = words[:10]
	}
	return words, nil
}

// SetTypingInput is the input of setTyping.
type SetTypingInput struct {
	ClientMutationID *string
	ChannelID        string
	Typing           bool
}
