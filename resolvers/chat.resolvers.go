package resolvers

import (
	"context"
	"karnak/ent/entgen"
	"karnak/graph/graphgen"
	"karnak/graph/scalar"
	"karnak/internal/domain/chat"
	"karnak/internal/platform/page"
)

// Workspace is the resolver for the workspace field.
func (r *channelResolver) Workspace(ctx context.Context, obj *entgen.Channel) (*entgen.Workspace, error) {
	return r.guard.Workspace(ctx, obj.WorkspaceID)
}

// UnreadCount is the resolver for the unreadCount field.
func (r *channelResolver) UnreadCount(ctx context.Context, obj *entgen.Channel) (int, error) {
	return r.chat.Unread(ctx, obj)
}

// LastReadSeq is the resolver for the lastReadSeq field.
func (r *channelResolver) LastReadSeq(ctx context.Context, obj *entgen.Channel) (int, error) {
	return r.chat.LastRead(ctx, obj)
}

// Cursor is the resolver for the cursor field.
func (r *channelResolver) Cursor(ctx context.Context, obj *entgen.Channel) (string, error) {
	return r.chat.Cursor(ctx, obj)
}

// Members is the resolver for the members field.
func (r *channelResolver) Members(ctx context.Context, obj *entgen.Channel, first *int, after *string) (*page.Connection[*entgen.ChannelMember], error) {
	return r.chat.Members(ctx, obj, page.Forward(first, after))
}

// Messages is the resolver for the messages field.
func (r *channelResolver) Messages(ctx context.Context, obj *entgen.Channel, first *int, after *string, last *int, before *string) (*page.Connection[*entgen.Message], error) {
	return r.chat.Messages(ctx, obj, page.Args{First: first, After: after, Last: last, Before: before})
}

// Actor is the resolver for the actor field.
func (r *channelCreatedResolver) Actor(ctx context.Context, obj *chat.ChannelCreated) (scalar.Object, error) {
	return r.actor(ctx, obj.ActorID)
}

// Channel is the resolver for the channel field.
func (r *channelCreatedResolver) Channel(ctx context.Context, obj *chat.ChannelCreated) (*entgen.Channel, error) {
	return r.chat.Channel(ctx, obj.ChannelID)
}

// User is the resolver for the user field.
func (r *channelMemberResolver) User(ctx context.Context, obj *entgen.ChannelMember) (*entgen.User, error) {
	return r.guard.Person(ctx, obj.UserID)
}

// Actor is the resolver for the actor field.
func (r *channelUpdatedResolver) Actor(ctx context.Context, obj *chat.ChannelUpdated) (scalar.Object, error) {
	return r.actor(ctx, obj.ActorID)
}

// Channel is the resolver for the channel field.
func (r *channelUpdatedResolver) Channel(ctx context.Context, obj *chat.ChannelUpdated) (*entgen.Channel, error) {
	return r.chat.Channel(ctx, obj.ChannelID)
}

// Actor is the resolver for the actor field.
func (r *memberJoinedResolver) Actor(ctx context.Context, obj *chat.MemberJoined) (scalar.Object, error) {
	return r.actor(ctx, obj.ActorID)
}

// Channel is the resolver for the channel field.
func (r *memberJoinedResolver) Channel(ctx context.Context, obj *chat.MemberJoined) (*entgen.Channel, error) {
	return r.chat.Channel(ctx, obj.ChannelID)
}

// User is the resolver for the user field.
func (r *memberJoinedResolver) User(ctx context.Context, obj *chat.MemberJoined) (*entgen.User, error) {
	return r.guard.Person(ctx, obj.SubjectID)
}

// Actor is the resolver for the actor field.
func (r *memberLeftResolver) Actor(ctx context.Context, obj *chat.MemberLeft) (scalar.Object, error) {
	return r.actor(ctx, obj.ActorID)
}

// Channel is the resolver for the channel field.
func (r *memberLeftResolver) Channel(ctx context.Context, obj *chat.MemberLeft) (*entgen.Channel, error) {
	return r.chat.Channel(ctx, obj.ChannelID)
}

// User is the resolver for the user field.
func (r *memberLeftResolver) User(ctx context.Context, obj *chat.MemberLeft) (*entgen.User, error) {
	return r.guard.Person(ctx, obj.SubjectID)
}

// Author is the resolver for the author field.
func (r *messageResolver) Author(ctx context.Context, obj *entgen.Message) (*entgen.User, error) {
	return r.guard.Person(ctx, obj.AuthorID)
}

// Channel is the resolver for the channel field.
func (r *messageResolver) Channel(ctx context.Context, obj *entgen.Message) (*entgen.Channel, error) {
	return r.chat.Channel(ctx, obj.ChannelID)
}

// ReplyTo is the resolver for the replyTo field.
func (r *messageResolver) ReplyTo(ctx context.Context, obj *entgen.Message) (*entgen.Message, error) {
	return r.chat.ReplyTo(ctx, obj)
}

// Mentions is the resolver for the mentions field.
func (r *messageResolver) Mentions(ctx context.Context, obj *entgen.Message) ([]*entgen.User, error) {
	return r.chat.Mentions(ctx, obj)
}

// Reactions is the resolver for the reactions field.
func (r *messageResolver) Reactions(ctx context.Context, obj *entgen.Message) ([]*chat.ReactionGroup, error) {
	return r.chat.Reactions(ctx, obj)
}

// Actor is the resolver for the actor field.
func (r *messageDeletedResolver) Actor(ctx context.Context, obj *chat.MessageDeleted) (scalar.Object, error) {
	return r.actor(ctx, obj.ActorID)
}

// Message is the resolver for the message field.
func (r *messageDeletedResolver) Message(ctx context.Context, obj *chat.MessageDeleted) (*entgen.Message, error) {
	return r.chat.Message(ctx, obj.ObjectID)
}

// Actor is the resolver for the actor field.
func (r *messageEditedResolver) Actor(ctx context.Context, obj *chat.MessageEdited) (scalar.Object, error) {
	return r.actor(ctx, obj.ActorID)
}

// Message is the resolver for the message field.
func (r *messageEditedResolver) Message(ctx context.Context, obj *chat.MessageEdited) (*entgen.Message, error) {
	return r.chat.Message(ctx, obj.ObjectID)
}

// Actor is the resolver for the actor field.
func (r *messagePostedResolver) Actor(ctx context.Context, obj *chat.MessagePosted) (scalar.Object, error) {
	return r.actor(ctx, obj.ActorID)
}

// Message is the resolver for the message field.
func (r *messagePostedResolver) Message(ctx context.Context, obj *chat.MessagePosted) (*entgen.Message, error) {
	return r.chat.Message(ctx, obj.ObjectID)
}

// CreateChannel is the resolver for the createChannel field.
func (r *mutationResolver) CreateChannel(ctx context.Context, input chat.CreateChannelInput) (*chat.CreateChannelPayload, error) {
	return r.chat.CreateChannel(ctx, input)
}

// OpenDirectChannel is the resolver for the openDirectChannel field.
func (r *mutationResolver) OpenDirectChannel(ctx context.Context, input chat.OpenDirectChannelInput) (*chat.OpenDirectChannelPayload, error) {
	return r.chat.OpenDirectChannel(ctx, input)
}

// UpdateChannel is the resolver for the updateChannel field.
func (r *mutationResolver) UpdateChannel(ctx context.Context, input chat.UpdateChannelInput) (*chat.UpdateChannelPayload, error) {
	return r.chat.UpdateChannel(ctx, input)
}

// JoinChannel is the resolver for the joinChannel field.
func (r *mutationResolver) JoinChannel(ctx context.Context, input chat.JoinChannelInput) (*chat.JoinChannelPayload, error) {
	return r.chat.JoinChannel(ctx, input)
}

// LeaveChannel is the resolver for the leaveChannel field.
func (r *mutationResolver) LeaveChannel(ctx context.Context, input chat.LeaveChannelInput) (*chat.LeaveChannelPayload, error) {
	return r.chat.LeaveChannel(ctx, input)
}

// AddChannelMember is the resolver for the addChannelMember field.
func (r *mutationResolver) AddChannelMember(ctx context.Context, input chat.AddChannelMemberInput) (*chat.AddChannelMemberPayload, error) {
	return r.chat.AddChannelMember(ctx, input)
}

// RemoveChannelMember is the resolver for the removeChannelMember field.
func (r *mutationResolver) RemoveChannelMember(ctx context.Context, input chat.RemoveChannelMemberInput) (*chat.RemoveChannelMemberPayload, error) {
	return r.chat.RemoveChannelMember(ctx, input)
}

// SendMessage is the resolver for the sendMessage field.
func (r *mutationResolver) SendMessage(ctx context.Context, input chat.SendMessageInput) (*chat.SendMessagePayload, error) {
	return r.chat.SendMessage(ctx, input)
}

// EditMessage is the resolver for the editMessage field.
func (r *mutationResolver) EditMessage(ctx context.Context, input chat.EditMessageInput) (*chat.EditMessagePayload, error) {
	return r.chat.EditMessage(ctx, input)
}

// DeleteMessage is the resolver for the deleteMessage field.
func (r *mutationResolver) DeleteMessage(ctx context.Context, input chat.DeleteMessageInput) (*chat.DeleteMessagePayload, error) {
	return r.chat.DeleteMessage(ctx, input)
}

// AddReaction is the resolver for the addReaction field.
func (r *mutationResolver) AddReaction(ctx context.Context, input chat.AddReactionInput) (*chat.AddReactionPayload, error) {
	return r.chat.AddReaction(ctx, input)
}

// RemoveReaction is the resolver for the removeReaction field.
func (r *mutationResolver) RemoveReaction(ctx context.Context, input chat.RemoveReactionInput) (*chat.RemoveReactionPayload, error) {
	return r.chat.RemoveReaction(ctx, input)
}

// MarkRead is the resolver for the markRead field.
func (r *mutationResolver) MarkRead(ctx context.Context, input chat.MarkReadInput) (*chat.MarkReadPayload, error) {
	return r.chat.MarkRead(ctx, input)
}

// SetTyping is the resolver for the setTyping field.
func (r *mutationResolver) SetTyping(ctx context.Context, input chat.SetTypingInput) (*chat.SetTypingPayload, error) {
	return r.chat.SetTyping(ctx, input)
}

// Joined is the resolver for the joined field.
func (r *presenceUpdateResolver) Joined(ctx context.Context, obj *chat.PresenceUpdate) ([]*entgen.User, error) {
	return r.chat.People(ctx, obj.Joined)
}

// Left is the resolver for the left field.
func (r *presenceUpdateResolver) Left(ctx context.Context, obj *chat.PresenceUpdate) ([]*entgen.User, error) {
	return r.chat.People(ctx, obj.Left)
}

// Typing is the resolver for the typing field.
func (r *presenceUpdateResolver) Typing(ctx context.Context, obj *chat.PresenceUpdate) ([]*entgen.User, error) {
	return r.chat.People(ctx, obj.Typing)
}

// Actor is the resolver for the actor field.
func (r *reactionAddedResolver) Actor(ctx context.Context, obj *chat.ReactionAdded) (scalar.Object, error) {
	return r.actor(ctx, obj.ActorID)
}

// Message is the resolver for the message field.
func (r *reactionAddedResolver) Message(ctx context.Context, obj *chat.ReactionAdded) (*entgen.Message, error) {
	return r.chat.Message(ctx, obj.ObjectID)
}

// Actor is the resolver for the actor field.
func (r *reactionRemovedResolver) Actor(ctx context.Context, obj *chat.ReactionRemoved) (scalar.Object, error) {
	return r.actor(ctx, obj.ActorID)
}

// Message is the resolver for the message field.
func (r *reactionRemovedResolver) Message(ctx context.Context, obj *chat.ReactionRemoved) (*entgen.Message, error) {
	return r.chat.Message(ctx, obj.ObjectID)
}

// ChannelEvents is the resolver for the channelEvents field.
func (r *subscriptionResolver) ChannelEvents(ctx context.Context, channelID string, after *string) (<-chan chat.ChannelEvent, error) {
	if out := only[chat.ChannelEvent](ctx); out != nil {
		return out, nil
	}
	reader, err := r.chat.Watch(ctx, channelID, after)
	return follow(ctx, events[chat.ChannelEvent]{reader, nextChannelEvent}, err)
}

// Presence is the resolver for the presence field.
func (r *subscriptionResolver) Presence(ctx context.Context, channelID string) (<-chan *chat.PresenceUpdate, error) {
	p, err := r.chat.WatchPresence(ctx, channelID)
	return follow(ctx, p, err)
}

// Channels is the resolver for the channels field.
func (r *workspaceResolver) Channels(ctx context.Context, obj *entgen.Workspace, first *int, after *string, last *int, before *string) (*page.Connection[*entgen.Channel], error) {
	return r.chat.Channels(ctx, obj.ID, page.Args{First: first, After: after, Last: last, Before: before})
}

// SearchMessages is the resolver for the searchMessages field.
func (r *workspaceResolver) SearchMessages(ctx context.Context, obj *entgen.Workspace, query string, first *int, after *string) (*page.Connection[*entgen.Message], error) {
	return r.chat.Search(ctx, obj.ID, query, page.Forward(first, after))
}

// Channel returns graphgen.ChannelResolver implementation.
func (r *Resolver) Channel() graphgen.ChannelResolver { return &channelResolver{r} }

// ChannelCreated returns graphgen.ChannelCreatedResolver implementation.
func (r *Resolver) ChannelCreated() graphgen.ChannelCreatedResolver {
	return &channelCreatedResolver{r}
}

// ChannelMember returns graphgen.ChannelMemberResolver implementation.
func (r *Resolver) ChannelMember() graphgen.ChannelMemberResolver { return &channelMemberResolver{r} }

// ChannelUpdated returns graphgen.ChannelUpdatedResolver implementation.
func (r *Resolver) ChannelUpdated() graphgen.ChannelUpdatedResolver {
	return &channelUpdatedResolver{r}
}

// MemberJoined returns graphgen.MemberJoinedResolver implementation.
func (r *Resolver) MemberJoined() graphgen.MemberJoinedResolver { return &memberJoinedResolver{r} }

// MemberLeft returns graphgen.MemberLeftResolver implementation.
func (r *Resolver) MemberLeft() graphgen.MemberLeftResolver { return &memberLeftResolver{r} }

// Message returns graphgen.MessageResolver implementation.
func (r *Resolver) Message() graphgen.MessageResolver { return &messageResolver{r} }

// MessageDeleted returns graphgen.MessageDeletedResolver implementation.
func (r *Resolver) MessageDeleted() graphgen.MessageDeletedResolver {
	return &messageDeletedResolver{r}
}

// MessageEdited returns graphgen.MessageEditedResolver implementation.
func (r *Resolver) MessageEdited() graphgen.MessageEditedResolver { return &messageEditedResolver{r} }

// MessagePosted returns graphgen.MessagePostedResolver implementation.
func (r *Resolver) MessagePosted() graphgen.MessagePostedResolver { return &messagePostedResolver{r} }

// PresenceUpdate returns graphgen.PresenceUpdateResolver implementation.
func (r *Resolver) PresenceUpdate() graphgen.PresenceUpdateResolver {
	return &presenceUpdateResolver{r}
}

// ReactionAdded returns graphgen.ReactionAddedResolver implementation.
func (r *Resolver) ReactionAdded() graphgen.ReactionAddedResolver { return &reactionAddedResolver{r} }

// ReactionRemoved returns graphgen.ReactionRemovedResolver implementation.
func (r *Resolver) ReactionRemoved() graphgen.ReactionRemovedResolver {
	return &reactionRemovedResolver{r}
}

type (
	channelResolver         struct{ *Resolver }
	channelCreatedResolver  struct{ *Resolver }
	channelMemberResolver   struct{ *Resolver }
	channelUpdatedResolver  struct{ *Resolver }
	memberJoinedResolver    struct{ *Resolver }
	memberLeftResolver      struct{ *Resolver }
	messageResolver         struct{ *Resolver }
	messageDeletedResolver  struct{ *Resolver }
	messageEditedResolver   struct{ *Resolver }
	messagePostedResolver   struct{ *Resolver }
	presenceUpdateResolver  struct{ *Resolver }
	reactionAddedResolver   struct{ *Resolver }
	reactionRemovedResolver struct{ *Resolver }
)
