package chat

import (
	"context"

	"karnak/authz"
	"karnak/ent/entgen"
	"karnak/ent/enum"
	"karnak/internal/core/eventlog"
)

// What follows is for the rooms whose objects live in channels. Who asks there has been looked at by the room that asks, but for
// what Reach looks at.

// Reach returns a channel that the caller may know of and holds p in. One they may not know of is NOT_FOUND, lacking p is
// FORBIDDEN.
func (s *Service) Reach(ctx context.Context, channelID string, p authz.Permission) (*entgen.Channel, error) {
	return s.readable(ctx, channelID, p)
}

// OpenOwn makes a channel for the caller's conversation with a language model, in a transaction of the other room's.
func (s *Service) OpenOwn(ctx context.Context, tx *eventlog.Tx, workspaceID, title string) (*entgen.Channel, error) {
	return s.create(ctx, tx, tx.Channel.Create().SetWorkspaceID(workspaceID).SetName(title).SetVisibility(enum.Assistant), []string{authz.ActorOf(ctx).UserID})
}

// Belong checks that the caller is a member of a workspace now.
func (s *Service) Belong(ctx context.Context, workspaceID string) error {
	return s.belong(ctx, workspaceID, authz.ActorOf(ctx).UserID)
}

// Retitle names such a channel.
func (s *Service) Retitle(ctx context.Context, tx *eventlog.Tx, c *entgen.Channel, title string) error {
	if err := tx.Channel.UpdateOneID(c.ID).SetName(title).AddVersion(1).Exec(ctx); err != nil {
		return err
	}
	return tx.Append(ctx, c.WorkspaceID, eventlog.Draft{Type: channelUpdated, ObjectID: c.ID, ChannelID: c.ID})
}

// Say posts a message in a transaction of the other room's; its author is the actor of ctx. fresh says that it was not there
// before under the id that was given.
func (s *Service) Say(ctx context.Context, tx *eventlog.Tx, c *entgen.Channel, in SendMessageInput) (m *entgen.Message, fresh bool, err error) {
	x := &sending{ctx: ctx, channel: c, in: in}
	if err := either(s.post(ctx, tx, []*sending{x}), x.fault); err != nil {
		return nil, false, err
	}
	return x.message, x.fresh, s.announce(tx, x)
}
