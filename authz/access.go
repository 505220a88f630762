package authz

import (
	"errors"
	"fmt"
	"time"
)

// Access is what one subject may do in one workspace, as of the policy and the grants it was made of. It never changes
// and may be shared. A nil Access, that of somebody who is no member, allows nothing.
type Access struct {
	// WorkspaceID is the workspace; empty where the access holds in every one.
	WorkspaceID string
	// UserID is the subject.
	UserID string
	// Role is the role the member was given; superAdmin for one of the platform.
	Role string
	// Owner says that the member owns the workspace.
	Owner bool

	policy *Policy
	// acting is the role that counts: an owner has admin, whatever role is written down.
	acting      string
	set, denied Set
	grants      []grant
}

// AccessConfig is what an Access is made of.
type AccessConfig struct {
	// Policy is that of the workspace.
	Policy              *Policy
	WorkspaceID, UserID string
	// Role is the member's role. One that the policy does not have, or that has a fault, gives nothing.
	Role string
	// Owner gives the rights of admin in place of those of Role, so that no denial shuts an owner out.
	Owner bool
	// Grants are the member's grants that were not taken back; ended ones do no harm.
	Grants []Grant
}

// NewAccess returns the access of a member. It refuses to make one of superAdmin, which no workspace gives; see Super.
func NewAccess(c AccessConfig) (*Access, error) {
	switch {
	case c.Policy == nil:
		return nil, errors.New("access: Policy is missing")
	case c.WorkspaceID == "":
		return nil, errors.New("access: WorkspaceID is missing")
	case c.UserID == "":
		return nil, errors.New("access: UserID is missing")
	case c.Role == RoleSuperAdmin:
		return nil, fmt.Errorf("access: %s is a role of the platform and none of workspace %s", c.Role, c.WorkspaceID)
	}
	a := &Access{WorkspaceID: c.WorkspaceID, UserID: c.UserID, Role: c.Role, Owner: c.Owner, policy: c.Policy, acting: c.Role}
	if c.Owner {
		a.acting = RoleAdmin
	}
	a.set, a.denied = c.Policy.Set(a.acting), c.Policy.Denied(a.acting)
	a.grants = compileGrants(c.Policy, c.WorkspaceID, c.Grants)
	return a, nil
}

// Super returns the access of a superAdmin of the platform: everything, in every workspace. The policy is any one; nil
// gives nil.
func Super(p *Policy, userID string) *Access {
	if p == nil {
		return nil
	}
	return &Access{
		UserID: userID, Role: RoleSuperAdmin, policy: p, acting: RoleSuperAdmin, set: p.Set(RoleSuperAdmin),
	}
}

// Allows reports whether the subject holds a permission at an instant. The object ids are the object asked about and what
// contains it (a message, its channel); without any, only what holds in the whole workspace counts. The caller sees to it
// that the objects belong to the access's workspace. It allocates nothing and takes time in the subject's grants only.
func (a *Access) Allows(p Permission, now time.Time, objectIDs ...string) bool {
	if a == nil {
		return false
	}
	bit, known := bitOf(p)
	if !known || a.denied.has(bit) {
		return false
	}
	if a.set.has(bit) {
		return true
	}
	g := a.lastGrant(bit, objectIDs)
	return g != nil && now.Before(g.ExpiresAt)
}

// Until returns the instant at which a yes turns to no because the last grant behind it ends; zero where time alone
// changes nothing. An open stream sets a timer for it and asks again.
func (a *Access) Until(p Permission, now time.Time, objectIDs ...string) time.Time {
	if a == nil {
		return time.Time{}
	}
	bit, known := bitOf(p)
	if !known || a.denied.has(bit) || a.set.has(bit) {
		return time.Time{}
	}
	if g := a.lastGrant(bit, objectIDs); g != nil && now.Before(g.ExpiresAt) {
		return g.ExpiresAt
	}
	return time.Time{}
}

// lastGrant returns, of the grants that give a permission on the objects, the one that ends last or ended last.
func (a *Access) lastGrant(bit int, objectIDs []string) *grant {
	for i := range a.grants {
		if g := &a.grants[i]; g.reaches(bit, objectIDs) {
			return g
		}
	}
	return nil
}

// Held returns what the subject's role gives, without grants: what they may pass on. A right that ends is not passed on,
// else it could be made to last.
func (a *Access) Held() Set {
	if a == nil {
		return Set{}
	}
	return a.set
}

// Covers reports whether the subject's role gives all that a role gives: that they may assign it, or take it from
// somebody. It is false for superAdmin and for an unknown role.
func (a *Access) Covers(role string) bool {
	return a != nil && a.policy.Assignable(role) && a.policy.AtMost(role, a.acting)
}
