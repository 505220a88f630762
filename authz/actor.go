package authz

import (
	"context"
	"slices"
	"strings"
	"sync/atomic"
)

// Actor is who a request or a job acts for. It is put into the context once, at the edge; a context without one is anonymous.
type Actor struct {
	// UserID is the user; empty for the system.
	UserID string
	// SessionID is the session the request was signed in with; empty for the system.
	SessionID string
	// Super says that the user is a superAdmin of the platform and belongs to every workspace.
	Super bool
	// Workspaces are the ids of the workspaces the user belongs to.
	Workspaces []string
	system     string
	scope      string
	// only bounds what the actor may do of what the user may; nil for no bound.
	only *Set
}

// NewActor returns the actor of a signed-in user.
func NewActor(userID, sessionID string, super bool, workspaces []string) *Actor {
	a := &Actor{UserID: userID, SessionID: sessionID, Super: super, Workspaces: workspaces}
	a.scope = strings.Join(workspaces, ",")
	if super {
		a.scope = AllWorkspaces
	}
	return a
}

// AllWorkspaces is the scope that row-level security lets everything through for.
const AllWorkspaces = "*"

type actorKey struct{}

// WithActor returns a context that acts for a.
func WithActor(ctx context.Context, a *Actor) context.Context {
	return context.WithValue(ctx, actorKey{}, a)
}

// slot holds the actor of one operation, who may sign in while it runs.
type slot struct{ actor atomic.Pointer[Actor] }

// WithSlot returns a context in which Become works, for one operation.
func WithSlot(ctx context.Context) context.Context {
	s := &slot{}
	s.actor.Store(ActorOf(ctx))
	return context.WithValue(ctx, actorKey{}, s)
}

// Become makes a the actor of the operation from here on, as a sign-in does for the fields selected on its answer. Outside
// an operation it does nothing.
func Become(ctx context.Context, a *Actor) {
	if s, ok := ctx.Value(actorKey{}).(*slot); ok {
		s.actor.Store(a)
	}
}

// ActorOf returns who the context acts for; nil for nobody.
func ActorOf(ctx context.Context) *Actor {
	switch v := ctx.Value(actorKey{}).(type) {
	case *Actor:
		return v
	case *slot:
		return v.actor.Load()
	}
	return nil
}

// System returns a context that acts for karnak itself, past tenancy: for sign-in, start-up, jobs and the log. The reason
// says why, for whoever reads the call.
func System(ctx context.Context, reason string) context.Context {
	return WithActor(ctx, &Actor{system: reason, scope: AllWorkspaces})
}

// NewAudience returns the actor for what is the same for everybody who may see something in a workspace: nobody in
// particular, bound to the workspace, without any permission. What hangs on who asks is denied to it.
func NewAudience(workspaceID string) *Actor { return NewActor("", "", false, []string{workspaceID}) }

// Only returns the actor bound to some of what it may do, for what acts in a user's name with less than the user's rights.
func (a *Actor) Only(permissions Set) *Actor {
	b := *a
	if a.only != nil {
		permissions = permissions.Minus(permissions.Minus(*a.only))
	}
	b.only = &permissions
	return &b
}

// Bound reports whether the actor is kept from a permission, whatever the user holds.
func (a *Actor) Bound(p Permission) bool { return a != nil && a.only != nil && !a.only.Has(p) }

// IsSystem reports whether karnak itself acts.
func (a *Actor) IsSystem() bool { return a != nil && a.system != "" }

// Everywhere reports whether the actor is bound to no workspace.
func (a *Actor) Everywhere() bool { return a != nil && (a.system != "" || a.Super) }

// In reports whether the actor belongs to a workspace.
func (a *Actor) In(workspaceID string) bool {
	return a != nil && (a.Everywhere() || slices.Contains(a.Workspaces, workspaceID))
}

// ScopeOf returns the workspaces that row-level security lets the context see: a list with commas, AllWorkspaces, or "".
func ScopeOf(ctx context.Context) string {
	if a := ActorOf(ctx); a != nil {
		return a.scope
	}
	return ""
}
