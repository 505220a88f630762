package workspace

import (
	"context"

	"karnak/authz"
	"karnak/ent/entgen"
	"karnak/ent/entgen/member"
	"karnak/internal/core/eventlog"
	"karnak/internal/platform/fault"
)

// LeaveWorkspace ends the caller's membership; the last owner's is NOT_ALLOWED.
func (s *Service) LeaveWorkspace(ctx context.Context, in LeaveWorkspaceInput) (*LeaveWorkspacePayload, error) {
	a, err := s.Guard.Actor(ctx)
	if err != nil {
		return nil, err
	}
	done, err := s.part(ctx, in.WorkspaceID, a.UserID, left, "workspaceId")
	if err != nil {
		return nil, err
	}
	done.Cursor = nil
	return &LeaveWorkspacePayload{done.Receipt, &in.WorkspaceID}, nil
}

// RemoveMember ends another's membership. Needs admin:users and at least their rights; the last owner cannot be removed.
func (s *Service) RemoveMember(ctx context.Context, in RemoveMemberInput) (*RemoveMemberPayload, error) {
	if err := s.Guard.Require(ctx, in.WorkspaceID, authz.AdminUsers, in.WorkspaceID); err != nil {
		return nil, err
	}
	if err := s.outranks(ctx, in.WorkspaceID, in.UserID); err != nil {
		return nil, err
	}
	done, err := s.part(ctx, in.WorkspaceID, in.UserID, removed, "userId")
	if err != nil {
		return nil, err
	}
	return &RemoveMemberPayload{done.Receipt, &in.UserID}, nil
}

func (s *Service) outranks(ctx context.Context, workspaceID, userID string) error {
	own, err := s.Guard.Of(ctx, workspaceID, authz.ActorOf(ctx).UserID)
	if err != nil {
		return err
	}
	other, err := s.Guard.Of(ctx, workspaceID, userID)
	if err != nil {
		return err
	}
	if other != nil && !own.Held().Contains(other.Held()) {
		return fault.User(fault.NotAllowed, "userId", "This member holds more than you do.")
	}
	return nil
}

// part ends a membership and what hangs on it.
func (s *Service) part(ctx context.Context, workspaceID, userID string, t eventlog.Type, field string) (*eventlog.Done, error) {
	return s.Log.Change(ctx, func(ctx context.Context, tx *eventlog.Tx) (string, error) {
		m, err := optional(tx.Member.Query().Where(member.WorkspaceID(workspaceID), member.UserID(userID), member.LeftAtIsNil()).Only(ctx))
		if err != nil {
			return "", err
		}
		if m == nil {
			return "", fault.User(fault.Missing, field, "There is no such member.")
		}
		if err := s.replaceable(ctx, tx, m); err != nil {
			return "", err
		}
		n, err := tx.Member.Update().Where(member.ID(m.ID), member.LeftAtIsNil()).SetLeftAt(s.Clock.Now()).SetOwner(false).Save(ctx)
		if err == nil && n == 0 { // somebody else was faster
			err = fault.User(fault.Missing, field, "There is no such member.")
		}
		if err != nil {
			return "", err
		}
		for _, f := range s.OnLeave {
			if err := f(ctx, tx, workspaceID, userID); err != nil {
				return "", err
			}
		}
		return m.ID, tx.Append(ctx, workspaceID, eventlog.Draft{Type: t, SubjectID: userID, ObjectID: workspaceID})
	})
}

// replaceable refuses to leave a workspace without an owner.
func (s *Service) replaceable(ctx context.Context, tx *eventlog.Tx, m *entgen.Member) error {
	if !m.Owner {
		return nil
	}
	// Two owners who leave at once wait for each other here.
	sys := authz.System(ctx, "workspace: lock the row")
	if err := tx.Workspace.UpdateOneID(m.WorkspaceID).AddVersion(0).Exec(sys); err != nil {
		return err
	}
	others, err := tx.Member.Query().Where(member.WorkspaceID(m.WorkspaceID), member.Owner(true), member.LeftAtIsNil(), member.IDNEQ(m.ID)).Exist(ctx)
	if err == nil && !others {
		return fault.User(fault.NotAllowed, "", "The last owner cannot leave.")
	}
	return err
}
