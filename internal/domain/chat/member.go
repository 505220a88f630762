package chat

import (
	"context"

	"karnak/authz"
	"karnak/ent/entgen"
	"karnak/ent/entgen/channelmember"
	"karnak/ent/enum"
	"karnak/internal/core/eventlog"
	"karnak/internal/platform/fault"
	"karnak/internal/platform/store"
)

// enter makes a user a member of a channel, and returns nil when they are one already.
func (s *Service) enter(ctx context.Context, tx *eventlog.Tx, c *entgen.Channel, userID string, moderator bool) (*entgen.ChannelMember, error) {
	there, err := tx.ChannelMember.Query().Where(channelmember.WorkspaceID(c.WorkspaceID), channelmember.ChannelID(c.ID), channelmember.UserID(userID)).Exist(ctx)
	if err != nil || there {
		return nil, err
	}
	m, err := tx.ChannelMember.Create().SetWorkspaceID(c.WorkspaceID).SetChannelID(c.ID).SetUserID(userID).
		SetModerator(moderator).SetJoinedAt(s.Clock.Now()).Save(ctx)
	if err != nil {
		return nil, err
	}
	return m, tx.Append(ctx, c.WorkspaceID, eventlog.Draft{Type: memberJoined, SubjectID: userID, ObjectID: c.ID, ChannelID: c.ID})
}

// exit takes a user out of a channel and reports whether they were in it.
func (s *Service) exit(ctx context.Context, tx *eventlog.Tx, c *entgen.Channel, userID string, t eventlog.Type) (bool, error) {
	n, err := tx.ChannelMember.Delete().Where(channelmember.WorkspaceID(c.WorkspaceID), channelmember.ChannelID(c.ID), channelmember.UserID(userID)).Exec(ctx)
	if err != nil || n == 0 {
		return false, err
	}
	return true, tx.Append(ctx, c.WorkspaceID, eventlog.Draft{Type: t, SubjectID: userID, ObjectID: c.ID, ChannelID: c.ID})
}

// JoinChannel makes the caller a member of a public channel. Needs chat:read. Joining twice changes nothing.
func (s *Service) JoinChannel(ctx context.Context, in JoinChannelInput) (*JoinChannelPayload, error) {
	c, err := s.readable(ctx, in.ChannelID, authz.ChatRead)
	if err != nil {
		return nil, err
	}
	if c.Visibility != enum.Public {
		return nil, fault.User(fault.NotAllowed, "channelId", "Only a public channel is joined: let a member of this one add you.")
	}
	self := authz.ActorOf(ctx).UserID
	if err := s.belong(ctx, c.WorkspaceID, self); err != nil {
		return nil, err
	}
	join := func(ctx context.Context, tx *eventlog.Tx) (string, error) {
		_, err := s.enter(ctx, tx, c, self, false)
		return c.ID, err
	}
	done, err := s.Log.Change(ctx, join)
	if store.Duplicate(err) { // another tab was first
		done, err = s.Log.Change(ctx, join)
	}
	return answer(ctx, s, done, c, err, func(p ChannelPayload) *JoinChannelPayload { return &JoinChannelPayload{p} })
}

// LeaveChannel ends the caller's membership. Needs chat:read.
func (s *Service) LeaveChannel(ctx context.Context, in LeaveChannelInput) (*LeaveChannelPayload, error) {
	if done, err := s.Log.Replay(ctx); done != nil || err != nil {
		return leftChannel(done, err)
	}
	c, err := s.readable(ctx, in.ChannelID, authz.ChatRead)
	if err != nil {
		return nil, err
	}
	if c.Visibility.Closed() {
		return nil, stays(c)
	}
	done, err := s.Log.Change(ctx, func(ctx context.Context, tx *eventlog.Tx) (string, error) {
		was, err := s.exit(ctx, tx, c, authz.ActorOf(ctx).UserID, memberLeft)
		if err == nil && !was {
			err = fault.User(fault.NotAllowed, "channelId", "You are not a member of this channel.")
		}
		return c.ID, err
	})
	return leftChannel(done, err)
}

func leftChannel(done *eventlog.Done, err error) (*LeaveChannelPayload, error) {
	if err != nil {
		return nil, err
	}
	return &LeaveChannelPayload{done.Receipt, &done.ObjectID}, nil
}

// AddChannelMember makes another member of the workspace one of the channel. Needs chat:write and membership of the
// channel.
func (s *Service) AddChannelMember(ctx context.Context, in AddChannelMemberInput) (*AddChannelMemberPayload, error) {
	c, err := s.inside(ctx, in.ChannelID)
	if err != nil {
		return nil, err
	}
	u, err := s.Guard.Member(ctx, c.WorkspaceID, in.UserID)
	if u == nil || err != nil {
		return nil, either(err, fault.User(fault.Missing, "userId", "There is no such member of the workspace."))
	}
	p := &AddChannelMemberPayload{}
	add := func(ctx context.Context, tx *eventlog.Tx) (string, error) {
		m, err := s.enter(ctx, tx, c, in.UserID, false)
		if err == nil && m == nil {
			err = fault.User(fault.NotAllowed, "userId", "This user is a member of the channel already.")
		}
		p.Member = m
		return in.UserID, err
	}
	done, err := s.Log.Change(ctx, add)
	if store.Duplicate(err) { // somebody else added them in the same moment
		done, err = s.Log.Change(ctx, add)
	}
	if err != nil {
		return nil, err
	}
	p.Receipt = done.Receipt
	if done.Replayed {
		p.Member, err = optional(s.DB.Client().ChannelMember.Query().Where(channelmember.ChannelID(c.ID), channelmember.UserID(in.UserID)).Only(ctx))
	}
	return p, err
}

// inside returns a channel the caller is a member of and may write to.
func (s *Service) inside(ctx context.Context, channelID string) (*entgen.Channel, error) {
	c, err := s.readable(ctx, channelID, authz.ChatWrite)
	if err != nil {
		return nil, err
	}
	m, err := s.member(ctx, c)
	switch {
	case err != nil:
		return nil, err
	case c.Visibility.Closed():
		return nil, stays(c)
	case m == nil:
		return nil, outside()
	}
	return c, nil
}

// RemoveChannelMember takes another out of a channel. Needs chat:write and the channel's moderation right.
func (s *Service) RemoveChannelMember(ctx context.Context, in RemoveChannelMemberInput) (*RemoveChannelMemberPayload, error) {
	if done, err := s.Log.Replay(ctx); done != nil || err != nil {
		return removedMember(done, err)
	}
	c, err := s.moderated(ctx, in.ChannelID)
	if err != nil {
		return nil, err
	}
	done, err := s.Log.Change(ctx, func(ctx context.Context, tx *eventlog.Tx) (string, error) {
		was, err := s.exit(ctx, tx, c, in.UserID, memberRemoved)
		if err == nil && !was {
			err = fault.User(fault.Missing, "userId", "There is no such member of the channel.")
		}
		return in.UserID, err
	})
	return removedMember(done, err)
}

func removedMember(done *eventlog.Done, err error) (*RemoveChannelMemberPayload, error) {
	if err != nil {
		return nil, err
	}
	return &RemoveChannelMemberPayload{done.Receipt, &done.ObjectID}, nil
}

// Cleared takes a user out of all channels, in the transaction in which they leave a workspace.
func (s *Service) Cleared(ctx context.Context, tx *eventlog.Tx, workspaceID, userID string) error {
	_, err := tx.ChannelMember.Delete().Where(channelmember.WorkspaceID(workspaceID), channelmember.UserID(userID)).Exec(ctx)
	return err
}
