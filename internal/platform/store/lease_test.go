package store_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"karnak/internal/platform/store"
)

const backend = "SELECT pg_backend_pid()::text"

func TestALeaseReadsOnOneConnection(t *testing.T) {
	t.Parallel()
	s := connected(t, store.Config{Pool: 6, Scope: scopeOf, Role: "karnak_app"})
	ctx, release := s.Lease(under(t.Context(), "ws_a"))
	mine := texts(ctx, t, s, backend)[0]
	for range 3 {
		if got := texts(ctx, t, s, backend)[0]; got != mine {
			t.Errorf("a read on connection %s, the lease is of %s", got, mine)
		}
		if got := texts(under(ctx, "*"), t, s, backend)[0]; got == mine {
			t.Error("a read of another scope has the lease's connection")
		}
		if got := texts(under(t.Context(), "ws_a"), t, s, backend)[0]; got == mine {
			t.Error("a read without the lease has its connection")
		}
	}
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			if got := texts(ctx, t, s, "SELECT pg_backend_pid()::text FROM pg_sleep(0.002)")[0]; got != mine {
				t.Errorf("a read at the same time on connection %s", got)
			}
		})
	}
	all.Wait()
	release()
	release()
	if got := texts(ctx, t, s, "SELECT current_setting('karnak.scope')"); got[0] != "ws_a" {
		t.Errorf("after its end the lease's context reads under %q", got)
	}
	if n := len(leased(under(t.Context(), "ws_a"), t, s, 3)); n != 3 {
		t.Errorf("%d of 3 connections can be leased afterwards", n)
	}
}

// leased reads under some leases at once, and returns the connections that did not serve any other.
func leased(ctx context.Context, t *testing.T, s *store.Store, leases int) map[string]bool {
	t.Helper()
	served := map[string]int{}
	for range leases {
		ctx, release := s.Lease(ctx)
		defer release()
		served[texts(ctx, t, s, backend)[0]]++
	}
	alone := map[string]bool{}
	for pid, n := range served {
		if n == 1 {
			alone[pid] = true
		}
	}
	return alone
}

func TestLeasesLeaveHalfOfThePool(t *testing.T) {
	t.Parallel()
	s := connected(t, store.Config{Pool: 4, Scope: scopeOf})
	ctx, cancel := context.WithTimeout(under(t.Context(), "ws_a"), 10*time.Second)
	defer cancel()
	for range 2 {
		_, release := s.Lease(ctx)
		defer release()
	}
	held := map[string]bool{}
	for range 2 {
		ctx, release := s.Lease(ctx)
		defer release()
		held[texts(ctx, t, s, backend)[0]] = true
	}
	if len(held) != 2 {
		t.Errorf("two leases have %d connections", len(held))
	}
	for range 4 {
		ctx, release := s.Lease(ctx)
		defer release()
		if got := texts(ctx, t, s, backend)[0]; held[got] {
			t.Error("a third lease has the connection of another")
		}
	}
	if got := texts(ctx, t, s, backend)[0]; held[got] {
		t.Error("a leased connection serves somebody else")
	}
	err := s.InTx(ctx, func(context.Context, *store.Tx) error { return nil })
	if err != nil {
		t.Errorf("while all connections for reads are leased: %v", err)
	}
}

func TestALeaseSurvivesItsConnection(t *testing.T) {
	t.Parallel()
	s := connected(t, store.Config{Pool: 4, Scope: scopeOf})
	ctx, release := s.Lease(under(t.Context(), "ws_a"))
	defer release()
	mine := texts(ctx, t, s, backend)[0]
	exec(t, s, "SELECT pg_terminate_backend($1::int)", mine)
	for deadline := time.Now().Add(5 * time.Second); len(texts(under(t.Context(), "*"), t, s, "SELECT pid::text FROM pg_stat_activity WHERE pid = $1::int", mine)) > 0; {
		if time.Now().After(deadline) {
			t.Fatal("the connection does not end")
		}
	}
	if got := texts(ctx, t, s, backend)[0]; got == mine {
		t.Error("a connection that was ended answers")
	}
}
