package store

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
)

func quiet(int, int) {}

// TestBackupIsOfOneMoment copies a database again and again while somebody writes: each copy has all that was acknowledged
// before, without a hole.
func TestBackupIsOfOneMoment(t *testing.T) {
	t.Parallel()
	s := opened(t)
	var path string
	if err := s.read.QueryRow("SELECT file FROM pragma_database_list WHERE name = 'main'").Scan(&path); err != nil {
		t.Fatal(err)
	}
	const all, before = 400, 10
	half := make(chan struct{})
	var writing sync.WaitGroup
	writing.Go(func() {
		for v := 1; v <= all; v++ {
			if err := s.InTx(t.Context(), insert(v)); err != nil {
				t.Error(err)
			}
			if v == before {
				close(half)
			}
		}
	})
	<-half
	for i := range 5 {
		to := filepath.Join(t.TempDir(), "copy", "k.db")
		if err := os.Mkdir(filepath.Dir(to), 0o700); err != nil {
			t.Fatal(err)
		}
		told := 0
		if err := Backup(t.Context(), path, to, func(done, total int) { told = max(told, done); _ = total }); err != nil || told == 0 {
			t.Fatalf("copy %d: %d pages were told: %v", i, told, err)
		}
		if left, err := os.ReadDir(filepath.Dir(to)); err != nil || len(left) != 1 {
			t.Errorf("beside the copy there is %v: %v", left, err)
		}
		copied, err := Open(t.Context(), Config{Path: to})
		if err != nil {
			t.Fatal(err)
		}
		got := rows(t, copied)
		if err := copied.Close(); err != nil {
			t.Error(err)
		}
		slices.Sort(got)
		if len(got) < before || got[0] != 1 || got[len(got)-1] != len(got) {
			t.Errorf("copy %d has %d rows, the last is %d", i, len(got), got[len(got)-1])
		}
	}
	writing.Wait()
	if got := rows(t, s); len(got) != all {
		t.Errorf("%d of %d rows were written beside the copies", len(got), all)
	}
}

// TestBackupLeavesOutWhatComesMeanwhile writes between two steps of a copy: that is not in it, and does not begin it anew.
func TestBackupLeavesOutWhatComesMeanwhile(t *testing.T) {
	t.Parallel()
	s := opened(t)
	var path string
	if err := s.read.QueryRow("SELECT file FROM pragma_database_list WHERE name = 'main'").Scan(&path); err != nil {
		t.Fatal(err)
	}
	if _, err := s.DB().Exec("INSERT INTO n (v, pad) VALUES (1, zeroblob(?))", 2*pagesAtOnce*4096); err != nil {
		t.Fatal(err)
	}
	to, told := filepath.Join(t.TempDir(), "copy"), 0
	err := Backup(t.Context(), path, to, func(int, int) {
		if told++; told == 1 {
			if err := s.InTx(t.Context(), insert(2)); err != nil {
				t.Error(err)
			}
		}
	})
	if err != nil || told < 3 || told > 4 {
		t.Fatalf("the copy took %d steps: %v", told, err)
	}
	copied, err := Open(t.Context(), Config{Path: to})
	if err != nil {
		t.Fatal(err)
	}
	defer copied.Close()
	if got := rows(t, copied); !slices.Equal(got, []int{1}) {
		t.Errorf("the copy has the rows %v", got)
	}
}

func TestBackupRefuses(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	there, junk, fresh := filepath.Join(folder, "there"), filepath.Join(folder, "junk"), filepath.Join(folder, "fresh")
	made(t, there, 3)
	if err := os.WriteFile(junk, []byte(strings.Repeat("this is no database ", 500)), 0o600); err != nil {
		t.Fatal(err)
	}
	over, end := context.WithCancel(t.Context())
	end()
	for name, c := range map[string]struct {
		ctx            context.Context
		from, to, want string
	}{
		"what is there":    {t.Context(), there, there, "name a new file"},
		"what is not":      {t.Context(), fresh, fresh + "2", "no database"},
		"no database":      {t.Context(), junk, fresh, "not a database"},
		"no folder":        {t.Context(), there, filepath.Join(folder, "none", "x"), "no such file"},
		"after its end":    {over, there, fresh, "cancel"},
		"a torn database":  {t.Context(), torn(t, filepath.Join(folder, "torn")), fresh, "no sound database"},
		"a file as folder": {t.Context(), there, filepath.Join(junk, "x"), "not a directory"},
	} {
		if err := Backup(c.ctx, c.from, c.to, quiet); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
		if _, err := os.Stat(c.to + ".part"); err == nil {
			t.Errorf("%s: a part is left", name)
		}
	}
	if _, err := os.Stat(fresh); err == nil {
		t.Error("a refused copy is there")
	}
}

// made makes a database with so many rows.
func made(t *testing.T, path string, count int) {
	t.Helper()
	s, err := Open(t.Context(), Config{Path: path})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.DB().Exec("CREATE TABLE n (v integer PRIMARY KEY, pad blob)"); err != nil {
		t.Fatal(err)
	}
	for v := 1; v <= count; v++ {
		if err := s.InTx(t.Context(), insert(v)); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}

// torn makes a database of which the pages behind the first are junk.
func torn(t *testing.T, path string) string {
	t.Helper()
	made(t, path, 1)
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for i := 4096; i < len(b); i++ {
		b[i] = 0xA5
	}
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestRestore puts a copy in the place of a database that was killed, with changes that only its log beside it has: none of them
// gets into the copy, and all are in what is kept.
func TestRestore(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	copied, path, aside := filepath.Join(folder, "copy"), filepath.Join(folder, "k.db"), filepath.Join(folder, "aside")
	made(t, copied, 3)
	killed(t, path, 7)
	prepare := func(ctx context.Context, s *Store) error { return s.InTx(ctx, insert(100)) }
	restore := func(aside string, prepare func(context.Context, *Store) error) error {
		return Restore(t.Context(), copied, path, aside, prepare, quiet)
	}
	holds := func(path string, want int) {
		t.Helper()
		s, err := Open(t.Context(), Config{Path: path})
		if err != nil {
			t.Fatal(err)
		}
		if got := rows(t, s); len(got) != want {
			t.Errorf("%s has %d rows, want %d", path, len(got), want)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
	open, err := Open(t.Context(), Config{Path: path})
	if err != nil {
		t.Fatal(err)
	}
	if err := restore(aside, prepare); !errors.Is(err, ErrLocked) {
		t.Errorf("under a server: %v", err)
	}
	if err := open.Close(); err != nil {
		t.Fatal(err)
	}
	killed(t, path, 7)
	if err := restore("", prepare); err == nil || !strings.Contains(err.Error(), "there already") {
		t.Errorf("over a database: %v", err)
	}
	broken := errors.New("broken")
	if err := restore(aside, func(context.Context, *Store) error { return broken }); !errors.Is(err, broken) {
		t.Errorf("not prepared: %v", err)
	}
	killed(t, path, 7)
	if err := restore(aside, prepare); err != nil {
		t.Fatal(err)
	}
	holds(path, 4)
	holds(aside, 7)
	if err := restore(aside, prepare); err == nil || !strings.Contains(err.Error(), "there already") {
		t.Errorf("over what was kept: %v", err)
	}
	holds(path, 4)
	if _, err := os.Stat(path + ".part"); err == nil {
		t.Error("a part is left")
	}
}

// TestRestoreOverABrokenDatabase is what a backup is for.
func TestRestoreOverABrokenDatabase(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	copied, path := filepath.Join(folder, "copy"), filepath.Join(folder, "k.db")
	made(t, copied, 3)
	for _, name := range []string{path, path + "-wal"} {
		if err := os.WriteFile(name, []byte(strings.Repeat("broken", 2000)), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	aside := filepath.Join(folder, "aside")
	if err := Restore(t.Context(), copied, path, aside, func(context.Context, *Store) error { return nil }, quiet); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{aside, aside + "-wal"} {
		if b, err := os.ReadFile(name); err != nil || !strings.HasPrefix(string(b), "broken") {
			t.Errorf("%s is not kept: %v", name, err)
		}
	}
	s, err := Open(t.Context(), Config{Path: path})
	if err != nil {
		t.Fatal(err)
	}
	if got := rows(t, s); len(got) != 3 {
		t.Errorf("%d rows", len(got))
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}

// killed makes a database whose rows are in the log beside it, as a process leaves it that was killed.
func killed(t *testing.T, path string, count int) {
	t.Helper()
	for _, suffix := range []string{"", "-wal", "-shm"} {
		_ = os.Remove(path + suffix)
	}
	live := filepath.Join(t.TempDir(), "live")
	s, err := Open(t.Context(), Config{Path: live})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if _, err := s.DB().Exec("CREATE TABLE n (v integer PRIMARY KEY, pad blob)"); err != nil {
		t.Fatal(err)
	}
	for v := 1; v <= count; v++ {
		if err := s.InTx(t.Context(), insert(v)); err != nil {
			t.Fatal(err)
		}
	}
	for _, suffix := range []string{"", "-wal"} {
		b, err := os.ReadFile(live + suffix)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path+suffix, b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}
