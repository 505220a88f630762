package store

import (
	"context"
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// opened returns a store on a fresh file with one table of numbers.
func opened(t *testing.T) *Store {
	t.Helper()
	s, err := Open(t.Context(), Config{Path: filepath.Join(t.TempDir(), "k.db")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	for _, q := range []string{
		"CREATE TABLE n (v integer PRIMARY KEY, pad blob)",
		"CREATE TABLE child (v integer REFERENCES n(v) DEFERRABLE INITIALLY DEFERRED)",
	} {
		if _, err := s.DB().Exec(q); err != nil {
			t.Fatal(err)
		}
	}
	return s
}

func insert(v int) func(context.Context, *Tx) error {
	return func(ctx context.Context, tx *Tx) error {
		return tx.Exec(ctx, "INSERT INTO n (v) VALUES (?)", []any{v}, nil)
	}
}

func rows(t *testing.T, s *Store) (out []int) {
	t.Helper()
	r, err := s.read.Query("SELECT v FROM n ORDER BY v")
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	for r.Next() {
		var v int
		if err := r.Scan(&v); err != nil {
			t.Fatal(err)
		}
		out = append(out, v)
	}
	if err := r.Err(); err != nil {
		t.Fatal(err)
	}
	return out
}

// hold keeps the writer inside a change until release is called.
func hold(t *testing.T, s *Store, v int, after func()) (release func() error) {
	t.Helper()
	inside, gate, done := make(chan struct{}), make(chan struct{}), make(chan error, 1)
	go func() {
		done <- s.InTx(t.Context(), func(ctx context.Context, tx *Tx) error {
			close(inside)
			<-gate
			if after != nil {
				tx.AfterCommit(after)
			}
			return insert(v)(ctx, tx)
		})
	}()
	<-inside
	return sync.OnceValue(func() error { close(gate); return <-done })
}

// queued puts a change behind the one that is held.
func queued(ctx context.Context, s *Store, fn func(context.Context, *Tx) error) chan error {
	c := &change{ctx: ctx, fn: fn, done: make(chan error, 1)}
	s.group.queue <- c
	return c.done
}

func TestGroupSharesOneCommit(t *testing.T) {
	t.Parallel()
	s := opened(t)
	var seen []int
	var order []int
	release := hold(t, s, 0, func() { seen = rows(t, s) })
	var done []chan error
	for v := 1; v <= groupSize; v++ {
		done = append(done, queued(t.Context(), s, func(ctx context.Context, tx *Tx) error {
			tx.AfterCommit(func() { order = append(order, v) })
			return insert(v)(ctx, tx)
		}))
	}
	if err := release(); err != nil {
		t.Fatal(err)
	}
	for i, d := range done {
		if err := <-d; err != nil {
			t.Fatalf("change %d: %v", i, err)
		}
	}
	if len(seen) != groupSize {
		t.Errorf("the first hook after the commit saw %d rows: want the whole group of %d", len(seen), groupSize)
	}
	if !slices.IsSorted(order) || len(order) != groupSize {
		t.Errorf("hooks ran in the order %v", order)
	}
	if n := len(rows(t, s)); n != groupSize+1 {
		t.Errorf("%d rows, want %d", n, groupSize+1)
	}
}

func TestGroupFailuresStandAlone(t *testing.T) {
	t.Parallel()
	s := opened(t)
	own := errors.New("own error")
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	hooked := map[string]bool{}
	with := func(name string, fn func(context.Context, *Tx) error) func(context.Context, *Tx) error {
		return func(ctx context.Context, tx *Tx) error {
			tx.AfterCommit(func() { hooked[name] = true })
			return fn(ctx, tx)
		}
	}
	both := func(v int, err error) func(context.Context, *Tx) error {
		return func(ctx context.Context, tx *Tx) error { return errors.Join(insert(v)(ctx, tx), err) }
	}
	cases := []struct {
		name string
		ctx  context.Context
		fn   func(context.Context, *Tx) error
		good func(error) bool
	}{
		{"before", t.Context(), insert(1), func(err error) bool { return err == nil }},
		{"own error", t.Context(), both(2, own), func(err error) bool { return errors.Is(err, own) }},
		{"panic", t.Context(), func(ctx context.Context, tx *Tx) error { _ = insert(3)(ctx, tx); panic("boom") },
			func(err error) bool { return err != nil && strings.Contains(err.Error(), "boom") }},
		{"constraint", t.Context(), insert(1), Duplicate},
		{"hook", t.Context(), func(ctx context.Context, tx *Tx) error {
			tx.BeforeCommit(func(context.Context) error { return own })
			return insert(4)(ctx, tx)
		}, func(err error) bool { return errors.Is(err, own) }},
		{"panic in a hook", t.Context(), func(ctx context.Context, tx *Tx) error {
			tx.BeforeCommit(func(context.Context) error { panic("late") })
			return insert(5)(ctx, tx)
		}, func(err error) bool { return err != nil && strings.Contains(err.Error(), "late") }},
		{"cancelled", cancelled, insert(6), func(err error) bool { return errors.Is(err, context.Canceled) }},
		{"after", t.Context(), insert(7), func(err error) bool { return err == nil }},
	}
	release := hold(t, s, 0, nil)
	done := make([]chan error, len(cases))
	for i, c := range cases {
		done[i] = queued(c.ctx, s, with(c.name, c.fn))
	}
	if err := release(); err != nil {
		t.Fatal(err)
	}
	ended := make([]error, len(cases))
	for i := range cases {
		ended[i] = <-done[i]
	}
	for i, c := range cases {
		err := ended[i]
		if !c.good(err) {
			t.Errorf("%s: %v", c.name, err)
		}
		if hooked[c.name] != (err == nil) {
			t.Errorf("%s: hook after the commit ran: %v, error %v", c.name, hooked[c.name], err)
		}
	}
	if got := rows(t, s); !slices.Equal(got, []int{0, 1, 7}) {
		t.Errorf("rows %v, want 0 1 7", got)
	}
}

func TestGroupManyWriters(t *testing.T) {
	t.Parallel()
	s := opened(t)
	const writers, each = 32, 20
	var wg sync.WaitGroup
	for w := range writers {
		wg.Go(func() {
			for i := range each {
				v := w*each + i
				err := s.InTx(t.Context(), func(ctx context.Context, tx *Tx) error {
					if err := insert(v)(ctx, tx); err != nil || v%5 != 0 {
						return err
					}
					return errClosed
				})
				if (err != nil) != (v%5 == 0) {
					t.Errorf("change %d: %v", v, err)
				}
			}
		})
	}
	wg.Wait()
	got := rows(t, s)
	if len(got) != writers*each*4/5 || slices.ContainsFunc(got, func(v int) bool { return v%5 == 0 }) {
		t.Errorf("%d rows, want %d without those that failed", len(got), writers*each*4/5)
	}
}

func TestContextWhileRunning(t *testing.T) {
	t.Parallel()
	s := opened(t)
	ctx, cancel := context.WithCancel(t.Context())
	err := s.InTx(ctx, func(ctx context.Context, tx *Tx) error {
		cancel()
		return insert(1)(ctx, tx)
	})
	if err != nil || len(rows(t, s)) != 1 {
		t.Errorf("a change under way has to end one way and say which: %v, rows %v", err, rows(t, s))
	}
	if err := s.InTx(ctx, insert(2)); !errors.Is(err, context.Canceled) {
		t.Errorf("a change that is given up before it begins: %v", err)
	}
	release := hold(t, s, 3, nil)
	for range cap(s.group.queue) {
		queued(ctx, s, insert(4))
	}
	waiting, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- s.InTx(waiting, insert(5)) }()
	stop()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Errorf("a change that is given up before the queue takes it: %v", err)
	}
	if err := release(); err != nil {
		t.Error(err)
	}
	if got := rows(t, s); !slices.Equal(got, []int{1, 3}) {
		t.Errorf("rows %v, want 1 3", got)
	}
}

// TestGivenUpInTheQueue: a caller whose time is up does not wait for a writer that is held up, and the change is never made.
func TestGivenUpInTheQueue(t *testing.T) {
	t.Parallel()
	s := opened(t)
	release := hold(t, s, 1, nil)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if err := s.InTx(ctx, insert(2)); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("a change that is given up in the queue: %v", err)
	}
	if err := release(); err != nil {
		t.Error(err)
	}
	if err := s.InTx(t.Context(), insert(3)); err != nil {
		t.Error(err)
	}
	if got := rows(t, s); !slices.Equal(got, []int{1, 3}) {
		t.Errorf("rows %v, want 1 3", got)
	}
}

func TestCloseWhileBusy(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "k.db")
	s, err := Open(t.Context(), Config{Path: path})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.DB().Exec("CREATE TABLE n (v integer PRIMARY KEY)"); err != nil {
		t.Fatal(err)
	}
	release := hold(t, s, 0, nil)
	done, closing := make([]chan error, 40), make(chan error, 1)
	for v := range done {
		done[v] = make(chan error, 1)
		go func() { done[v] <- s.InTx(context.Background(), insert(v+1)) }()
	}
	go func() { closing <- s.Close() }()
	if err := release(); err != nil {
		t.Errorf("the change under way: %v", err)
	}
	if err := <-closing; err != nil {
		t.Error(err)
	}
	want := []int{0}
	for v, d := range done {
		switch err := <-d; {
		case err == nil:
			want = append(want, v+1)
		case !Unavailable(err):
			t.Errorf("change %d: %v is not told as unavailable", v, err)
		}
	}
	if err := s.InTx(context.Background(), insert(99)); !Unavailable(err) {
		t.Errorf("after Close: %v", err)
	}
	again, err := Open(t.Context(), Config{Path: path})
	if err != nil {
		t.Fatal(err)
	}
	defer again.Close()
	if got := rows(t, again); !slices.Equal(got, want) {
		t.Errorf("rows %v, acknowledged %v", got, want)
	}
}
