package jobtest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"karnak/internal/platform/clock"
	"karnak/internal/platform/job"
	"karnak/internal/platform/store"
)

func commits(t *testing.T, e Engine) {
	n := start(t, e, job.Config{}, nil)
	n.must(t, "a", job.Opts{})
	n.expect(t, "a")
	n.settled(t, "completed", 1)
	n.quiet(t)
	if got := count(t, n.store, "SELECT count(*) FROM river_notification"); got != 0 {
		t.Errorf("%d notifications were written", got)
	}
}

func rollsBack(t *testing.T, e Engine) {
	n := start(t, e, job.Config{}, nil)
	if err := n.insert(t.Context(), "a", job.Opts{}, errRollback); !errors.Is(err, errRollback) {
		t.Fatalf("err = %v", err)
	}
	n.must(t, "b", job.Opts{})
	n.expect(t, "b")
	n.quiet(t)
	if got := count(t, n.store, "SELECT count(*) FROM river_job"); got != 1 {
		t.Errorf("%d jobs are kept, want 1", got)
	}
}

// Many changes at once share a commit on SQLite; each takes its own job back.
func mixes(t *testing.T, e Engine) {
	n := start(t, e, job.Config{}, nil)
	var all sync.WaitGroup
	var want []string
	for i := range 200 {
		text, end := fmt.Sprint(i), error(nil)
		if i%3 == 0 {
			end = errRollback
		} else {
			want = append(want, text)
		}
		all.Go(func() {
			if err := n.insert(t.Context(), text, job.Opts{}, end); !errors.Is(err, end) {
				t.Errorf("%s: %v", text, err)
			}
		})
	}
	all.Wait()
	n.expect(t, want...)
	n.settled(t, "completed", len(want))
	n.quiet(t)
}

// The workers look by themselves once an hour here.
func wakes(t *testing.T, e Engine) {
	n := start(t, e, job.Config{Poll: time.Hour}, nil)
	n.must(t, "first", job.Opts{})
	n.expect(t, "first")
	var took []time.Duration
	for range 15 {
		begin := time.Now()
		n.must(t, "a", job.Opts{})
		committed := time.Now()
		n.expect(t, "a")
		took = append(took, time.Since(committed))
		if since := time.Since(begin); since < 30*time.Millisecond {
			time.Sleep(30*time.Millisecond - since)
		}
	}
	slices.Sort(took)
	median := took[len(took)/2]
	t.Logf("a job starts %s after its commit; the slowest %s", median, took[len(took)-1])
	if median > 500*time.Millisecond { // a few milliseconds where nothing else runs
		t.Errorf("a job starts late: %v", took)
	}
}

func schedules(t *testing.T, e Engine) {
	n := start(t, e, job.Config{}, nil)
	n.must(t, "past", job.Opts{ScheduledAt: time.Now().Add(-time.Hour)})
	n.expect(t, "past")
	n.quiet(t) // and River's scheduler has had its first look
	at := time.Now().Add(600 * time.Millisecond)
	n.must(t, "soon", job.Opts{ScheduledAt: at})
	n.quiet(t)
	n.expect(t, "soon")
	if late := time.Since(at); late < 0 || late > 3*time.Second {
		t.Errorf("ran %s after its time", late)
	}
}

func schedulesAhead(t *testing.T, e Engine) {
	n := start(t, e, job.Config{}, nil)
	at := time.Now().Add(6 * time.Second)
	n.must(t, "ahead", job.Opts{ScheduledAt: at})
	n.settled(t, "scheduled", 1)
	n.expect(t, "ahead")
	if late := time.Since(at); late < 0 || late > 10*time.Second {
		t.Errorf("ran %s after its time", late)
	}
}

func unique(t *testing.T, e Engine) {
	n := start(t, e, job.Config{}, nil)
	o := job.Opts{UniqueKey: "k"}
	var all sync.WaitGroup
	for range 10 {
		all.Go(func() {
			if err := n.insert(t.Context(), "a", o, nil); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	n.expect(t, "a")
	n.settled(t, "completed", 1)
	n.must(t, "again", o)
	n.must(t, "b", job.Opts{UniqueKey: "other"})
	n.must(t, "c", job.Opts{})
	n.must(t, "c", job.Opts{})
	n.expect(t, "b", "c", "c")
	n.quiet(t)
	if err := n.insert(t.Context(), "x", job.Opts{UniqueKey: "rolled back"}, errRollback); !errors.Is(err, errRollback) {
		t.Fatal(err)
	}
	n.must(t, "y", job.Opts{UniqueKey: "rolled back"})
	n.expect(t, "y")
}

// Stranger is a job that nobody registers.
type Stranger struct{}

// Kind names it.
func (Stranger) Kind() string { return "test.stranger.seen" }

func unknown(t *testing.T, e Engine) {
	n := start(t, e, job.Config{}, nil)
	err := n.store.InTx(t.Context(), func(ctx context.Context, tx *store.Tx) error {
		if err := n.InsertTx(ctx, tx, Note{"a"}, job.Opts{}); err != nil {
			return err
		}
		return n.InsertTx(ctx, tx, Stranger{}, job.Opts{})
	})
	if err == nil {
		t.Fatal("a job was inserted that nobody works")
	}
	n.quiet(t)
}

func before(t *testing.T, e Engine) {
	n := prepare(t, e.Open(t), job.Config{}, nil)
	n.must(t, "a", job.Opts{})
	n.quiet(t)
	n.begin(t)
	n.expect(t, "a")
}

func byHand(t *testing.T, e Engine) {
	c := clock.NewManual(time.Date(2031, 5, 6, 7, 8, 9, 0, time.UTC))
	n := start(t, e, job.Config{Clock: c}, nil)
	n.must(t, "hours", job.Opts{ScheduledAt: c.Now().Add(3 * time.Hour)})
	n.must(t, "days", job.Opts{ScheduledAt: c.Now().Add(72 * time.Hour)})
	n.must(t, "now", job.Opts{})
	n.expect(t, "now")
	c.Advance(2 * time.Hour)
	n.quiet(t)
	c.Advance(time.Hour)
	moved := time.Now()
	n.expect(t, "hours")
	if took := time.Since(moved); took > 3*time.Second {
		t.Errorf("it ran %s after the clock was moved", took)
	}
	n.quiet(t)
}
