package store

import (
	"context"
	"database/sql"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

func TestPragmasInForce(t *testing.T) {
	t.Parallel()
	s := opened(t)
	pragma := func(db *sql.DB, name string) (v string) {
		if err := db.QueryRow("PRAGMA " + name).Scan(&v); err != nil {
			t.Fatal(err)
		}
		return v
	}
	for name, want := range map[string]string{"journal_mode": "wal", "synchronous": "2", "foreign_keys": "1", "busy_timeout": "5000"} {
		if got := pragma(s.write, name); got != want {
			t.Errorf("the writer's %s is %s, want %s", name, got, want)
		}
		if got := pragma(s.read, name); got != want {
			t.Errorf("a reader's %s is %s, want %s", name, got, want)
		}
	}
	var inside string
	err := s.InTx(t.Context(), func(_ context.Context, tx *Tx) error { return tx.SQL().QueryRow("PRAGMA synchronous").Scan(&inside) })
	if err != nil || inside != "2" {
		t.Errorf("inside a change synchronous is %q: %v", inside, err)
	}
	if _, err := s.read.Exec("INSERT INTO n (v) VALUES (1)"); err == nil {
		t.Error("a reader writes")
	}
	if s.Dialect() != "sqlite3" || s.Name() != "sqlite" {
		t.Errorf("dialect %s, name %s", s.Dialect(), s.Name())
	}
}

func TestNestedTransactionRefused(t *testing.T) {
	t.Parallel()
	s := opened(t)
	err := s.InTx(t.Context(), func(ctx context.Context, _ *Tx) error { return s.InTx(ctx, insert(1)) })
	if err == nil || !strings.Contains(err.Error(), "inside a transaction") {
		t.Errorf("nested: %v", err)
	}
	if err := s.InTx(t.Context(), insert(2)); err != nil {
		t.Errorf("afterwards: %v", err)
	}
}

// pages sets how many more pages the file may have.
func pages(t *testing.T, s *Store, more int) {
	t.Helper()
	err := s.InTx(t.Context(), func(_ context.Context, tx *Tx) error {
		var n int
		if err := tx.SQL().QueryRow("PRAGMA page_count").Scan(&n); err != nil {
			return err
		}
		_, err := tx.SQL().Exec("PRAGMA max_page_count = " + strconv.Itoa(n+more))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestFullDiskIsToldAndHeals(t *testing.T) {
	t.Parallel()
	s := opened(t)
	if err := s.InTx(t.Context(), insert(1)); err != nil {
		t.Fatal(err)
	}
	pages(t, s, 1)
	big := func(v int) func(context.Context, *Tx) error {
		return func(ctx context.Context, tx *Tx) error {
			return tx.Exec(ctx, "INSERT INTO n (v, pad) VALUES (?, zeroblob(200000))", []any{v}, nil)
		}
	}
	release := hold(t, s, 2, nil)
	behind := queued(t.Context(), s, big(3))
	held, failed := release(), <-behind
	if !Unavailable(failed) {
		t.Errorf("a full disk is told as %v", failed)
	}
	want := []int{1}
	if held == nil {
		want = append(want, 2)
	} else if !Unavailable(held) {
		t.Errorf("the change that shared the transaction: %v", held)
	}
	if got := rows(t, s); !slices.Equal(got, want) {
		t.Errorf("rows %v, acknowledged %v", got, want)
	}
	pages(t, s, 1000)
	if err := s.InTx(t.Context(), big(4)); err != nil {
		t.Errorf("with room again: %v", err)
	}
}

func TestFailedCommitReachesEverybodyAndHeals(t *testing.T) {
	t.Parallel()
	s := opened(t)
	hooks := 0
	release := hold(t, s, 1, func() { hooks++ })
	orphan := queued(t.Context(), s, func(ctx context.Context, tx *Tx) error {
		return tx.Exec(ctx, "INSERT INTO child (v) VALUES (?)", []any{77}, nil)
	})
	if err := release(); err == nil {
		t.Error("a commit that failed was acknowledged")
	}
	if err := <-orphan; err == nil {
		t.Error("a commit that failed was acknowledged to the one at fault")
	}
	if hooks != 0 || len(rows(t, s)) != 0 {
		t.Errorf("%d hooks ran, rows %v", hooks, rows(t, s))
	}
	if err := s.InTx(t.Context(), insert(2)); err != nil {
		t.Errorf("the next change: %v", err)
	}
}

func TestOpenRefusesWhatItCannotOpen(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]Config{
		"no path":       {},
		"no folder":     {Path: filepath.Join(t.TempDir(), "missing", "k.db")},
		"other scheme":  {URL: "mysql://u:hunter2@127.0.0.1/db"},
		"broken URL":    {URL: "postgres://u:hunter2@127.0.0.1:bad/db"},
		"nobody there":  {URL: "postgres://u:hunter2@127.0.0.1:1/db?sslmode=disable&connect_timeout=2"},
		"bad parameter": {URL: "postgres://u:hunter2@127.0.0.1:1/db?sslmode=perhaps"},
	} {
		s, err := Open(t.Context(), c)
		if err == nil {
			_ = s.Close()
			t.Errorf("%s: opened", name)
			continue
		}
		if strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: the message holds the password: %v", name, err)
		}
	}
	garbage := filepath.Join(t.TempDir(), "k.db")
	if err := os.WriteFile(garbage, []byte(strings.Repeat("this is no database ", 400)), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(t.Context(), Config{Path: garbage}); err == nil || !strings.Contains(err.Error(), garbage) {
		t.Errorf("a file that is no database: %v", err)
	}
	// A failed opening gives the lock back.
	if err := os.Remove(garbage); err != nil {
		t.Fatal(err)
	}
	s, err := Open(t.Context(), Config{Path: garbage})
	if err != nil {
		t.Fatal(err)
	}
	_ = s.Close()
}

func TestSecondOpeningRefused(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "k.db")
	s, err := Open(t.Context(), Config{Path: path})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Open(t.Context(), Config{Path: path}); !errors.Is(err, ErrLocked) {
		t.Errorf("a second opening: %v", err)
	}
	child := holder(t, path)
	out, err := child.CombinedOutput()
	if err == nil || !strings.Contains(string(out), "another process") || !strings.Contains(string(out), "KARNAK_DATA_DIR") {
		t.Errorf("a second process: %v\n%s", err, out)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s, err = Open(t.Context(), Config{Path: path})
	if err != nil {
		t.Fatalf("after Close: %v", err)
	}
	_ = s.Close()
}

// TestKilledHolderLeavesNoLock kills a process that has the file open: the next one opens it.
func TestKilledHolderLeavesNoLock(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "k.db")
	child := holder(t, path)
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	in, err := child.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	if _, err := out.Read(make([]byte, 1)); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(t.Context(), Config{Path: path}); !errors.Is(err, ErrLocked) {
		t.Errorf("while the other process lives: %v", err)
	}
	if err := child.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = child.Wait()
	s, err := Open(t.Context(), Config{Path: path})
	if err != nil {
		t.Fatalf("after the other process was killed: %v", err)
	}
	_ = s.Close()
}

const holderKey = "KARNAK_TEST_HOLD"

func holder(t *testing.T, path string) *exec.Cmd {
	t.Helper()
	c := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestHolder$", "-test.v=false")
	c.Env = append(os.Environ(), holderKey+"="+path)
	return c
}

// TestHolder is the other process: it opens the file, says so, and waits to be killed. Without the name of a file it has
// nothing to do.
func TestHolder(t *testing.T) {
	path := os.Getenv(holderKey)
	if path == "" {
		return
	}
	s, err := Open(t.Context(), Config{Path: path})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	_, _ = os.Stdout.WriteString("open\n")
	_, _ = io.Copy(io.Discard, os.Stdin)
}
