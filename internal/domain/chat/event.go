package chat

import (
	"encoding/json"

	"karnak/internal/core/eventlog"
)

// The events of this room. Object is the message or the channel, subject the user a membership is about. Memberships and
// channels are access events: they change who may read what. The creation of a closed channel has whoever made it as its
// subject, and concerns nobody else; that of any other has none.
var (
	posted          = eventlog.Type{Name: "chat.message.posted", Public: true}
	edited          = eventlog.Type{Name: "chat.message.edited", Public: true}
	deleted         = eventlog.Type{Name: "chat.message.deleted", Public: true}
	reactionAdded   = eventlog.Type{Name: "chat.reaction.added", Public: true}
	reactionRemoved = eventlog.Type{Name: "chat.reaction.removed", Public: true}
	channelCreated  = eventlog.Type{Name: "chat.channel.created", Public: true, Access: true, Personal: true}
	channelUpdated  = eventlog.Type{Name: "chat.channel.updated", Public: true}
	memberJoined    = eventlog.Type{Name: "chat.member.joined", Public: true, Access: true, Personal: true}
	memberLeft      = eventlog.Type{Name: "chat.member.left", Public: true, Access: true, Personal: true}
	memberRemoved   = eventlog.Type{Name: "chat.member.removed", Public: true, Access: true, Personal: true}
)

// aboutMessages are the types whose object is a message.
var aboutMessages = []string{posted.Name, edited.Name, deleted.Name, reactionAdded.Name, reactionRemoved.Name}

// Events returns the event types of this room.
func Events() []eventlog.Type {
	return []eventlog.Type{posted, edited, deleted, reactionAdded, reactionRemoved, channelCreated, channelUpdated, memberJoined, memberLeft, memberRemoved}
}

// ChannelEvent is something that happened in a channel.
type ChannelEvent interface {
	IsEvent()
	IsActivityEvent()
	IsChannelEvent()
	Position() string
}

// Happened is what the events of a channel have in common.
type Happened struct{ *eventlog.Event }

// IsEvent marks an event of the log.
func (Happened) IsEvent() {}

// IsActivityEvent marks an event of the feed.
func (Happened) IsActivityEvent() {}

// IsChannelEvent marks an event of a channel.
func (Happened) IsChannelEvent() {}

// Emoji returns the emoji of a reaction's event.
func (h Happened) Emoji() string {
	var d reactionData
	if json.Unmarshal(h.Data, &d) != nil {
		return ""
	}
	return d.Emoji
}

type reactionData struct {
	Emoji string `json:"emoji"`
}

// The events as clients see them.
type (
	MessagePosted   struct{ Happened }
	MessageEdited   struct{ Happened }
	MessageDeleted  struct{ Happened }
	ReactionAdded   struct{ Happened }
	ReactionRemoved struct{ Happened }
	ChannelCreated  struct{ Happened }
	ChannelUpdated  struct{ Happened }
	MemberJoined    struct{ Happened }
	MemberLeft      struct{ Happened }
)

// Logged is the event as the log has it.
func (h Happened) Logged() *eventlog.Event { return h.Event }

// Typed returns an event of this room as clients see it; nil for one of another room.
func Typed(e *eventlog.Event) ChannelEvent {
	h := Happened{e}
	switch e.Type {
	case posted.Name:
		return &MessagePosted{h}
	case edited.Name:
		return &MessageEdited{h}
	case deleted.Name:
		return &MessageDeleted{h}
	case reactionAdded.Name:
		return &ReactionAdded{h}
	case reactionRemoved.Name:
		return &ReactionRemoved{h}
	case channelCreated.Name:
		return &ChannelCreated{h}
	case channelUpdated.Name:
		return &ChannelUpdated{h}
	case memberJoined.Name:
		return &MemberJoined{h}
	case memberLeft.Name, memberRemoved.Name:
		return &MemberLeft{h}
	}
	return nil
}
