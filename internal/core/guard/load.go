package guard

import (
	"context"
	"sync"

	"karnak/authz"
	"karnak/ent/entgen"
	"karnak/ent/entgen/customrole"
	"karnak/ent/entgen/grant"
	"karnak/ent/entgen/member"
	"karnak/ent/entgen/user"
)

// stamps tell when workspaces and users changed last. What was loaded under an older stamp is not used.
type stamps struct {
	mu sync.RWMutex
	of map[string]uint64
	// last is the newest stamp; floor that of whoever is not in the map.
	last, floor uint64
}

// keptStamps bounds the memory: what ends, as sessions do, is stamped and never asked for again.
const keptStamps = 100_000

func (s *stamps) raise(name string) {
	if name == "" {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.of == nil {
		s.of = map[string]uint64{}
	}
	s.last++
	if len(s.of) >= keptStamps {
		clear(s.of)
		s.floor = s.last
	}
	s.of[name] = s.last
}

// latest returns the newest stamp of several names.
func (s *stamps) latest(names ...string) uint64 {
	s.mu.RLock()
	defer s.mu.RUnlock()
	n := s.floor
	for _, x := range names {
		n = max(n, s.of[x])
	}
	return n
}

type stamped[T any] struct {
	at    uint64
	value T
}

// Of returns what a user may do in a workspace; nil, which denies everything, for one who does not belong to it.
func (g *Guard) Of(ctx context.Context, workspaceID, userID string) (*authz.Access, error) {
	key := [2]string{workspaceID, userID}
	at := g.stamps.latest(workspaceID, userID)
	if e, ok := g.access.GetIfPresent(key); ok && e.at == at {
		return e.value, nil
	}
	a, err := g.load(ctx, workspaceID, userID)
	if err == nil {
		g.access.Set(key, stamped[*authz.Access]{at, a})
	}
	return a, err
}

// load reads a user's role and grants from the database.
func (g *Guard) load(ctx context.Context, workspaceID, userID string) (*authz.Access, error) {
	ctx = authz.System(ctx, "guard: load a permission set")
	u, err := g.db.Client().User.Query().Where(user.ID(userID)).Only(ctx)
	if entgen.IsNotFound(err) || err == nil && u.SuspendedAt != nil {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	if u.SuperAdmin {
		return authz.Super(g.builtIn, userID), nil
	}
	m, err := g.db.Client().Member.Query().Where(member.WorkspaceID(workspaceID), member.UserID(userID), member.LeftAtIsNil()).Only(ctx)
	if entgen.IsNotFound(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	p, err := g.Policy(ctx, workspaceID)
	if err != nil {
		return nil, err
	}
	grants, err := g.grants(ctx, workspaceID, userID)
	if err != nil {
		return nil, err
	}
	return authz.NewAccess(authz.AccessConfig{Policy: p, WorkspaceID: workspaceID, UserID: userID, Role: m.Role, Owner: m.Owner, Grants: grants})
}

func (g *Guard) grants(ctx context.Context, workspaceID, userID string) ([]authz.Grant, error) {
	rows, err := g.db.Client().Grant.Query().
		Where(grant.WorkspaceID(workspaceID), grant.UserID(userID), grant.RevokedAtIsNil(), grant.ExpiresAtGT(g.clock.Now())).All(ctx)
	out := make([]authz.Grant, len(rows))
	for i, r := range rows {
		out[i] = authz.Grant{ID: r.ID, Permission: authz.Permission(r.Permission), ExpiresAt: r.ExpiresAt}
		if r.ObjectID != nil {
			out[i].ObjectID = *r.ObjectID
		}
	}
	return out, err
}

// Policy returns the roles of a workspace, compiled. A stored role that is no longer valid gives nothing.
func (g *Guard) Policy(ctx context.Context, workspaceID string) (*authz.Policy, error) {
	at := g.stamps.latest(workspaceID)
	if e, ok := g.policy.GetIfPresent(workspaceID); ok && e.at == at {
		return e.value, nil
	}
	ctx = authz.System(ctx, "guard: load the roles")
	rows, err := g.db.Client().CustomRole.Query().Where(customrole.WorkspaceID(workspaceID)).Order(customrole.ByName()).All(ctx)
	if err != nil {
		return nil, err
	}
	p := g.builtIn
	if len(rows) > 0 {
		p, _ = authz.Load(Definitions(rows))
	}
	g.policy.Set(workspaceID, stamped[*authz.Policy]{at, p})
	return p, nil
}

// Definitions returns stored roles as package authz reads them.
func Definitions(rows []*entgen.CustomRole) []authz.RoleDef {
	out := make([]authz.RoleDef, len(rows))
	for i, r := range rows {
		out[i] = authz.RoleDef{Name: r.Name, Parents: r.Parents, Allow: r.Allow, Deny: r.Deny}
	}
	return out
}

// Workspaces returns the ids of the workspaces a user belongs to.
func (g *Guard) Workspaces(ctx context.Context, userID string) ([]string, error) {
	at := g.stamps.latest(userID)
	if e, ok := g.members.GetIfPresent(userID); ok && e.at == at {
		return e.value, nil
	}
	ctx = authz.System(ctx, "guard: load the memberships")
	ids, err := g.db.Client().Member.Query().Where(member.UserID(userID), member.LeftAtIsNil()).
		Order(member.ByWorkspaceID()).Select(member.FieldWorkspaceID).Strings(ctx)
	if err == nil {
		g.members.Set(userID, stamped[[]string]{at, ids})
	}
	return ids, err
}
