package job_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"karnak/internal/platform/job"
	"karnak/internal/platform/store"
)

// act is a job that does what it is told.
type act struct{ What string }

// Kind names it.
func (act) Kind() string { return "test.act.played" }

// play does as told the first time, and nothing when it is tried again.
func play(played *sync.Map) func(context.Context, act) error {
	return func(_ context.Context, a act) error {
		if _, again := played.LoadOrStore(a.What, true); again {
			return nil
		}
		switch a.What {
		case "fail", "give up":
			return errors.New("on purpose")
		case "panic":
			_ = []string{}[len(a.What)]
		case "later":
			return job.Later(time.Millisecond)
		case "never":
			return job.Never(errors.New("hopeless"))
		}
		return nil
	}
}

// lines keeps what is logged.
type lines struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func TestAttemptsAreCountedAndLogged(t *testing.T) {
	t.Parallel()
	s, log := sqlite(t, filepath.Join(t.TempDir(), "karnak.db")), &lines{}
	q, err := job.New(job.Config{
		Store: s, Logger: slog.New(slog.NewTextHandler(log, nil)), Poll: 20 * time.Millisecond,
		Backoff: func(int) time.Duration { return time.Millisecond },
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := job.Register(q, job.Spec{}, play(&sync.Map{})); err != nil {
		t.Fatal(err)
	}
	if err := q.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	for what, attempts := range map[string]int{"do": 0, "fail": 0, "panic": 0, "later": 0, "never": 0, "give up": 1} {
		if err := s.InTx(t.Context(), func(ctx context.Context, tx *store.Tx) error {
			return q.InsertTx(ctx, tx, act{what}, job.Opts{Attempts: attempts})
		}); err != nil {
			t.Fatal(err)
		}
	}
	want := map[string]float64{"done": 4, "failed": 2, "panicked": 1, "later": 1, "never": 1}
	got := map[string]float64{}
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end) && fmt.Sprint(got) != fmt.Sprint(want); time.Sleep(10 * time.Millisecond) {
		got = outcomes(t, q)
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("counted %v, want %v", got, want)
	}
	if err := q.Stop(context.Background()); err != nil {
		t.Fatal(err)
	}
	text := log.b.String()
	for _, want := range []string{
		"level=WARN msg=\"a job failed and is tried again\" kind=test.act.played",
		"attempt=1 error=\"on purpose\"",
		"level=ERROR msg=\"a job failed and is given up\" kind=test.act.played",
		"panic=\"runtime error: index out of range",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is not in the log:\n%s", want, text)
		}
	}
	if strings.Contains(text, "level=INFO") {
		t.Errorf("River talks:\n%s", text)
	}
}

// outcomes returns how many attempts ended in which way.
func outcomes(t *testing.T, q *job.Queue) map[string]float64 {
	t.Helper()
	r := prometheus.NewRegistry()
	for _, c := range q.Collectors() {
		if err := r.Register(c); err != nil {
			t.Fatal(err)
		}
	}
	families, err := r.Gather()
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]float64{}
	for _, f := range families {
		if f.GetName() != "karnak_jobs_total" {
			continue
		}
		for _, m := range f.GetMetric() {
			for _, l := range m.GetLabel() {
				if l.GetName() == "outcome" {
					out[l.GetValue()] = m.GetCounter().GetValue()
				}
			}
		}
	}
	return out
}

func TestNewIsStrict(t *testing.T) {
	t.Parallel()
	s := sqlite(t, filepath.Join(t.TempDir(), "karnak.db"))
	logger := slog.New(slog.DiscardHandler)
	for name, c := range map[string]job.Config{
		"no store":         {Logger: logger},
		"no logger":        {Store: s},
		"negative workers": {Store: s, Logger: logger, Workers: -1},
		"negative timeout": {Store: s, Logger: logger, Timeout: -1},
		"negative poll":    {Store: s, Logger: logger, Poll: -1},
		"too many workers": {Store: s, Logger: logger, Workers: 1 << 20},
	} {
		if _, err := job.New(c); err == nil {
			t.Errorf("%s: it was made", name)
		}
	}
}

// A server that drops every connection, as when it is restarted, costs no job.
func TestPostgresDropsConnections(t *testing.T) {
	t.Parallel()
	u := postgres(t)
	s, other := bound(t, u), open(t, store.Config{URL: u, Pool: 2})
	ran := make(chan string, 10)
	q, err := job.New(job.Config{Store: s, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	if err := job.Register(q, job.Spec{}, func(_ context.Context, a act) error { ran <- a.What; return nil }); err != nil {
		t.Fatal(err)
	}
	if err := q.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := q.Stop(context.Background()); err != nil {
			t.Error(err)
		}
	})
	for _, what := range []string{"a", "b", "c"} {
		if err := other.InTx(t.Context(), func(ctx context.Context, tx *store.Tx) error { return q.InsertTx(ctx, tx, act{what}, job.Opts{}) }); err != nil {
			t.Fatal(err)
		}
		expect(t, ran, 10*time.Second, what)
		if _, err := other.DB().ExecContext(t.Context(), `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
			WHERE datname = current_database() AND pid <> pg_backend_pid()`); err != nil {
			t.Fatal(err)
		}
	}
}
