// Package jobtest is the suite that the job queue passes on every engine.
package jobtest

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"testing"
	"time"

	"karnak/internal/platform/job"
	"karnak/internal/platform/store"
)

// Engine opens databases of one engine.
type Engine struct {
	// Open returns a fresh database with the queue's tables; it is closed with the test.
	Open func(t testing.TB) *store.Store
	// Bare returns a fresh database without them.
	Bare func(t testing.TB) *store.Store
	// Share opens the same database once more, as another node does; nil where one process has it at a time.
	Share func(t testing.TB, s *store.Store) *store.Store
}

// Run holds the queue to its contract.
func Run(t *testing.T, e Engine) {
	t.Helper()
	suite := map[string]func(*testing.T, Engine){
		"a committed job runs once":                commits,
		"a rolled back job never runs":             rollsBack,
		"only the committed of many at once":       mixes,
		"a commit wakes the workers":               wakes,
		"a scheduled job waits for its time":       schedules,
		"a job far ahead waits for the scheduler":  schedulesAhead,
		"a unique key runs once":                   unique,
		"a panic is tried again, others go on":     panics,
		"an error is tried again until attempts":   fails,
		"later is no failure":                      later,
		"never is final":                           never,
		"a timeout ends the context":               timesOut,
		"a job writes and inserts the next":        chains,
		"an unknown kind fails the transaction":    unknown,
		"what was inserted before the start runs":  before,
		"stop lets jobs end":                       drains,
		"stop cancels what does not end":           cancels,
		"a recurring job runs from the start":      recurs,
		"a clock moved by hand runs what is due":   byHand,
		"workers are registered once, before":      registers,
		"a node without the tables does not start": unmigrated,
	}
	if e.Share != nil {
		suite["two nodes run each job once"] = shares
	}
	for name, test := range suite {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, e)
		})
	}
}

// Patience is how long a test waits for what has to happen; calm how long for what must not.
const (
	patience = 20 * time.Second
	calm     = 300 * time.Millisecond
)

// Note is the job of this suite.
type Note struct{ Text string }

// Kind names it.
func (Note) Kind() string { return "test.note.taken" }

// node is a queue with one worker that tells what it was given.
type node struct {
	*job.Queue
	store *store.Store
	ran   chan string
}

// prepare makes a queue that is not started. Work may be nil.
func prepare(t *testing.T, s *store.Store, c job.Config, work func(context.Context, *node, Note) error) *node {
	t.Helper()
	c.Store = s
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	if c.Poll == 0 {
		c.Poll = 50 * time.Millisecond
	}
	if c.Backoff == nil {
		c.Backoff = func(int) time.Duration { return 20 * time.Millisecond }
	}
	q, err := job.New(c)
	if err != nil {
		t.Fatal(err)
	}
	n := &node{Queue: q, store: s, ran: make(chan string, 10_000)}
	if err := job.Register(q, job.Spec{}, func(ctx context.Context, a Note) error {
		n.ran <- a.Text
		if work == nil {
			return nil
		}
		return work(ctx, n, a)
	}); err != nil {
		t.Fatal(err)
	}
	return n
}

// start makes a queue on a fresh database and starts it; it stops with the test.
func start(t *testing.T, e Engine, c job.Config, work func(context.Context, *node, Note) error) *node {
	t.Helper()
	n := prepare(t, e.Open(t), c, work)
	n.begin(t)
	return n
}

func (n *node) begin(t *testing.T) {
	t.Helper()
	if err := n.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		if err := n.Stop(ctx); err != nil {
			t.Error(err)
		}
	})
}

var errRollback = errors.New("rolled back")

// insert inserts a job in a transaction that ends as end says.
func (n *node) insert(ctx context.Context, text string, o job.Opts, end error) error {
	return n.store.InTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		if err := n.InsertTx(ctx, tx, Note{text}, o); err != nil {
			return err
		}
		return end
	})
}

func (n *node) must(t *testing.T, text string, o job.Opts) {
	t.Helper()
	if err := n.insert(t.Context(), text, o, nil); err != nil {
		t.Fatal(err)
	}
}

// next returns what ran next.
func (n *node) next(t *testing.T) string {
	t.Helper()
	select {
	case s := <-n.ran:
		return s
	case <-time.After(patience):
		t.Fatal("no job ran")
		return ""
	}
}

// expect waits for the jobs to run, in any order, each as often as it is given.
func (n *node) expect(t *testing.T, want ...string) {
	t.Helper()
	var got []string
	for range want {
		got = append(got, n.next(t))
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Fatalf("ran %v, want %v", got, want)
	}
}

// quiet waits a while and fails when a job runs.
func (n *node) quiet(t *testing.T) {
	t.Helper()
	select {
	case s := <-n.ran:
		t.Fatalf("%s ran", s)
	case <-time.After(calm):
	}
}

// count asks the database a number.
func count(t *testing.T, s *store.Store, query string) (n int) {
	t.Helper()
	if err := s.DB().QueryRowContext(t.Context(), query).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

// settled waits until as many jobs are in a state as wanted: River writes what became of a job a little later.
func (n *node) settled(t *testing.T, state string, want int) {
	t.Helper()
	got := 0
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		if got = count(t, n.store, "SELECT count(*) FROM river_job WHERE state = '"+state+"'"); got == want {
			return
		}
	}
	t.Fatalf("%d jobs are %s, want %d", got, state, want)
}
