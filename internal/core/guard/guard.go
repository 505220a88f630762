package guard

import (
	"context"
	"errors"
	"time"

	"github.com/maypok86/otter/v2"

	"karnak/authz"
	"karnak/ent"
	"karnak/ent/enum"
	"karnak/internal/core/eventlog"
	"karnak/internal/platform/clock"
	"karnak/internal/platform/fault"
)

// Config is what a Guard stands on.
type Config struct {
	DB    *ent.DB
	Log   *eventlog.Log
	Clock clock.Clock
	// Streams is how many streams of a workspace may be open on a node in the lowest tier; 0 for no limit in any.
	Streams int
}

// Guard keeps permission sets.
type Guard struct {
	db      *ent.DB
	clock   clock.Clock
	stamps  stamps
	access  *otter.Cache[[2]string, stamped[*authz.Access]]
	policy  *otter.Cache[string, stamped[*authz.Policy]]
	members *otter.Cache[string, stamped[[]string]]
	builtIn *authz.Policy
	streams int
}

const kept = 50_000

// New returns a guard that hears of changes from the log.
func New(c Config) (*Guard, error) {
	if c.DB == nil || c.Log == nil || c.Clock == nil {
		return nil, errors.New("guard: DB, Log and Clock are needed")
	}
	builtIn, err := authz.Compile(nil)
	if err != nil {
		return nil, err
	}
	g := &Guard{
		db: c.DB, clock: c.Clock, builtIn: builtIn, streams: c.Streams,
		access:  otter.Must(&otter.Options[[2]string, stamped[*authz.Access]]{MaximumSize: kept}),
		policy:  otter.Must(&otter.Options[string, stamped[*authz.Policy]]{MaximumSize: kept}),
		members: otter.Must(&otter.Options[string, stamped[[]string]]{MaximumSize: kept}),
	}
	c.Log.OnCommit(func(events []*eventlog.Event) {
		for _, e := range events {
			if c.Log.TypeOf(e.Type).Access {
				g.Changed(e)
			}
		}
	})
	return g, nil
}

// Changed drops what an access event may have made untrue. Events of other nodes are handed in by whoever follows the
// platform's log.
func (g *Guard) Changed(e *eventlog.Event) {
	g.stamps.raise(e.WorkspaceID)
	g.stamps.raise(e.ObjectID)
	g.stamps.raise(e.SubjectID)
}

// Require checks that the caller holds a permission in a workspace, or by a grant on one of the objects: the one asked
// about and what contains it. Nobody signed in is UNAUTHENTICATED, a foreign workspace NOT_FOUND, a missing permission
// FORBIDDEN.
func (g *Guard) Require(ctx context.Context, workspaceID string, p authz.Permission, objectIDs ...string) error {
	a := authz.ActorOf(ctx)
	switch {
	case a.IsSystem():
		return nil
	case a == nil:
		return fault.SignInNeeded()
	case !a.In(workspaceID):
		return fault.Absent()
	case a.Bound(p):
		return fault.Denied(string(p))
	}
	acc, err := g.Of(ctx, workspaceID, a.UserID)
	if err != nil {
		return err
	}
	if !acc.Allows(p, g.clock.Now(), objectIDs...) {
		return fault.Denied(string(p))
	}
	return nil
}

// Allows reports whether the caller holds a permission.
func (g *Guard) Allows(ctx context.Context, workspaceID string, p authz.Permission, objectIDs ...string) (bool, error) {
	err := g.Require(ctx, workspaceID, p, objectIDs...)
	switch fault.CodeOf(err) {
	case fault.Unauthenticated, fault.NotFound, fault.Forbidden:
		return false, nil
	}
	return err == nil, err
}

// Recheck is Require for open streams: it looks at what is committed, past everything kept, and says until when a right
// that hangs on a grant holds.
func (g *Guard) Recheck(ctx context.Context, workspaceID string, p authz.Permission, objectIDs ...string) (until time.Time, err error) {
	a := authz.ActorOf(ctx)
	if a == nil {
		return until, fault.SignInNeeded()
	}
	if a.IsSystem() {
		return until, nil
	}
	if a.Bound(p) {
		return until, fault.Denied(string(p))
	}
	acc, err := g.load(ctx, workspaceID, a.UserID)
	if err != nil {
		return until, err
	}
	if !acc.Allows(p, g.clock.Now(), objectIDs...) {
		return until, fault.Denied(string(p))
	}
	return acc.Until(p, g.clock.Now(), objectIDs...), nil
}

// Actor returns the caller; UNAUTHENTICATED when nobody is signed in.
func (g *Guard) Actor(ctx context.Context) (*authz.Actor, error) {
	a := authz.ActorOf(ctx)
	if a == nil || a.UserID == "" {
		return nil, fault.SignInNeeded()
	}
	return a, nil
}

// RequireTier checks what a workspace is entitled to; a lower tier is the user error TIER_REQUIRED.
func (g *Guard) RequireTier(ctx context.Context, workspaceID string, t enum.Tier) error {
	has, err := g.Tier(ctx, workspaceID)
	if err != nil {
		return err
	}
	if !has.Has(t) {
		return fault.User(fault.TierRequired, "", "This needs the tier %s; the workspace has %s.", t, has)
	}
	return nil
}

// Tier returns what a workspace is entitled to.
func (g *Guard) Tier(ctx context.Context, workspaceID string) (enum.Tier, error) {
	w, err := g.db.Client().Workspace.Get(authz.System(ctx, "guard: read the tier"), workspaceID)
	if err != nil {
		return "", err
	}
	return w.Tier, nil
}
