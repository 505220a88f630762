package tool

import (
	"context"

	"golang.org/x/mod/semver"

	"karnak/authz"
	"karnak/ent/entgen"
	"karnak/ent/entgen/toolversion"
	"karnak/ent/enum"
	"karnak/internal/core/eventlog"
	"karnak/internal/platform/fault"
)

// ApproveToolChange decides about a proposed version. Needs tool:approve. The hash is that of what the caller looked at; another
// one is CONFLICT. One that was decided about is NOT_ALLOWED.
func (s *Service) ApproveToolChange(ctx context.Context, in ApproveToolChangeInput) (*ApproveToolChangePayload, error) {
	v, err := s.deciding(ctx, in.ToolVersionID, in.Note)
	if err != nil {
		return nil, err
	}
	p, err := s.decide(ctx, v, func(ctx context.Context, tx *eventlog.Tx, t *entgen.Tool, v *entgen.ToolVersion) (*entgen.ToolVersion, eventlog.Type, error) {
		switch {
		case v.Hash != in.Hash:
			return nil, approved, fault.User(fault.Conflict, "hash", "The version has another hash: look at it and decide again.")
		case v.State != enum.Proposed:
			return nil, approved, fault.User(fault.NotAllowed, "toolVersionId", "It was decided about this version already: it is %s.", v.State)
		case !in.Approve:
			v, err := s.decided(ctx, v, enum.Rejected, in.Note)
			return v, rejected, err
		}
		v, err := s.decided(ctx, v, enum.Approved, in.Note)
		if err != nil {
			return nil, approved, err
		}
		return v, approved, t.Update().SetCurrentID(v.ID).AddVersion(1).Exec(ctx)
	})
	return &ApproveToolChangePayload{p}, err
}

// DeprecateToolVersion takes an approved version out of use. Needs tool:approve. The newest approved one that is left is the
// current one then.
func (s *Service) DeprecateToolVersion(ctx context.Context, in DeprecateToolVersionInput) (*DeprecateToolVersionPayload, error) {
	v, err := s.deciding(ctx, in.ToolVersionID, in.Note)
	if err != nil {
		return nil, err
	}
	p, err := s.decide(ctx, v, func(ctx context.Context, tx *eventlog.Tx, t *entgen.Tool, v *entgen.ToolVersion) (*entgen.ToolVersion, eventlog.Type, error) {
		if v.State != enum.Approved {
			return nil, deprecated, fault.User(fault.NotAllowed, "toolVersionId", "Only an approved version is taken out of use; this one is %s.", v.State)
		}
		v, err := s.decided(ctx, v, enum.Deprecated, in.Note)
		if err != nil || t.CurrentID == nil || *t.CurrentID != v.ID {
			return v, deprecated, err
		}
		left, err := newest(ctx, tx, t)
		if err != nil {
			return nil, deprecated, err
		}
		u := t.Update().AddVersion(1)
		if left == nil {
			u.ClearCurrentID()
		} else {
			u.SetCurrentID(left.ID)
		}
		return v, deprecated, u.Exec(ctx)
	})
	return &DeprecateToolVersionPayload{p}, err
}

// newest returns the approved version of a tool with the highest number; nil for none.
func newest(ctx context.Context, tx *eventlog.Tx, t *entgen.Tool) (top *entgen.ToolVersion, err error) {
	rows, err := tx.ToolVersion.Query().Where(toolversion.WorkspaceID(t.WorkspaceID), toolversion.ToolID(t.ID), toolversion.StateEQ(enum.Approved)).All(ctx)
	for _, v := range rows {
		if top == nil || semver.Compare("v"+v.Number, "v"+top.Number) > 0 {
			top = v
		}
	}
	return top, err
}

// RollBackTool makes an approved version the current one. Needs tool:approve.
func (s *Service) RollBackTool(ctx context.Context, in RollBackToolInput) (*RollBackToolPayload, error) {
	v, err := s.deciding(ctx, in.ToolVersionID, "")
	if err != nil {
		return nil, err
	}
	p := &RollBackToolPayload{}
	done, err := s.Log.Change(ctx, func(ctx context.Context, tx *eventlog.Tx) (string, error) {
		t, v, err := lock(ctx, tx, v)
		if err != nil {
			return "", err
		}
		if v.State != enum.Approved {
			return "", fault.User(fault.NotAllowed, "toolVersionId", "Only an approved version is run; this one is %s.", v.State)
		}
		if p.Tool = t; t.CurrentID != nil && *t.CurrentID == v.ID {
			return t.ID, nil
		}
		if p.Tool, err = t.Update().SetCurrentID(v.ID).AddVersion(1).Save(ctx); err != nil {
			return "", err
		}
		return t.ID, tx.Append(ctx, t.WorkspaceID, eventlog.Draft{Type: rolledBack, ObjectID: t.ID})
	})
	if err != nil {
		return p, err
	}
	p.Receipt = done.Receipt
	p.Tool, err = replayed(ctx, done, p.Tool, s.ToolByID)
	return p, err
}

// deciding returns a version that the caller may decide about. One that they may not know of is NOT_FOUND.
func (s *Service) deciding(ctx context.Context, versionID, note string) (*entgen.ToolVersion, error) {
	if _, err := s.Guard.Actor(ctx); err != nil {
		return nil, err
	}
	v, err := optional(s.DB.Client().ToolVersion.Query().Where(toolversion.ID(versionID)).Only(ctx))
	if v == nil || err != nil {
		return nil, either(err, fault.Absent())
	}
	if err := s.Guard.Require(ctx, v.WorkspaceID, authz.ToolApprove, v.ID, v.ToolID, v.WorkspaceID); err != nil {
		return nil, err
	}
	return v, noted(note)
}

// decision is made about a version as it is in the transaction.
type decision func(context.Context, *eventlog.Tx, *entgen.Tool, *entgen.ToolVersion) (*entgen.ToolVersion, eventlog.Type, error)

func (s *Service) decide(ctx context.Context, v *entgen.ToolVersion, how decision) (p VersionPayload, err error) {
	done, err := s.Log.Change(ctx, func(ctx context.Context, tx *eventlog.Tx) (string, error) {
		t, now, err := lock(ctx, tx, v)
		if err != nil {
			return "", err
		}
		p.ToolVersion = now
		after, kind, err := how(ctx, tx, t, now)
		if err != nil {
			return "", err
		}
		p.ToolVersion = after
		return after.ID, tx.Append(ctx, after.WorkspaceID, eventlog.Draft{Type: kind, ObjectID: after.ID})
	})
	if err != nil {
		return p, err
	}
	p.Receipt = done.Receipt
	p.ToolVersion, err = replayed(ctx, done, p.ToolVersion, s.VersionByID)
	return p, err
}

// lock returns a version and its tool as they are, the tool locked to the commit.
func lock(ctx context.Context, tx *eventlog.Tx, v *entgen.ToolVersion) (*entgen.Tool, *entgen.ToolVersion, error) {
	if err := tx.Tool.UpdateOneID(v.ToolID).AddVersion(0).Exec(ctx); err != nil {
		return nil, nil, err
	}
	t, err := tx.Tool.Get(ctx, v.ToolID)
	if err != nil {
		return nil, nil, err
	}
	v, err = tx.ToolVersion.Get(ctx, v.ID)
	return t, v, err
}

func (s *Service) decided(ctx context.Context, v *entgen.ToolVersion, state enum.ToolVersionState, note string) (*entgen.ToolVersion, error) {
	return v.Update().SetState(state).SetNote(note).SetDecidedBy(authz.ActorOf(ctx).UserID).SetDecidedAt(s.Clock.Now()).Save(ctx)
}
