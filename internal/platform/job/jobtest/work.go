package jobtest

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"karnak/internal/platform/job"
)

var errWork = errors.New("it does not work")

func panics(t *testing.T, e Engine) {
	var tries atomic.Int64
	n := start(t, e, job.Config{}, func(_ context.Context, _ *node, a Note) error {
		if a.Text == "bad" && tries.Add(1) < 3 {
			_ = []string{}[len(a.Text)] // as a fault in a worker does
		}
		return nil
	})
	n.must(t, "bad", job.Opts{})
	n.must(t, "good", job.Opts{})
	n.expect(t, "bad", "bad", "bad", "good")
	n.settled(t, "completed", 2)
	n.quiet(t)
}

func fails(t *testing.T, e Engine) {
	n := start(t, e, job.Config{}, func(context.Context, *node, Note) error { return errWork })
	n.must(t, "a", job.Opts{Attempts: 3})
	n.expect(t, "a", "a", "a")
	n.settled(t, "discarded", 1)
	n.quiet(t)
}

func later(t *testing.T, e Engine) {
	var tries atomic.Int64
	n := start(t, e, job.Config{}, func(context.Context, *node, Note) error {
		if tries.Add(1) < 4 {
			return job.Later(10 * time.Millisecond)
		}
		return nil
	})
	n.must(t, "a", job.Opts{Attempts: 1})
	n.expect(t, "a", "a", "a", "a")
	n.settled(t, "completed", 1)
}

func never(t *testing.T, e Engine) {
	n := start(t, e, job.Config{}, func(context.Context, *node, Note) error { return job.Never(errWork) })
	n.must(t, "a", job.Opts{})
	n.expect(t, "a")
	n.settled(t, "cancelled", 1)
	n.quiet(t)
}

func timesOut(t *testing.T, e Engine) {
	var tries atomic.Int64
	n := start(t, e, job.Config{Timeout: 100 * time.Millisecond}, func(ctx context.Context, _ *node, _ Note) error {
		if tries.Add(1) > 1 {
			return nil
		}
		<-ctx.Done()
		return ctx.Err()
	})
	n.must(t, "a", job.Opts{})
	n.expect(t, "a", "a")
	n.settled(t, "completed", 1)
}

// A worker writes through the store, as a room does, and inserts the job that follows.
func chains(t *testing.T, e Engine) {
	n := start(t, e, job.Config{}, func(ctx context.Context, n *node, a Note) error {
		if len(a.Text) >= 5 {
			return nil
		}
		return n.insert(ctx, a.Text+"a", job.Opts{}, nil)
	})
	n.must(t, "a", job.Opts{})
	n.expect(t, "a", "aa", "aaa", "aaaa", "aaaaa")
}

func drains(t *testing.T, e Engine) {
	release, ended := make(chan struct{}), atomic.Bool{}
	n := start(t, e, job.Config{Workers: 1}, func(ctx context.Context, _ *node, _ Note) error {
		select {
		case <-release:
			ended.Store(true)
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	})
	n.must(t, "a", job.Opts{})
	n.expect(t, "a")
	n.must(t, "waits", job.Opts{})
	time.AfterFunc(200*time.Millisecond, func() { close(release) })
	if err := n.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	if !ended.Load() {
		t.Error("the queue stopped before its job")
	}
	if got := count(t, n.store, "SELECT count(*) FROM river_job WHERE state = 'completed'"); got != 1 {
		t.Errorf("%d jobs are completed, want 1", got)
	}
	n.must(t, "after", job.Opts{}) // kept for the next start
	n.quiet(t)
	if got := count(t, n.store, "SELECT count(*) FROM river_job WHERE state = 'available'"); got != 2 {
		t.Errorf("%d jobs wait, want 2", got)
	}
}

func cancels(t *testing.T, e Engine) {
	s := e.Open(t)
	first := prepare(t, s, job.Config{}, func(ctx context.Context, _ *node, _ Note) error {
		<-ctx.Done()
		return ctx.Err()
	})
	first.begin(t)
	first.must(t, "a", job.Opts{})
	first.expect(t, "a")
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	begin := time.Now()
	if err := first.Stop(ctx); err != nil {
		t.Fatal(err)
	}
	if took := time.Since(begin); took > 3*time.Second {
		t.Errorf("stopping took %s", took)
	}
	second := prepare(t, s, job.Config{}, nil)
	second.begin(t)
	second.expect(t, "a")
}

func recurs(t *testing.T, e Engine) {
	var running atomic.Int64
	n := prepare(t, e.Open(t), job.Config{}, func(context.Context, *node, Note) error {
		defer running.Add(-1)
		if running.Add(1) > 1 {
			t.Error("the next was begun before the last had ended")
		}
		time.Sleep(1500 * time.Millisecond)
		return errWork // which does not keep it from recurring
	})
	if err := n.Every(time.Second, Note{"tick"}); err != nil {
		t.Fatal(err)
	}
	if err := n.Every(time.Millisecond, Note{"tick"}); err == nil {
		t.Error("a job recurs every millisecond")
	}
	n.begin(t)
	n.expect(t, "tick", "tick")
}

func shares(t *testing.T, e Engine) {
	s := e.Open(t)
	other := e.Share(t, s)
	one, two := prepare(t, s, job.Config{Workers: 4}, nil), prepare(t, other, job.Config{Workers: 4}, nil)
	both := make(chan string, 10_000)
	one.ran, two.ran = both, both
	one.begin(t)
	two.begin(t)
	var want []string
	for i := range 300 {
		n := one
		if i%2 == 0 {
			n = two
		}
		want = append(want, fmt.Sprint(i))
		n.must(t, want[i], job.Opts{})
	}
	one.expect(t, want...)
	one.settled(t, "completed", len(want))
	one.quiet(t)
	nodes := count(t, s, "SELECT count(DISTINCT attempted_by) FROM river_job")
	if nodes != 2 {
		t.Errorf("%d nodes worked, want 2", nodes)
	}
}

// Misnamed is a job whose kind has no form.
type Misnamed struct{}

// Kind names it.
func (Misnamed) Kind() string { return "Note Taken" }

func registers(t *testing.T, e Engine) {
	n := prepare(t, e.Open(t), job.Config{}, nil)
	work := func(context.Context, Note) error { return nil }
	cases := map[string]error{
		"already registered": job.Register(n.Queue, job.Spec{}, work),
		"domain.noun.verb":   job.Register(n.Queue, job.Spec{}, func(context.Context, Misnamed) error { return nil }),
		"not negative":       job.Register(n.Queue, job.Spec{Timeout: -1}, work),
		"no function":        job.Register[Note](n.Queue, job.Spec{}, nil),
	}
	n.begin(t)
	cases["after the start"] = job.Register(n.Queue, job.Spec{}, func(context.Context, Stranger) error { return nil })
	cases["started twice"] = n.Start(t.Context())
	for want, err := range cases {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("err = %v, want %q", err, want)
		}
	}
}

func unmigrated(t *testing.T, e Engine) {
	n := prepare(t, e.Bare(t), job.Config{}, nil)
	if err := n.Start(t.Context()); err == nil {
		t.Error("it started")
	}
	if err := n.Stop(t.Context()); err != nil {
		t.Error(err)
	}
}
