package access

import (
	"context"

	"karnak/authz"
	"karnak/ent/entgen"
	"karnak/ent/entgen/grant"
	"karnak/ent/entgen/predicate"
	"karnak/internal/core/eventlog"
	"karnak/internal/platform/fault"
	"karnak/internal/platform/id"
	"karnak/internal/platform/page"
	"karnak/internal/platform/store"
)

// live keeps the grants that hold.
func (s *Service) live() predicate.Grant {
	return grant.And(grant.RevokedAtIsNil(), grant.ExpiresAtGT(s.Clock.Now()))
}

// Grants returns the grants that hold in a workspace, the newest first. Needs admin:users.
func (s *Service) Grants(ctx context.Context, workspaceID string, args page.Args) (*GrantConnection, error) {
	if err := s.Guard.Require(ctx, workspaceID, authz.AdminUsers, workspaceID); err != nil {
		return nil, err
	}
	w, err := s.grants.Window(args)
	if err != nil {
		return nil, err
	}
	q := s.DB.Client().Grant.Query().Where(grant.WorkspaceID(workspaceID), s.live())
	all := q.Clone()
	rows, err := q.Where(s.grants.Where(w)).Order(s.grants.Order(w)).Limit(w.Limit + 1).All(ctx)
	if err != nil {
		return nil, err
	}
	users := make([]string, 0, 2*len(rows))
	for _, g := range rows {
		users = append(users, g.UserID, g.GrantedBy)
	}
	s.Guard.ExpectPersons(ctx, users)
	return page.Build(s.grants, w, rows, all.Count), nil
}

// GrantByID returns a grant that holds; nil when there is none the caller may see. Needs admin:users, unless it is theirs.
func (s *Service) GrantByID(ctx context.Context, grantID string) (*entgen.Grant, error) {
	a, err := s.Guard.Actor(ctx)
	if err != nil {
		return nil, err
	}
	g, err := optional(s.DB.Client().Grant.Query().Where(grant.ID(grantID), s.live()).Only(ctx))
	if g == nil || err != nil || g.UserID == a.UserID {
		return g, err
	}
	if ok, err := s.Guard.Allows(ctx, g.WorkspaceID, authz.AdminUsers, g.WorkspaceID); !ok || err != nil {
		return nil, err
	}
	return g, nil
}

// GrantPermission gives a member one permission until an instant. Needs admin:users. Nobody grants what their role does
// not give them, nor to themselves.
func (s *Service) GrantPermission(ctx context.Context, in GrantPermissionInput) (*GrantPermissionPayload, error) {
	own, err := s.rights(ctx, in.WorkspaceID, authz.AdminUsers)
	if err != nil {
		return nil, err
	}
	now := s.Clock.Now()
	i := in.validate(now)
	if len(*i) == 0 && !own.Held().Has(authz.Permission(in.Permission)) {
		i.Add(fault.NotAllowed, "permission", "Nobody grants what they do not hold themselves.")
	}
	if in.UserID == authz.ActorOf(ctx).UserID {
		i.Add(fault.NotAllowed, "userId", "Nobody grants to themselves: ask another admin.")
	}
	if err := s.grantee(ctx, in, i); err != nil {
		return nil, err
	}
	if err := i.Err(); err != nil {
		return nil, err
	}
	p := &GrantPermissionPayload{}
	done, err := s.Log.Change(ctx, func(ctx context.Context, tx *eventlog.Tx) (_ string, err error) {
		p.Grant, err = tx.Grant.Create().SetID(orNew(id.Grant, in.ID)).SetWorkspaceID(in.WorkspaceID).SetUserID(in.UserID).SetPermission(in.Permission).
			SetNillableObjectID(in.ObjectID).SetReason(in.Reason).SetGrantedBy(authz.ActorOf(ctx).UserID).
			SetCreatedAt(now).SetExpiresAt(in.ExpiresAt).Save(ctx)
		if err != nil {
			return "", err
		}
		if err := s.schedule(ctx, tx, p.Grant); err != nil {
			return "", err
		}
		return p.Grant.ID, tx.Append(ctx, in.WorkspaceID, eventlog.Draft{Type: grantGiven, SubjectID: in.UserID, ObjectID: p.Grant.ID,
			Data: map[string]any{"permission": in.Permission, "expiresAt": in.ExpiresAt}})
	})
	if store.Duplicate(err) {
		return nil, fault.User(fault.Taken, "id", "This id is in use: make another one.")
	}
	if err != nil {
		return nil, err
	}
	p.Receipt = done.Receipt
	if done.Replayed {
		p.Grant, err = s.GrantByID(ctx, done.ObjectID)
	}
	return p, err
}

// grantee checks whom and what a grant is for.
func (s *Service) grantee(ctx context.Context, in GrantPermissionInput, i *fault.Issues) error {
	m, err := s.Guard.Member(ctx, in.WorkspaceID, in.UserID)
	if err != nil {
		return err
	}
	if m == nil {
		i.Add(fault.Missing, "userId", "There is no such member.")
	}
	if in.ObjectID == nil {
		return nil
	}
	workspaceID, _, err := s.Locate(ctx, *in.ObjectID)
	if fault.CodeOf(err) == fault.NotFound || err == nil && workspaceID != in.WorkspaceID {
		i.Add(fault.Missing, "objectId", "There is no such object in this workspace.")
		return nil
	}
	// No check looks at anything smaller: such a grant would give nothing.
	if kind := id.PrefixOf(*in.ObjectID); err == nil && kind != id.Workspace && kind != id.Channel {
		i.Add(fault.Invalid, "objectId", "A grant is limited to a channel or to the workspace.")
	}
	return err
}

// RevokeGrant takes a grant back at once. Needs admin:users; without it others' grants are not there.
func (s *Service) RevokeGrant(ctx context.Context, in RevokeGrantInput) (*RevokeGrantPayload, error) {
	if done, err := s.Log.Replay(ctx); done != nil || err != nil {
		return revokedGrant(done, err)
	}
	g, err := s.GrantByID(ctx, in.GrantID)
	if g == nil || err != nil {
		return nil, either(err, noGrant())
	}
	if err := s.Guard.Require(ctx, g.WorkspaceID, authz.AdminUsers, g.WorkspaceID); err != nil {
		return nil, err
	}
	done, err := s.Log.Change(ctx, func(ctx context.Context, tx *eventlog.Tx) (string, error) {
		n, err := tx.Grant.Update().Where(grant.ID(g.ID), s.live()).SetRevokedAt(s.Clock.Now()).Save(ctx)
		if err != nil || n == 0 { // somebody else was faster
			return "", either(err, noGrant())
		}
		return g.ID, tx.Append(ctx, g.WorkspaceID, eventlog.Draft{Type: grantRevoked, SubjectID: g.UserID, ObjectID: g.ID})
	})
	return revokedGrant(done, err)
}

func revokedGrant(done *eventlog.Done, err error) (*RevokeGrantPayload, error) {
	if err != nil {
		return nil, err
	}
	return &RevokeGrantPayload{done.Receipt, &done.ObjectID}, nil
}

func noGrant() error { return fault.User(fault.Missing, "grantId", "There is no such grant.") }

// Cleared takes back what a user was granted, in the transaction in which they leave a workspace.
func (s *Service) Cleared(ctx context.Context, tx *eventlog.Tx, workspaceID, userID string) error {
	_, err := tx.Grant.Update().Where(grant.WorkspaceID(workspaceID), grant.UserID(userID), s.live()).SetRevokedAt(s.Clock.Now()).Save(ctx)
	return err
}
