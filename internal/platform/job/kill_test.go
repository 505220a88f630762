package job_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"karnak/authz"
	"karnak/internal/platform/job"
	"karnak/internal/platform/store"
)

// childEnv makes this binary the node that is killed: it names the database.
const childEnv = "KARNAK_TEST_JOB_CHILD"

func TestMain(m *testing.M) {
	if target := os.Getenv(childEnv); target != "" {
		if err := child(target, os.Stdout); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
	os.Exit(m.Run())
}

// load is a job that never ends in the child.
type load struct{ Name string }

// Kind names it.
func (load) Kind() string { return "test.load.carried" }

// child starts two jobs that never end, tells of each, and waits to be killed.
func child(target string, out io.Writer) error {
	c := store.Config{Path: target}
	if !filepath.IsAbs(target) {
		c = store.Config{URL: target, Pool: 6, Scope: authz.ScopeOf, Role: "karnak_app"}
	}
	ctx := context.Background()
	s, err := store.Open(ctx, c)
	if err != nil {
		return err
	}
	q, err := job.New(job.Config{Store: s, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		return err
	}
	if err := job.Register(q, job.Spec{}, func(_ context.Context, l load) error {
		fmt.Fprintln(out, l.Name)
		select {}
	}); err != nil {
		return err
	}
	if err := q.Start(ctx); err != nil {
		return err
	}
	for _, l := range []load{{"old"}, {"young"}} {
		if err := s.InTx(ctx, func(ctx context.Context, tx *store.Tx) error { return q.InsertTx(ctx, tx, l, job.Opts{Attempts: 2}) }); err != nil {
			return err
		}
	}
	select {}
}

// kill runs the child until both jobs run, and kills it.
func kill(t *testing.T, target string) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), self)
	cmd.Env = append(os.Environ(), childEnv+"="+target)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	for range 2 {
		if !lines.Scan() {
			t.Fatal("the child ended", lines.Err(), cmd.Wait())
		}
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait() // killed, as was meant
}

// revive starts a node on what the child left, and returns a channel of the jobs it runs.
func revive(t *testing.T, s *store.Store) <-chan string {
	t.Helper()
	ran := make(chan string, 10)
	q, err := job.New(job.Config{Store: s, Logger: slog.New(slog.DiscardHandler), Poll: 50 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	if err := job.Register(q, job.Spec{}, func(_ context.Context, l load) error {
		ran <- l.Name
		return nil
	}); err != nil {
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
	return ran
}

func expect(t *testing.T, ran <-chan string, within time.Duration, want ...string) {
	t.Helper()
	left := map[string]int{}
	for _, w := range want {
		left[w]++
	}
	end := time.After(within)
	for range want {
		select {
		case got := <-ran:
			if left[got]--; left[got] < 0 {
				t.Fatalf("%s ran", got)
			}
		case <-end:
			t.Fatalf("did not run: %v", left)
		}
	}
	select {
	case got := <-ran:
		t.Fatalf("%s ran", got)
	case <-time.After(500 * time.Millisecond):
	}
}

// Nobody else can have the file: what ran when the process was killed runs soon after the next start.
func TestKilledOnSQLite(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "karnak.db")
	t.Run("make", func(t *testing.T) { sqlite(t, path) })
	kill(t, path)
	s := open(t, store.Config{Path: path})
	expect(t, revive(t, s), 5*time.Second, "old", "young")

}

// Another node may still run it: a job is taken over when it has run for its timeout and 30 s more.
func TestKilledOnPostgres(t *testing.T) {
	t.Parallel()
	u := postgres(t)
	kill(t, u)
	s := bound(t, u)
	for _, q := range []string{
		`UPDATE river_leader SET expires_at = now() - interval '1 second'`,
		`UPDATE river_job SET attempted_at = now() - interval '91 seconds' WHERE args->'args'->>'Name' = 'old'`,
		`UPDATE river_job SET attempted_at = now() - interval '80 seconds' WHERE args->'args'->>'Name' = 'young'`,
	} {
		if _, err := s.DB().ExecContext(t.Context(), q); err != nil {
			t.Fatal(err)
		}
	}
	expect(t, revive(t, s), 20*time.Second, "old")
}
