package chat

import (
	"context"
	"time"

	"karnak/authz"
	"karnak/ent/entgen"
	"karnak/ent/enum"
	"karnak/internal/core/eventlog"
	"karnak/internal/core/stream"
	"karnak/internal/platform/fault"
)

// Watch opens the stream of a channel's events, after a cursor or from now on. Needs chat:read, now and as long as it
// runs; a private channel's stream ends with the membership. Close the reader.
func (s *Service) Watch(ctx context.Context, channelID string, after *string) (*stream.Reader, error) {
	found, err := s.readable(ctx, channelID, authz.ChatRead)
	if err != nil {
		return nil, err
	}
	// What is kept for as long as somebody watches.
	c := &entgen.Channel{ID: channelID, WorkspaceID: found.WorkspaceID, Visibility: found.Visibility}
	return s.Hub.Read(ctx, stream.Spec{
		WorkspaceID: c.WorkspaceID, After: after, Own: authz.ActorOf(ctx).UserID,
		Filter: func() eventlog.Filter { return eventlog.Filter{Channels: []string{c.ID}} },
		Allow:  func(ctx context.Context) (time.Time, error) { return s.StillReads(ctx, c, authz.ChatRead) },
	})
}

// WatchForAll opens the stream of a channel's events from now on on behalf of everybody who watches it, and whose rights are
// looked at where they are let in: karnak itself reads, and gets what may change those rights, too. Close the reader.
func (s *Service) WatchForAll(ctx context.Context, channelID string) (*stream.Reader, error) {
	c, err := optional(s.DB.Client().Channel.Get(authz.System(ctx, "chat: read for all who watch a channel"), channelID))
	if err != nil {
		return nil, err
	}
	if c == nil {
		return nil, fault.Absent()
	}
	return s.Hub.Read(ctx, stream.Spec{
		WorkspaceID: c.WorkspaceID, Access: true,
		Filter: func() eventlog.Filter { return eventlog.Filter{Channels: []string{c.ID}} },
		Allow:  func(context.Context) (time.Time, error) { return time.Time{}, nil },
	})
}

// StillReads checks an open stream, which p lets read, against what is committed, and says until when that holds.
func (s *Service) StillReads(ctx context.Context, c *entgen.Channel, p authz.Permission) (time.Time, error) {
	until, err := s.Guard.Recheck(ctx, c.WorkspaceID, p, c.ID, c.WorkspaceID)
	if err != nil || c.Visibility == enum.Public {
		return until, err
	}
	if m, err := s.member(ctx, c); m != nil || err != nil {
		return until, err
	}
	if c.Visibility.Closed() {
		return until, fault.Denied(string(p))
	}
	all, err := s.Guard.Recheck(ctx, c.WorkspaceID, authz.ChatReadAll, c.ID, c.WorkspaceID)
	if until.IsZero() || !all.IsZero() && all.Before(until) {
		until = all
	}
	return until, err
}
