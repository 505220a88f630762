package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"testing"
	"time"

	"karnak/internal/platform/id"
	"karnak/test/crash/ledger"
	"karnak/test/crash/rig"
)

// What is promised of outages.
const (
	healsWithin    = 5 * time.Second
	noticedWithin  = 5 * time.Second
	requestTimeout = 2 * time.Second
)

// outage runs a server under load, takes something away from it, gives it back, and checks the ledgers.
func outage(t *testing.T, p Plan, disturb func(context.Context, *run) error) {
	t.Helper()
	var out bytes.Buffer
	p.Binary, p.Folder, p.Out, p.Seed, p.Disturb = karnak, t.TempDir(), &out, uint64(time.Now().UnixNano()), disturb
	p.Writers, p.Subscribers = 8, 8
	p.Args = append(p.Args, "--request-timeout="+requestTimeout.String())
	r, err := Run(t.Context(), p)
	if err != nil {
		t.Fatal(err)
	}
	r.print(&out)
	t.Logf("\n%s", &out)
	if !r.Sound() || r.Acknowledged == 0 || r.Delivered < r.Acknowledged {
		t.Error("the ledgers do not agree")
	}
}

// attempt sends a message of its own, which the ledgers know of, and returns its outcome and how long that took.
func (r *run) attempt(ctx context.Context) (ledger.Answer, time.Duration) {
	place := r.places[0]
	c := &chooser{dice: r.dice, writer: -1, place: place, person: place.People[0]}
	t := ledger.Try{ID: id.New(id.Request), Kind: ledger.Send, Workspace: place.ID, Actor: c.person.ID}
	o := operation{t, rig.Call{Token: c.person.Token, Query: mutations[ledger.Send], Key: t.ID, Vars: map[string]any{"mutation": t.ID}}}
	c.send(&o)
	r.books.Tries.Write(o.Try)
	began := time.Now()
	a := (&writer{c, r}).once(ctx, o)
	a.Attempts = 1
	r.books.Answers.Write(a)
	return a, time.Since(began)
}

// unavailable sends until a message is refused for now, and checks that this takes no longer than a request may.
func (r *run) unavailable(ctx context.Context) error {
	for end := time.Now().Add(noticedWithin + 2*requestTimeout); time.Now().Before(end); {
		a, took := r.attempt(ctx)
		switch {
		case a.Outcome == ledger.Acknowledged:
			continue
		case took > requestTimeout+time.Second:
			return fmt.Errorf("a request took %s until it was given up: %s", took, a.Code)
		case a.Code != "UNAVAILABLE: The database is not available for now; try again." && a.Code != "UNAVAILABLE: This took too long and was stopped; ask for less, or try again.":
			return errors.New("a write was answered with " + a.Code)
		}
		return nil
	}
	return errors.New("writes are still acknowledged")
}

// healed waits until the server is ready and a message is acknowledged.
func (r *run) healed(ctx context.Context) error {
	began := time.Now()
	if err := r.readiness(ctx, http.StatusOK, healsWithin); err != nil {
		return err
	}
	for {
		a, _ := r.attempt(ctx)
		switch took := time.Since(began); {
		case took > healsWithin:
			return fmt.Errorf("writes heal after %s: %+v", took, a)
		case a.Outcome == ledger.Acknowledged:
			fmt.Fprintf(r.Out, "healed after %s\n", took.Round(time.Millisecond))
			return nil
		}
	}
}

// readiness waits until readyz answers with a status.
func (r *run) readiness(ctx context.Context, status int, within time.Duration) error {
	for began := time.Now(); ; {
		got, err := r.server.Ask(ctx, "/readyz")
		switch {
		case err == nil && got == status:
			return nil
		case !r.server.Alive():
			return errors.New("karnak ended\n" + r.server.Logged())
		case time.Since(began) > within:
			return fmt.Errorf("readyz answers %d after %s, %w", got, within, err)
		}
		if err := r.pause(ctx, 10*time.Millisecond); err != nil {
			return err
		}
	}
}

// calm is how long an outage lasts, and how long the time before and after it.
const calm = 400 * time.Millisecond

func TestPostgresStopped(t *testing.T) {
	t.Parallel()
	c := cluster(t)
	outage(t, Plan{Engine: rig.Postgres, Server: c.URL}, func(ctx context.Context, r *run) error {
		for range 2 {
			err := errors.Join(r.pause(ctx, calm), c.Stop(), r.readiness(ctx, http.StatusServiceUnavailable, noticedWithin), r.unavailable(ctx), r.pause(ctx, calm))
			if err != nil {
				return err
			}
			if err := errors.Join(c.Start(), r.healed(ctx)); err != nil {
				return err
			}
		}
		return r.pause(ctx, calm)
	})
}

func TestPostgresPaused(t *testing.T) {
	t.Parallel()
	c := cluster(t)
	outage(t, Plan{Engine: rig.Postgres, Server: c.URL}, func(ctx context.Context, r *run) error {
		if err := errors.Join(r.pause(ctx, calm), c.Pause()); err != nil {
			return err
		}
		err := errors.Join(r.readiness(ctx, http.StatusServiceUnavailable, noticedWithin), r.unavailable(ctx), r.pause(ctx, calm))
		if err := errors.Join(err, c.Resume()); err != nil {
			return err
		}
		return errors.Join(r.healed(ctx), r.pause(ctx, calm))
	})
}

func cluster(t *testing.T) *rig.Cluster {
	t.Helper()
	c, err := rig.NewCluster(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
	return c
}
