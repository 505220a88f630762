package authz

import (
	"slices"
	"time"
)

// Grant gives a member a permission, or what a role gives, until an instant.
type Grant struct {
	ID string
	// Permission is what is given; empty where Role is used.
	Permission Permission
	// Role is the role whose permissions are given; empty where Permission is used. Its denials do not come along.
	Role string
	// ObjectID limits the grant to an object and what it contains; empty, or the workspace's id, for all of it.
	ObjectID string
	// ExpiresAt is the first instant at which the grant gives nothing; without one it never gives anything.
	ExpiresAt time.Time
}

type grant struct {
	Grant
	gives Set
}

// An unknown permission or role gives nothing, and nothing of the platform is ever given. What ends last comes first, so
// that the first grant that reaches an object decides.
func compileGrants(p *Policy, workspaceID string, grants []Grant) []grant {
	out := make([]grant, 0, len(grants))
	for _, g := range grants {
		gives := SetOf(g.Permission).Union(p.Set(g.Role)).Minus(platformSet())
		if gives.Empty() || g.ExpiresAt.IsZero() {
			continue
		}
		if g.ObjectID == workspaceID {
			g.ObjectID = ""
		}
		out = append(out, grant{g, gives})
	}
	slices.SortStableFunc(out, func(x, y grant) int { return y.ExpiresAt.Compare(x.ExpiresAt) })
	return out
}

func (g *grant) reaches(bit int, objectIDs []string) bool {
	return g.gives.has(bit) && (g.ObjectID == "" || slices.Contains(objectIDs, g.ObjectID))
}
