package tape_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"karnak/authz"
	"karnak/ent"
	"karnak/internal/core/eventlog"
	"karnak/internal/core/tape"
	"karnak/internal/platform/clock"
	"karnak/internal/platform/fault"
	"karnak/internal/platform/id"
)

func TestStepsAreReadOnEveryNode(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, _ *wire, _ *clock.Manual, a, b *node) {
		ws := a.workspace(t)
		h := a.begin(t, ws)
		local, remote := a.follow(t, ws, h.ID, nil), b.follow(t, ws, h.ID, nil)
		for i, w := range []string{"one", "two", "three"} {
			put(t, h, w)
			take(t, local, int64(i+1), w)
			take(t, remote, int64(i+1), w)
		}
		late := b.follow(t, ws, h.ID, nil)
		third := take(t, late, 1, "one", "two", "three")
		if err := a.end(t, h, "over"); err != nil {
			t.Fatal(err)
		}
		for _, f := range []*tape.Follower{local, remote, late} {
			take(t, f, 4, "over")
			over(t, f)
		}
		resumed := a.follow(t, ws, h.ID, &third)
		last := take(t, resumed, 4, "over")
		over(t, resumed)
		over(t, b.follow(t, ws, h.ID, &last))
		if err := h.Append(t.Context(), tape.Draft{Kind: "word", Data: "behind the end"}); !errors.Is(err, tape.ErrLost) {
			t.Errorf("written behind the end: %v", err)
		}
	})
}

func TestLostHintsCostATick(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *wire, c *clock.Manual, a, b *node) {
		w.losing(func(string) bool { return true })
		ws := a.workspace(t)
		h := a.begin(t, ws)
		put(t, h, "one")
		f := b.follow(t, ws, h.ID, nil)
		take(t, f, 1, "one")
		put(t, h, "two", "three")
		stop := pulse(c)
		defer stop()
		take(t, f, 2, "two", "three")
		if err := a.end(t, h, "over"); err != nil {
			t.Fatal(err)
		}
		take(t, f, 4, "over")
		over(t, f)
	})
}

func TestLargeStepsAreReadFromTheDatabase(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, _ *wire, _ *clock.Manual, a, b *node) {
		ws := a.workspace(t)
		h := a.begin(t, ws)
		local, remote := a.follow(t, ws, h.ID, nil), b.follow(t, ws, h.ID, nil)
		var words []string
		for i := range 12 {
			words = append(words, fmt.Sprint(i)+strings.Repeat("x", 100_000))
		}
		put(t, h, words...)
		take(t, local, 1, words...)
		take(t, remote, 1, words...)
	})
}

func TestCursorsThatAreRefused(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, _ *wire, _ *clock.Manual, a, _ *node) {
		ws := a.workspace(t)
		h, other := a.begin(t, ws), a.begin(t, ws)
		put(t, h, "one")
		put(t, other, "one", "two")
		good := a.Cursor(h.ID, 1)
		for name, cursor := range map[string]string{
			"ahead": a.Cursor(h.ID, 2), "of another tape": a.Cursor(other.ID, 1), "empty": "", "made up": "AAAA",
			"altered": "B" + good[1:], "with a line break": good + "\n",
		} {
			f, err := a.Follow(t.Context(), tape.Spec{WorkspaceID: ws, TapeID: h.ID, After: &cursor, Allow: always})
			if fault.CodeOf(err) != fault.BadUserInput {
				t.Errorf("%s: %v", name, err)
			}
			if err == nil {
				f.Close()
			}
		}
		f, err := a.Follow(t.Context(), tape.Spec{WorkspaceID: ws, TapeID: id.New(id.Generation), Allow: always})
		if fault.CodeOf(err) != fault.NotFound {
			t.Errorf("a tape that is not there: %v %v", f, err)
		}
	})
}

func TestOneHolderAtATime(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, _ *wire, c *clock.Manual, a, b *node) {
		ws := a.workspace(t)
		h := a.begin(t, ws)
		put(t, h, "one")
		f := b.follow(t, ws, h.ID, nil)
		if held := b.claim(t); len(held) != 0 {
			t.Fatal("claimed under a lease that holds")
		}
		a.Close() // renews no more, as if it were dead
		c.Advance(tape.Lease + time.Millisecond)
		held := b.claim(t)
		if len(held) != 1 || held[0].ID != h.ID || held[0].Seq() != 1 {
			t.Fatalf("claimed: %+v", held)
		}
		put(t, held[0], "two")
		for name, err := range map[string]error{
			"append": h.Append(t.Context(), tape.Draft{Kind: "word", Data: "too late"}), "end": a.end(t, h, "too late"), "release": h.Release(t.Context()),
		} {
			if name != "release" && !errors.Is(err, tape.ErrLost) {
				t.Errorf("%s by who held it before: %v", name, err)
			}
		}
		if len(b.claim(t)) != 0 {
			t.Error("who held it before gave it back")
		}
		put(t, held[0], "three")
		take(t, f, 1, "one", "two", "three")
		<-h.Lost()
	})
}

func TestLeasesAreRenewed(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, _ *wire, c *clock.Manual, a, b *node) {
		ws := a.workspace(t)
		h := a.begin(t, ws)
		for range 40 { // 40 renewals are 20 seconds, and more
			c.Advance(500 * time.Millisecond)
			waitFor(t, func() bool {
				c.Advance(20 * time.Millisecond)
				return leased(t, a, h.ID).After(c.Now().Add(tape.Lease - time.Second))
			})
			if held := b.claim(t); len(held) != 0 {
				t.Fatal("claimed although it is worked on")
			}
		}
	})
}

func leased(t *testing.T, n *node, tapeID string) time.Time {
	t.Helper()
	x, err := n.db.Client().Tape.Get(authz.System(t.Context(), "test"), tapeID)
	if err != nil || x.LeaseUntil == nil {
		t.Fatal(x, err)
	}
	return *x.LeaseUntil
}

func waitFor(t *testing.T, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); !ok(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("it did not come")
		}
	}
}

func TestGivenBackIsClaimedAtOnce(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, _ *wire, _ *clock.Manual, a, b *node) {
		ws := a.workspace(t)
		h := a.begin(t, ws)
		put(t, h, "one")
		if free, err := b.Free(t.Context(), kind); free || err != nil {
			t.Fatal(free, err)
		}
		if err := h.Release(t.Context()); err != nil {
			t.Fatal(err)
		}
		if free, err := b.Free(t.Context(), kind); !free || err != nil {
			t.Fatal(free, err)
		}
		if held := b.claim(t); len(held) != 1 || held[0].Seq() != 1 {
			t.Fatal(held)
		}
		if free, err := b.Free(t.Context(), "other"); free || err != nil {
			t.Fatal(free, err)
		}
	})
}

func TestAbandonedIsClaimedAtOnce(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, _ *wire, _ *clock.Manual, a, b *node) {
		ws := a.workspace(t)
		h, ended := a.begin(t, ws), a.begin(t, ws)
		if err := a.end(t, ended, "over"); err != nil {
			t.Fatal(err)
		}
		a.Close()
		if err := b.Abandon(t.Context()); err != nil {
			t.Fatal(err)
		}
		if held := b.claim(t); len(held) != 1 || held[0].ID != h.ID {
			t.Fatal(held)
		}
	})
}

func TestClaimedOnce(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, _ *wire, _ *clock.Manual, a, b *node) {
		ws := a.workspace(t)
		want := map[string]bool{}
		for range 60 {
			want[a.free(t, ws)] = true
		}
		var mu sync.Mutex
		var got []string
		var all sync.WaitGroup
		for _, n := range []*node{a, b, a, b} {
			all.Go(func() {
				for {
					held, err := n.Claim(t.Context(), kind, 7)
					if err != nil || len(held) == 0 {
						if err != nil {
							t.Error(err)
						}
						return
					}
					mu.Lock()
					for _, h := range held {
						got = append(got, h.ID)
					}
					mu.Unlock()
				}
			})
		}
		all.Wait()
		// Rows that another was about to take are passed over, and found by the next look.
		for _, h := range append(a.claim(t), b.claim(t)...) {
			got = append(got, h.ID)
		}
		slices.Sort(got)
		if len(got) != len(want) || len(slices.Compact(got)) != len(want) {
			t.Errorf("%d claims of %d tapes", len(got), len(want))
		}
	})
}

func TestStop(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *wire, c *clock.Manual, a, b *node) {
		ws := a.workspace(t)
		stop := func(n *node, tapeID string) (ended bool) {
			n.write(t, func(ctx context.Context, tx *ent.Tx) (err error) {
				ended, err = n.Stop(ctx, tx, tapeID)
				return err
			})
			return ended
		}
		here, there := a.begin(t, ws), a.begin(t, ws)
		stop(a, here.ID)
		<-here.Stopping()
		stop(b, there.ID)
		<-there.Stopping()
		// The hint is lost: the next sign of life learns of it.
		w.losing(func(string) bool { return true })
		written, renewed := a.begin(t, ws), a.begin(t, ws)
		stop(b, written.ID)
		stop(b, renewed.ID)
		put(t, written, "one")
		<-written.Stopping()
		end := pulse(c)
		<-renewed.Stopping()
		end()
		// Nobody held it when it was stopped.
		waiting := a.free(t, ws)
		stop(b, waiting)
		held := a.claim(t)
		if len(held) != 1 {
			t.Fatal(held)
		}
		<-held[0].Stopping()
		if err := a.end(t, here, "stopped"); err != nil {
			t.Fatal(err)
		}
		if !stop(b, here.ID) || stop(b, there.ID) {
			t.Error("what has ended is told apart from what has not")
		}
	})
}

// TestNothingIsReadThatWasWrittenAfterTheRevocation loses the hint of the revocation, and not that of the step behind it.
func TestNothingIsReadThatWasWrittenAfterTheRevocation(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *wire, _ *clock.Manual, a, b *node) {
		ws := a.workspace(t)
		h := a.begin(t, ws)
		errShut := errors.New("no longer let in")
		var mu sync.Mutex
		shut := false
		open := func(n *node) *tape.Follower {
			f, err := n.Follow(t.Context(), tape.Spec{WorkspaceID: ws, TapeID: h.ID, Allow: func(context.Context) (time.Time, error) {
				mu.Lock()
				defer mu.Unlock()
				if shut {
					return time.Time{}, errShut
				}
				return time.Time{}, nil
			}})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(f.Close)
			return f
		}
		put(t, h, "before")
		local, remote := open(a), open(b)
		take(t, local, 1, "before")
		take(t, remote, 1, "before")
		w.losing(func(subject string) bool { return strings.HasPrefix(subject, "log.") })
		mu.Lock()
		shut = true
		mu.Unlock()
		_, err := a.log.Change(authz.System(t.Context(), "test"), func(ctx context.Context, tx *eventlog.Tx) (string, error) {
			return "", tx.Append(ctx, ws, eventlog.Draft{Type: revoked})
		})
		if err != nil {
			t.Fatal(err)
		}
		put(t, h, "after")
		for _, f := range []*tape.Follower{local, remote} {
			if s, err := f.Next(soon(t)); !errors.Is(err, errShut) {
				t.Errorf("read after the revocation: %+v %v", s, err)
			}
		}
	})
}

// TestCrowd writes to many tapes at once: each has its steps in order, without holes, and is read so.
func TestCrowd(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, _ *wire, _ *clock.Manual, a, b *node) {
		const tapes, steps = 20, 30
		var all sync.WaitGroup
		for i := range tapes {
			n, other := a, b
			if i%2 == 1 {
				n, other = b, a
			}
			ws := n.workspace(t)
			h := n.begin(t, ws)
			var words []string
			for k := range steps {
				words = append(words, fmt.Sprintf("%d/%d", i, k))
			}
			f := other.follow(t, ws, h.ID, nil)
			all.Go(func() { put(t, h, words...) })
			all.Go(func() { take(t, f, 1, words...) })
		}
		all.Wait()
	})
}
