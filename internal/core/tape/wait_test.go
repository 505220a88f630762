package tape_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"karnak/authz"
	"karnak/ent"
	"karnak/internal/core/tape"
	"karnak/internal/platform/clock"
	"karnak/internal/platform/id"
)

// park has a tape wait for an hour, and then whatever else is done in the transaction.
func (n *node) park(t *testing.T, h *tape.Hold, also func(context.Context, *ent.Tx) error) {
	t.Helper()
	n.write(t, func(ctx context.Context, tx *ent.Tx) error {
		err := h.Park(ctx, tx, n.Clock.Now().Add(time.Hour), tape.Draft{Kind: "word", Data: "waits"})
		if err != nil || also == nil {
			return err
		}
		return also(ctx, tx)
	})
}

func (n *node) wake(id string) func(context.Context, *ent.Tx) error {
	return func(ctx context.Context, tx *ent.Tx) error { return n.Wake(ctx, tx, id) }
}

func TestWorkThatWaits(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		free    func(t *testing.T, a, b *node, c *clock.Manual, id string)
		stopped bool
	}{
		"is woken":             {func(t *testing.T, _, b *node, _ *clock.Manual, id string) { b.write(t, b.wake(id)) }, false},
		"is woken by its time": {func(_ *testing.T, _, _ *node, c *clock.Manual, _ string) { c.Advance(time.Hour) }, false},
		"is stopped":           {func(t *testing.T, _, b *node, _ *clock.Manual, id string) { b.halt(t, id) }, true},
		"is woken, and then not": {func(t *testing.T, a, b *node, _ *clock.Manual, id string) {
			b.write(t, b.wake(id))
			a.write(t, a.wake(id))
		}, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			each(t, func(t *testing.T, _ *wire, clk *clock.Manual, a, b *node) {
				ws := a.workspace(t)
				h := a.begin(t, ws)
				f := b.follow(t, ws, h.ID, nil)
				a.park(t, h, nil)
				take(t, f, 1, "waits")
				select {
				case <-h.Lost():
				default:
					t.Error("who parked it holds it still")
				}
				if err := h.Append(t.Context(), tape.Draft{Kind: "word", Data: "too late"}); !errors.Is(err, tape.ErrLost) {
					t.Errorf("written by who parked it: %v", err)
				}
				clk.Advance(tape.Lease + time.Second)
				if err := a.Abandon(t.Context()); err != nil {
					t.Fatal(err)
				}
				if n := len(b.claim(t)); n != 0 {
					t.Fatal("claimed while it waits")
				}
				c.free(t, a, b, clk, h.ID)
				held := b.claim(t)
				if len(held) != 1 || held[0].ID != h.ID {
					t.Fatalf("claimed: %+v", held)
				}
				select {
				case <-held[0].Stopping():
					if !c.stopped {
						t.Error("it is to stop")
					}
				default:
					if c.stopped {
						t.Error("it is not to stop")
					}
				}
				put(t, held[0], "goes on")
				take(t, f, 2, "goes on")
				if n := len(a.claim(t)); n != 0 {
					t.Error("claimed while it is held")
				}
			})
		})
	}
}

func (n *node) halt(t *testing.T, id string) {
	t.Helper()
	n.write(t, func(ctx context.Context, tx *ent.Tx) error {
		ended, err := n.Stop(ctx, tx, id)
		if ended {
			t.Error("it has ended")
		}
		return err
	})
}

func TestWhatWasWaitedForCameBefore(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, _ *wire, _ *clock.Manual, a, b *node) {
		ws := a.workspace(t)
		h := a.begin(t, ws)
		b.write(t, b.wake(h.ID)) // nobody waits yet
		a.park(t, h, a.wake(h.ID))
		if held := b.claim(t); len(held) != 1 || held[0].ID != h.ID {
			t.Fatalf("claimed: %+v", held)
		}
	})
}

func TestWakingLeavesOthersAlone(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, _ *wire, _ *clock.Manual, a, b *node) {
		ws := a.workspace(t)
		held, over := a.begin(t, ws), a.begin(t, ws)
		if err := a.end(t, over, "over"); err != nil {
			t.Fatal(err)
		}
		b.write(t, b.wake(held.ID))
		b.write(t, b.wake(over.ID))
		b.write(t, b.wake(id.New(id.Generation)))
		if n := len(b.claim(t)); n != 0 {
			t.Errorf("%d were claimed", n)
		}
		put(t, held, "goes on")
	})
}

// job is work of a crew: what it does the first and the second time that it is begun.
type job struct {
	hold  *tape.Hold
	run   func(ctx context.Context, h *tape.Hold) error
	fails func(h *tape.Hold) error
}

func (j job) Run(ctx context.Context) error { return j.run(ctx, j.hold) }
func (j job) Fail(context.Context) error    { return j.fails(j.hold) }

func (n *node) crew(t *testing.T, run func(context.Context, *tape.Hold) error, fails func(*tape.Hold) error) *tape.Crew {
	t.Helper()
	c, err := n.NewCrew(tape.CrewConfig{Kind: kind, Most: 2, Begin: func(h *tape.Hold) tape.Work { return job{h, run, fails} }})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	var work sync.WaitGroup
	work.Go(func() { c.Work(ctx) })
	t.Cleanup(func() {
		cancel()
		work.Wait()
		if err := c.Drain(soon(t)); err != nil && t.Context().Err() == nil {
			t.Error(err)
		}
	})
	return c
}

func (n *node) finish(ctx context.Context, h *tape.Hold, word string) error {
	return n.db.InTx(authz.System(ctx, "test"), func(ctx context.Context, tx *ent.Tx) error {
		return h.End(ctx, tx, tape.Draft{Kind: "end", Data: word})
	})
}

func TestCrewGoesOnWithWhatIsWoken(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, _ *wire, _ *clock.Manual, a, _ *node) {
		ws := a.workspace(t)
		parked := make(chan string, 1)
		c := a.crew(t, func(ctx context.Context, h *tape.Hold) error {
			if h.Seq() > 0 {
				return a.finish(ctx, h, "over")
			}
			defer func() { parked <- h.ID }()
			return a.db.InTx(authz.System(ctx, "test"), func(ctx context.Context, tx *ent.Tx) error {
				return h.Park(ctx, tx, a.Clock.Now().Add(time.Hour), tape.Draft{Kind: "word", Data: "waits"})
			})
		}, nil)
		name := id.New(id.Generation)
		a.write(t, func(ctx context.Context, tx *ent.Tx) error { return c.Create(ctx, tx, ws, name) })
		if got := <-parked; got != name {
			t.Fatalf("%s was worked on", got)
		}
		f := a.follow(t, ws, name, nil)
		take(t, f, 1, "waits")
		// The clock stands: it is the signal that tells the crew.
		a.write(t, a.wake(name))
		take(t, f, 2, "over")
		over(t, f)
	})
}

func TestCrewFailsWhatCannotBeDone(t *testing.T) {
	t.Parallel()
	for name, run := range map[string]func(context.Context, *tape.Hold) error{
		"an error": func(context.Context, *tape.Hold) error { return errors.New("no") },
		"a panic":  func(context.Context, *tape.Hold) error { panic("no") },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			each(t, func(t *testing.T, _ *wire, _ *clock.Manual, a, _ *node) {
				ws := a.workspace(t)
				c := a.crew(t, run, func(h *tape.Hold) error { return a.finish(context.Background(), h, "failed") })
				free := a.free(t, ws)
				if n, err := c.Sweep(t.Context()); n > 1 || err != nil {
					t.Fatal(n, err)
				}
				f := a.follow(t, ws, free, nil)
				take(t, f, 1, "failed")
				over(t, f)
			})
		})
	}
}
