package tool

import (
	"context"

	"karnak/authz"
	"karnak/ent/entgen"
	"karnak/ent/entgen/toolinvocation"
	"karnak/ent/enum"
	"karnak/internal/core/eventlog"
	"karnak/internal/platform/fault"
)

// ApproveToolCall says yes or no to a run of the caller's that waits for it. Needs tool:invoke. The hash is that of the arguments
// that the caller looked at; another one is CONFLICT. One that waits no more is NOT_ALLOWED, one that waited too long EXPIRED.
func (s *Service) ApproveToolCall(ctx context.Context, in ApproveToolCallInput) (*ApproveToolCallPayload, error) {
	x, err := s.own(ctx, in.ToolInvocationID)
	if err != nil {
		return nil, err
	}
	if err := noted(in.Note); err != nil {
		return nil, err
	}
	p := &ApproveToolCallPayload{}
	done, err := s.Log.Change(ctx, func(ctx context.Context, tx *eventlog.Tx) (string, error) {
		// A worker goes on, or ends the tape. Tapes are locked before runs, here and where the run ends.
		if err := s.Tapes.Wake(ctx, tx.Tx, x.ID); err != nil {
			return "", err
		}
		// Two answers wait for each other here.
		if err := tx.ToolInvocation.UpdateOneID(x.ID).AddAttempts(0).Exec(ctx); err != nil {
			return "", err
		}
		if p.Invocation, err = tx.ToolInvocation.Get(ctx, x.ID); err != nil {
			return "", err
		}
		if err := s.answerable(p.Invocation, in.ArgumentsHash); err != nil {
			return "", err
		}
		now := s.Clock.Now()
		u := p.Invocation.Update().SetState(enum.Called).SetDecidedBy(authz.ActorOf(ctx).UserID).SetDecidedAt(now).SetNote(in.Note)
		verb := permitted
		if !in.Approve {
			u.SetState(enum.Denied).SetEndedAt(now)
			verb = denied
		}
		if p.Invocation, err = u.Save(ctx); err != nil {
			return "", err
		}
		return x.ID, tx.Append(ctx, x.WorkspaceID, verb.event(x))
	})
	if err != nil {
		return p, err
	}
	p.Receipt = done.Receipt
	p.Invocation, err = replayed(ctx, done, p.Invocation, s.InvocationByID)
	return p, err
}

func (s *Service) answerable(x *entgen.ToolInvocation, hash string) error {
	switch {
	case x.State == enum.Expired || x.State == enum.Waiting && !s.Clock.Now().Before(*x.ExpiresAt):
		return fault.User(fault.Expired, "toolInvocationId", "Nobody said yes in time: have it called again.")
	case x.State != enum.Waiting:
		return fault.User(fault.NotAllowed, "toolInvocationId", "This run waits for nobody: it is %s.", x.State)
	case x.ArgumentsHash != hash:
		return fault.User(fault.Conflict, "argumentsHash", "The run has other arguments: look at them and decide again.")
	}
	return nil
}

// own returns a run of the caller's. Another one is NOT_FOUND, lacking tool:invoke is FORBIDDEN.
func (s *Service) own(ctx context.Context, invocationID string) (*entgen.ToolInvocation, error) {
	a, err := s.Guard.Actor(ctx)
	if err != nil {
		return nil, err
	}
	x, err := optional(s.DB.Client().ToolInvocation.Query().Where(toolinvocation.ID(invocationID)).Only(ctx))
	if err != nil {
		return nil, err
	}
	if x == nil || x.StartedBy != a.UserID {
		return nil, fault.Absent()
	}
	return x, s.Guard.Require(ctx, x.WorkspaceID, authz.ToolInvoke, x.WorkspaceID)
}

// StopToolInvocation stops a run of the caller's. Needs tool:invoke. One that has ended stays as it is.
func (s *Service) StopToolInvocation(ctx context.Context, in StopToolInvocationInput) (*StopToolInvocationPayload, error) {
	x, err := s.own(ctx, in.ToolInvocationID)
	if err != nil {
		return nil, err
	}
	done, err := s.Log.Change(ctx, func(ctx context.Context, tx *eventlog.Tx) (string, error) {
		over, err := s.Tapes.Stop(ctx, tx.Tx, x.ID)
		if over || err != nil {
			return x.ID, err
		}
		return x.ID, tx.Append(ctx, x.WorkspaceID, stopping.event(x))
	})
	if err != nil {
		return nil, err
	}
	p := &StopToolInvocationPayload{InvocationPayload{Receipt: done.Receipt}}
	p.Invocation, err = s.Invocation(ctx, x.ID)
	return p, err
}
