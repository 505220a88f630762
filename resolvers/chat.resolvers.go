package resolvers

import (
	"context"
	"karnak/ent/entgen"
	"karnak/graph/graphgen"
	"karnak/graph/scalar"
	"karnak/internal/domain/chat"
	"karnak/internal/platform/page"
)

func (r *channelResolver) Workspace(ctx context.Context, obj *entgen.Channel) (*entgen.Workspace, error) {
	return r.guard.Workspace(ctx, obj.WorkspaceID)
}

func (r *channelResolver) UnreadCount(ctx context.Context, obj *entgen.Channel) (int, error) {
	return r.chat.Unread(ctx, obj)
}

func (r *channelResolver) LastReadSeq(ctx context.Context, obj *entgen.Channel) (int, error) {
	return r.chat.LastRead(ctx, obj)
}

func (r *channelResolver) Cursor(ctx context.Context, obj *entgen.Channel) (string, error) {
	return r.chat.Cursor(ctx, obj)
}

func (r *channelResolver) Members(ctx context.Context, obj *entgen.Channel, first *int, after *string) (*page.Connection[*entgen.ChannelMember], error) {
	return r.chat.Members(ctx, obj, page.Forward(first, after))
}

func (r *channelResolver) Messages(ctx context.Context, obj *entgen.Channel, first *int, after *string, last *int, before *string) (*page.Connection[*entgen.Message], error) {
	return r.chat.Messages(ctx, obj, page.Args{First: first, After: after, Last: last, Before: before})
}

func (r *channelCreatedResolver) Actor(ctx context.Context, obj *chat.ChannelCreated) (scalar.Object, error) {
	return r.actor(ctx, obj.ActorID)
}

func (r *channelCreatedResolver) Channel(ctx context.Context, obj *chat.ChannelCreated) (*entgen.Channel, error) {
	return r.chat.Channel(ctx, obj.ChannelID)
}

func (r *channelMemberResolver) User(ctx context.Context, obj *entgen.ChannelMember) (*entgen.User, error) {
	return r.guard.User(ctx, obj.UserID)
}

func (r *channelUpdatedResolver) Actor(ctx context.Context, obj *chat.ChannelUpdated) (scalar.Object, error) {
	return r.actor(ctx, obj.ActorID)
}

func (r *channelUpdatedResolver) Channel(ctx context.Context, obj *chat.ChannelUpdated) (*entgen.Channel, error) {
	return r.chat.Channel(ctx, obj.ChannelID)
}

func (r *memberJoinedResolver) Actor(ctx context.Context, obj *chat.MemberJoined) (scalar.Object, error) {
	return r.actor(ctx, obj.ActorID)
}

func (r *memberJoinedResolver) Channel(ctx context.Context, obj *chat.MemberJoined) (*entgen.Channel, error) {
	return r.chat.Channel(ctx, obj.ChannelID)
}

func (r *memberJoinedResolver) User(ctx context.Context, obj *chat.MemberJoined) (*entgen.User, error) {
	return r.guard.User(ctx, obj.SubjectID)
}

func (r *memberLeftResolver) Actor(ctx context.Context, obj *chat.MemberLeft) (scalar.Object, error) {
	return r.actor(ctx, obj.ActorID)
}

func (r *memberLeftResolver) Channel(ctx context.Context, obj *chat.MemberLeft) (*entgen.Channel, error) {
	return r.chat.Channel(ctx, obj.ChannelID)
}

func (r *memberLeftResolver) User(ctx context.Context, obj *chat.MemberLeft) (*entgen.User, error) {
	return r.guard.User(ctx, obj.SubjectID)
}

func (r *messageResolver) Author(ctx context.Context, obj *entgen.Message) (*entgen.User, error) {
	return r.guard.User(ctx, obj.AuthorID)
}

func (r *messageResolver) Channel(ctx context.Context, obj *entgen.Message) (*entgen.Channel, error) {
	return r.chat.Channel(ctx, obj.ChannelID)
}

func (r *messageResolver) ReplyTo(ctx context.Context, obj *entgen.Message) (*entgen.Message, error) {
	return r.chat.ReplyTo(ctx, obj)
}

func (r *messageResolver) Mentions(ctx context.Context, obj *entgen.Message) ([]*entgen.User, error) {
	return r.chat.Mentions(ctx, obj)
}

func (r *messageResolver) Reactions(ctx context.Context, obj *entgen.Message) ([]*chat.ReactionGroup, error) {
	return r.chat.Reactions(ctx, obj)
}

func (r *messageDeletedResolver) Actor(ctx context.Context, obj *chat.MessageDeleted) (scalar.Object, error) {
	return r.actor(ctx, obj.ActorID)
}

func (r *messageDeletedResolver) Message(ctx context.Context, obj *chat.MessageDeleted) (*entgen.Message, error) {
	return r.chat.Message(ctx, obj.ObjectID)
}

func (r *messageEditedResolver) Actor(ctx context.Context, obj *chat.MessageEdited) (scalar.Object, error) {
	return r.actor(ctx, obj.ActorID)
}

func (r *messageEditedResolver) Message(ctx context.Context, obj *chat.MessageEdited) (*entgen.Message, error) {
	return r.chat.Message(ctx, obj.ObjectID)
}

func (r *messagePostedResolver) Actor(ctx context.Context, obj *chat.MessagePosted) (scalar.Object, error) {
	return r.actor(ctx, obj.ActorID)
}

func (r *messagePostedResolver) Message(ctx context.Context, obj *chat.MessagePosted) (*entgen.Message, error) {
	return r.chat.Message(ctx, obj.ObjectID)
}

func (r *mutationResolver) CreateChannel(ctx context.Context, input chat.CreateChannelInput) (*chat.CreateChannelPayload, error) {
	return r.chat.CreateChannel(ctx, input)
}

func (r *mutationResolver) OpenDirectChannel(ctx context.Context, input chat.OpenDirectChannelInput) (*chat.OpenDirectChannelPayload, error) {
	return r.chat.OpenDirectChannel(ctx, input)
}

func (r *mutationResolver) UpdateChannel(ctx context.Context, input chat.UpdateChannelInput) (*chat.UpdateChannelPayload, error) {
	return r.chat.UpdateChannel(ctx, input)
}

func (r *mutationResolver) JoinChannel(ctx context.Context, input chat.JoinChannelInput) (*chat.JoinChannelPayload, error) {
	return r.chat.JoinChannel(ctx, input)
}

func (r *mutationResolver) LeaveChannel(ctx context.Context, input chat.LeaveChannelInput) (*chat.LeaveChannelPayload, error) {
	return r.chat.LeaveChannel(ctx, input)
}

func (r *mutationResolver) AddChannelMember(ctx context.Context, input chat.AddChannelMemberInput) (*chat.AddChannelMemberPayload, error) {
	return r.chat.AddChannelMember(ctx, input)
}

func (r *mutationResolver) RemoveChannelMember(ctx context.Context, input chat.RemoveChannelMemberInput) (*chat.RemoveChannelMemberPayload, error) {
	return r.chat.RemoveChannelMember(ctx, input)
}

func (r *mutationResolver) SendMessage(ctx context.Context, input chat.SendMessageInput) (*chat.SendMessagePayload, error) {
	return r.chat.SendMessage(ctx, input)
}

func (r *mutationResolver) EditMessage(ctx context.Context, input chat.EditMessageInput) (*chat.EditMessagePayload, error) {
	return r.chat.EditMessage(ctx, input)
}

func (r *mutationResolver) DeleteMessage(ctx context.Context, input chat.DeleteMessageInput) (*chat.DeleteMessagePayload, error) {
	return r.chat.DeleteMessage(ctx, input)
}

func (r *mutationResolver) AddReaction(ctx context.Context, input chat.AddReactionInput) (*chat.AddReactionPayload, error) {
	return r.chat.AddReaction(ctx, input)
}

func (r *mutationResolver) RemoveReaction(ctx context.Context, input chat.RemoveReactionInput) (*chat.RemoveReactionPayload, error) {
	return r.chat.RemoveReaction(ctx, input)
}

func (r *mutationResolver) MarkRead(ctx context.Context, input chat.MarkReadInput) (*chat.MarkReadPayload, error) {
	return r.chat.MarkRead(ctx, input)
}

func (r *reactionAddedResolver) Actor(ctx context.Context, obj *chat.ReactionAdded) (scalar.Object, error) {
	return r.actor(ctx, obj.ActorID)
}

func (r *reactionAddedResolver) Message(ctx context.Context, obj *chat.ReactionAdded) (*entgen.Message, error) {
	return r.chat.Message(ctx, obj.ObjectID)
}

func (r *reactionRemovedResolver) Actor(ctx context.Context, obj *chat.ReactionRemoved) (scalar.Object, error) {
	return r.actor(ctx, obj.ActorID)
}

func (r *reactionRemovedResolver) Message(ctx context.Context, obj *chat.ReactionRemoved) (*entgen.Message, error) {
	return r.chat.Message(ctx, obj.ObjectID)
}

func (r *subscriptionResolver) ChannelEvents(ctx context.Context, channelID string, after *string) (<-chan chat.ChannelEvent, error) {
	reader, err := r.chat.Watch(ctx, channelID, after)
	return follow(ctx, reader, err, r.channelEvent)
}

func (r *workspaceResolver) Channels(ctx context.Context, obj *entgen.Workspace, first *int, after *string, last *int, before *string) (*page.Connection[*entgen.Channel], error) {
	return r.chat.Channels(ctx, obj.ID, page.Args{First: first, After: after, Last: last, Before: before})
}

func (r *workspaceResolver) SearchMessages(ctx context.Context, obj *entgen.Workspace, query string, first *int, after *string) (*page.Connection[*entgen.Message], error) {
	return r.chat.Search(ctx, obj.ID, query, page.Forward(first, after))
}

func (r *Resolver) Channel() graphgen.ChannelResolver { return &channelResolver{r} }

func (r *Resolver) ChannelCreated() graphgen.ChannelCreatedResolver {
	return &channelCreatedResolver{r}
}

func (r *Resolver) ChannelMember() graphgen.ChannelMemberResolver { return &channelMemberResolver{r} }

func (r *Resolver) ChannelUpdated() graphgen.ChannelUpdatedResolver {
	return &channelUpdatedResolver{r}
}

func (r *Resolver) MemberJoined() graphgen.MemberJoinedResolver { return &memberJoinedResolver{r} }

func (r *Resolver) MemberLeft() graphgen.MemberLeftResolver { return &memberLeftResolver{r} }

func (r *Resolver) Message() graphgen.MessageResolver { return &messageResolver{r} }

func (r *Resolver) MessageDeleted() graphgen.MessageDeletedResolver {
	return &messageDeletedResolver{r}
}

func (r *Resolver) MessageEdited() graphgen.MessageEditedResolver { return &messageEditedResolver{r} }

func (r *Resolver) MessagePosted() graphgen.MessagePostedResolver { return &messagePostedResolver{r} }

func (r *Resolver) ReactionAdded() graphgen.ReactionAddedResolver { return &reactionAddedResolver{r} }

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
	reactionAddedResolver   struct{ *Resolver }
	reactionRemovedResolver struct{ *Resolver }
)
