package tool

import (
	"context"
	"errors"
	"io"
	"time"

	"karnak/authz"
	"karnak/ent/entgen/toolinvocation"
	"karnak/internal/core/stream"
	"karnak/internal/core/tape"
	"karnak/internal/platform/fault"
)

// Watch is an open look at a run. It is for one goroutine.
type Watch struct{ *tape.Follower }

// WatchInvocation follows a run that the caller may see from its first step on, or after a cursor, until it has ended. Needs
// tool:read, now and as long as it runs. Close it.
func (s *Service) WatchInvocation(ctx context.Context, invocationID string, after *string) (*Watch, error) {
	if _, err := s.Guard.Actor(ctx); err != nil {
		return nil, err
	}
	x, err := optional(s.DB.Client().ToolInvocation.Query().Where(toolinvocation.ID(invocationID)).Only(ctx))
	if x == nil || err != nil {
		return nil, either(err, fault.Absent())
	}
	if err := s.sees(ctx, x, authz.ToolRead); err != nil {
		return nil, err
	}
	own := authz.ActorOf(ctx).UserID
	f, err := s.Tapes.Follow(ctx, tape.Spec{
		WorkspaceID: x.WorkspaceID, TapeID: x.ID, After: after, Own: own,
		Allow: func(ctx context.Context) (time.Time, error) {
			until, err := s.Guard.Recheck(ctx, x.WorkspaceID, authz.ToolRead, x.WorkspaceID)
			if x.StartedBy == own || err != nil {
				return until, err
			}
			other, err := s.Guard.Recheck(ctx, x.WorkspaceID, authz.ToolApprove, x.WorkspaceID)
			return sooner(until, other), err
		},
	})
	if err != nil {
		return nil, err
	}
	return &Watch{f}, nil
}

// sooner returns the earlier instant; the zero time is never.
func sooner(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}

// Next waits for the next step. It ends with stream.ErrClosed behind the last one.
func (w *Watch) Next(ctx context.Context) (ToolInvocationEvent, error) {
	step, err := w.Follower.Next(ctx)
	if errors.Is(err, io.EOF) {
		err = stream.ErrClosed
	}
	if err != nil {
		return nil, err
	}
	return typed(step)
}
