package guard_test

import (
	"sync"
	"testing"
	"time"

	"karnak/authz"
	"karnak/internal/core/guard"
	"karnak/internal/platform/clock"
)

// trap is a clock that does something when it is asked for the time.
type trap struct {
	clock.Clock
	mu   sync.Mutex
	once func()
}

func (c *trap) Now() time.Time {
	c.mu.Lock()
	f := c.once
	c.once = nil
	c.mu.Unlock()
	if f != nil {
		f()
	}
	return c.Clock.Now()
}

func (c *trap) set(f func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.once = f
}

// TestChangeWhileASetIsLoaded commits a change after the role was read and before the set is kept.
func TestChangeWhileASetIsLoaded(t *testing.T) {
	t.Parallel()
	each(t, func(p *place) {
		c := &trap{Clock: p.clock}
		g, err := guard.New(guard.Config{DB: p.db, Log: p.log, Clock: c})
		if err != nil {
			p.t.Fatal(err)
		}
		sprung := false
		c.set(func() { // loading the grants asks for the time
			sprung = true
			p.change(p.role("admin"))
		})
		if _, err := g.Of(p.t.Context(), p.workspace, p.user); err != nil || !sprung {
			p.t.Fatalf("no change while it was loaded: %v", err)
		}
		if err := g.Require(p.ctx(), p.workspace, authz.AdminUsers); err != nil {
			p.t.Errorf("what was loaded before the change is kept: %v", err)
		}
	})
}
