package workspace

import (
	"context"
	"strings"

	"karnak/authz"
	"karnak/ent/entgen"
	"karnak/ent/entgen/member"
	"karnak/ent/entgen/workspace"
	"karnak/ent/enum"
	"karnak/internal/core/eventlog"
	"karnak/internal/platform/fault"
	"karnak/internal/platform/id"
	"karnak/internal/platform/store"
)

// plan is a workspace to be made.
type plan struct {
	id, name, slug string
	tier           enum.Tier
	personal       bool
	owner          string
}

// found makes a workspace with its owner. It acts for karnak itself: until it is committed nobody belongs to it.
func (s *Service) found(ctx context.Context, tx *eventlog.Tx, p plan) (*entgen.Workspace, error) {
	sys, now := authz.System(ctx, "workspace: nobody belongs to it yet"), s.Clock.Now()
	w, err := tx.Workspace.Create().SetID(p.id).SetName(p.name).SetSlug(p.slug).SetTier(p.tier).SetPersonal(p.personal).SetCreatedAt(now).Save(sys)
	if err != nil {
		return nil, err
	}
	err = tx.Member.Create().SetWorkspaceID(w.ID).SetUserID(p.owner).SetRole(authz.RoleAdmin).SetOwner(true).SetJoinedAt(now).Exec(sys)
	if err != nil {
		return nil, err
	}
	if err := tx.Append(ctx, w.ID, eventlog.Draft{Type: created, SubjectID: p.owner, ObjectID: w.ID}); err != nil {
		return nil, err
	}
	return w, tx.Append(ctx, w.ID, eventlog.Draft{Type: joined, SubjectID: p.owner, ObjectID: w.ID})
}

// FoundPersonal makes a user's personal workspace, in the transaction of their sign-up.
func (s *Service) FoundPersonal(ctx context.Context, tx *eventlog.Tx, owner *entgen.User) (*entgen.Workspace, error) {
	return s.found(ctx, tx, plan{
		id: id.New(id.Workspace), name: owner.DisplayName, slug: "p-" + strings.TrimPrefix(owner.ID, string(id.User)+"_"),
		tier: enum.Solopreneur, personal: true, owner: owner.ID,
	})
}

// CreateWorkspace makes a workspace with the caller as its owner. A slug or an id in use is TAKEN.
func (s *Service) CreateWorkspace(ctx context.Context, in CreateWorkspaceInput) (*CreateWorkspacePayload, error) {
	a, err := s.Guard.Actor(ctx)
	if err != nil {
		return nil, err
	}
	if err := in.validate(); err != nil {
		return nil, err
	}
	p := plan{id: id.New(id.Workspace), name: in.Name, slug: in.Slug, tier: enum.Startup, owner: a.UserID}
	if in.ID != nil {
		p.id = *in.ID
	}
	var w *entgen.Workspace
	done, err := s.Log.Change(ctx, func(ctx context.Context, tx *eventlog.Tx) (string, error) {
		if err := s.free(ctx, tx, p); err != nil {
			return "", err
		}
		w, err = s.found(ctx, tx, p)
		return p.id, err
	})
	if store.Duplicate(err) {
		return nil, slugTaken()
	}
	if err != nil {
		return nil, err
	}
	if err := s.admit(ctx, a); err != nil {
		return nil, err
	}
	if done.Replayed {
		w, err = s.Guard.Workspace(ctx, done.ObjectID)
	}
	return &CreateWorkspacePayload{done.Receipt, w}, err
}

// admit lets the fields selected on the answer see the workspace that the caller has come to belong to.
func (s *Service) admit(ctx context.Context, a *authz.Actor) error {
	ids, err := s.Guard.Workspaces(ctx, a.UserID)
	if err == nil {
		authz.Become(ctx, authz.NewActor(a.UserID, a.SessionID, a.Super, ids))
	}
	return err
}

func slugTaken() error {
	return fault.User(fault.Taken, "slug", "This slug is in use: choose another one.")
}

func (s *Service) free(ctx context.Context, tx *eventlog.Tx, p plan) error {
	sys := authz.System(ctx, "workspace: slugs and ids are unique everywhere")
	if used, err := tx.Workspace.Query().Where(workspace.Slug(p.slug)).Exist(sys); err != nil || used {
		return either(err, slugTaken())
	}
	if used, err := tx.Workspace.Query().Where(workspace.ID(p.id)).Exist(sys); err != nil || used || p.id == id.Platform {
		return either(err, fault.User(fault.Taken, "id", "This id is in use: make another one."))
	}
	return nil
}

func either(err, other error) error {
	if err != nil {
		return err
	}
	return other
}

// UpdateWorkspace renames a workspace. Needs admin:access.
func (s *Service) UpdateWorkspace(ctx context.Context, in UpdateWorkspaceInput) (*UpdateWorkspacePayload, error) {
	if err := s.Guard.Require(ctx, in.WorkspaceID, authz.AdminAccess, in.WorkspaceID); err != nil {
		return nil, err
	}
	if err := in.validate(); err != nil {
		return nil, err
	}
	return s.change(ctx, in.WorkspaceID, in.ExpectedVersion, func(u *entgen.WorkspaceUpdateOne) { u.SetName(in.Name) })
}

// change makes the next version of a workspace, of the given one where one is given.
func (s *Service) change(ctx context.Context, workspaceID string, version *int, set func(*entgen.WorkspaceUpdateOne)) (*UpdateWorkspacePayload, error) {
	p := &UpdateWorkspacePayload{}
	done, err := s.Log.Change(ctx, func(ctx context.Context, tx *eventlog.Tx) (_ string, err error) {
		// Two changes of the same version wait for each other here.
		if err := tx.Workspace.UpdateOneID(workspaceID).AddVersion(0).Exec(ctx); err != nil {
			return "", err
		}
		if p.Workspace, err = tx.Workspace.Get(ctx, workspaceID); err != nil {
			return "", err
		}
		if version != nil && *version != p.Workspace.Version {
			return "", fault.User(fault.Conflict, "expectedVersion", "The workspace is at version %d: look at it and decide again.", p.Workspace.Version)
		}
		next := p.Workspace.Update().AddVersion(1)
		set(next)
		if p.Workspace, err = next.Save(ctx); err != nil {
			return "", err
		}
		return workspaceID, tx.Append(ctx, workspaceID, eventlog.Draft{Type: updated, ObjectID: workspaceID})
	})
	if err != nil {
		return p, err
	}
	p.Receipt = done.Receipt
	if done.Replayed {
		p.Workspace, err = s.Guard.Workspace(ctx, workspaceID)
	}
	return p, err
}

// join makes a user a member, again when they were one before.
func (s *Service) join(ctx context.Context, tx *eventlog.Tx, workspaceID, userID, role string) (*entgen.Member, error) {
	sys, now := authz.System(ctx, "workspace: the invitation is the proof"), s.Clock.Now()
	m, err := optional(tx.Member.Query().Where(member.WorkspaceID(workspaceID), member.UserID(userID)).Only(sys))
	switch {
	case err != nil:
		return nil, err
	case m == nil:
		m, err = tx.Member.Create().SetWorkspaceID(workspaceID).SetUserID(userID).SetRole(role).SetJoinedAt(now).Save(sys)
	case m.LeftAt == nil:
		return nil, fault.User(fault.NotAllowed, "", "You are a member of this workspace already.")
	default:
		m, err = tx.Member.UpdateOneID(m.ID).SetRole(role).SetOwner(false).SetJoinedAt(now).ClearLeftAt().Save(sys)
	}
	if err != nil {
		return nil, err
	}
	return m, tx.Append(ctx, workspaceID, eventlog.Draft{Type: joined, SubjectID: userID, ObjectID: workspaceID})
}
