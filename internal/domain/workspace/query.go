package workspace

import (
	"context"

	"karnak/authz"
	"karnak/ent/entgen"
	"karnak/ent/entgen/invitation"
	"karnak/ent/entgen/member"
	"karnak/ent/entgen/workspace"
	"karnak/internal/platform/fault"
	"karnak/internal/platform/page"
)

// Workspace returns a workspace of the caller's by id or by slug; nil when there is none they may see.
func (s *Service) Workspace(ctx context.Context, workspaceID, slug *string) (*entgen.Workspace, error) {
	if _, err := s.Guard.Actor(ctx); err != nil {
		return nil, err
	}
	if (workspaceID == nil) == (slug == nil) {
		return nil, fault.New(fault.BadUserInput, "Give an id or a slug, one of them.")
	}
	if workspaceID != nil {
		return s.Guard.Workspace(ctx, *workspaceID)
	}
	return optional(s.DB.Client().Workspace.Query().Where(workspace.Slug(*slug)).Only(ctx))
}

// optional makes nil of what is not there.
func optional[T any](x *T, err error) (*T, error) {
	if entgen.IsNotFound(err) {
		return nil, nil
	}
	return x, err
}

// Workspaces returns the caller's workspaces by name; a superAdmin's are all.
func (s *Service) Workspaces(ctx context.Context, args page.Args) (*WorkspaceConnection, error) {
	if _, err := s.Guard.Actor(ctx); err != nil {
		return nil, err
	}
	w, err := s.workspaces.Window(args)
	if err != nil {
		return nil, err
	}
	q := s.DB.Client().Workspace.Query()
	all := q.Clone()
	rows, err := q.Where(s.workspaces.Where(w)).Order(s.workspaces.Order(w)).Limit(w.Limit + 1).All(ctx)
	if err != nil {
		return nil, err
	}
	ids := make([]string, len(rows))
	for i, x := range rows {
		ids[i] = x.ID
	}
	s.Log.ExpectSnapshots(ctx, ids)
	return page.Build(s.workspaces, w, rows, all.Count), nil
}

// Cursor returns the head of a workspace's log.
func (s *Service) Cursor(ctx context.Context, workspaceID string) (string, error) {
	if a := authz.ActorOf(ctx); !a.In(workspaceID) {
		return "", fault.Absent()
	}
	return s.Log.Snapshot(ctx, workspaceID)
}

// Members returns who belongs to a workspace, by joining date. Needs user:read.
func (s *Service) Members(ctx context.Context, workspaceID string, args page.Args) (*MemberConnection, error) {
	if err := s.Guard.Require(ctx, workspaceID, authz.UserRead, workspaceID); err != nil {
		return nil, err
	}
	return s.memberPage(ctx, s.members, args, s.DB.Client().Member.Query().Where(member.WorkspaceID(workspaceID), member.LeftAtIsNil()))
}

// Memberships returns the caller's places in their workspaces, by joining date.
func (s *Service) Memberships(ctx context.Context, args page.Args) (*MemberConnection, error) {
	a, err := s.Guard.Actor(ctx)
	if err != nil {
		return nil, err
	}
	return s.memberPage(ctx, s.memberships, args, s.DB.Client().Member.Query().Where(member.UserID(a.UserID), member.LeftAtIsNil()))
}

func (s *Service) memberPage(ctx context.Context, l *page.List, args page.Args, q *entgen.MemberQuery) (*MemberConnection, error) {
	w, err := l.Window(args)
	if err != nil {
		return nil, err
	}
	all := q.Clone()
	rows, err := q.Where(l.Where(w)).Order(l.Order(w)).Limit(w.Limit + 1).All(ctx)
	if err != nil {
		return nil, err
	}
	users, workspaces := make([]string, len(rows)), make([]string, len(rows))
	for i, m := range rows {
		users[i], workspaces[i] = m.UserID, m.WorkspaceID
	}
	s.Guard.ExpectPersons(ctx, users)
	s.Guard.ExpectWorkspaces(ctx, workspaces)
	s.Log.ExpectSnapshots(ctx, workspaces)
	return page.Build(l, w, rows, all.Count), nil
}

// MemberByID returns a member; nil when there is none the caller may see. Needs user:read, unless it is the caller.
func (s *Service) MemberByID(ctx context.Context, memberID string) (*entgen.Member, error) {
	a, err := s.Guard.Actor(ctx)
	if err != nil {
		return nil, err
	}
	m, err := optional(s.DB.Client().Member.Query().Where(member.ID(memberID), member.LeftAtIsNil()).Only(ctx))
	if m == nil || err != nil || m.UserID == a.UserID {
		return m, err
	}
	return seen(m, s.Guard.Require(ctx, m.WorkspaceID, authz.UserRead, m.WorkspaceID))
}

// seen hides what may not be seen.
func seen[T any](x *T, err error) (*T, error) {
	switch {
	case err == nil:
		return x, nil
	case fault.CodeOf(err) == fault.Forbidden || fault.CodeOf(err) == fault.NotFound:
		return nil, nil
	}
	return nil, err
}

// Invitations returns invitations not yet accepted, the newest first. Needs admin:users.
func (s *Service) Invitations(ctx context.Context, workspaceID string, args page.Args) (*InvitationConnection, error) {
	if err := s.Guard.Require(ctx, workspaceID, authz.AdminUsers, workspaceID); err != nil {
		return nil, err
	}
	w, err := s.invitations.Window(args)
	if err != nil {
		return nil, err
	}
	q := s.DB.Client().Invitation.Query().Where(invitation.WorkspaceID(workspaceID), s.open())
	all := q.Clone()
	rows, err := q.Where(s.invitations.Where(w)).Order(s.invitations.Order(w)).Limit(w.Limit + 1).All(ctx)
	if err != nil {
		return nil, err
	}
	by := make([]string, len(rows))
	for i, x := range rows {
		by[i] = x.InvitedBy
	}
	s.Guard.ExpectPersons(ctx, by)
	return page.Build(s.invitations, w, rows, all.Count), nil
}

// InvitationByID returns an open invitation; nil when there is none the caller may see. Needs admin:users.
func (s *Service) InvitationByID(ctx context.Context, invitationID string) (*entgen.Invitation, error) {
	if _, err := s.Guard.Actor(ctx); err != nil {
		return nil, err
	}
	x, err := optional(s.DB.Client().Invitation.Query().Where(invitation.ID(invitationID), s.open()).Only(ctx))
	if x == nil || err != nil {
		return nil, err
	}
	return seen(x, s.Guard.Require(ctx, x.WorkspaceID, authz.AdminUsers, x.WorkspaceID))
}
