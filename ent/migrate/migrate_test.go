package migrate_test

import (
	"context"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"entgo.io/ent/dialect"

	"karnak/ent/enttest"
	"karnak/ent/migrate"
	"karnak/internal/platform/store"
)

// empty returns a database of an engine that nothing was done to.
func empty(t *testing.T, engine string) *store.Store {
	t.Helper()
	c := store.Config{Path: filepath.Join(t.TempDir(), "k.db")}
	if engine == dialect.Postgres {
		c = store.Config{URL: enttest.Postgres(t), Pool: 4}
	}
	s, err := store.Open(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	if engine == dialect.Postgres {
		exec(t, s, "DROP SCHEMA public CASCADE")
		exec(t, s, "CREATE SCHEMA public")
	}
	return s
}

func each(t *testing.T, f func(t *testing.T, s *store.Store)) {
	t.Helper()
	for _, e := range enttest.Engines {
		t.Run(e, func(t *testing.T) {
			t.Parallel()
			f(t, empty(t, e))
		})
	}
}

func exec(t *testing.T, s *store.Store, statement string) {
	t.Helper()
	if _, err := s.DB().Exec(statement); err != nil {
		t.Fatal(err)
	}
}

func run(t *testing.T, s *store.Store, to string) ([]string, error) {
	return migrate.Run(t.Context(), migrate.Config{DB: s.DB(), Dialect: s.Dialect(), To: to})
}

// files returns the names of the migrations and the version of the first.
func files(t *testing.T, engine string) (names []string, first string) {
	t.Helper()
	dir, err := migrate.Dir(engine)
	if err != nil {
		t.Fatal(err)
	}
	all, err := dir.Files()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range all {
		names = append(names, f.Name())
	}
	return names, all[0].Version()
}

func count(t *testing.T, s *store.Store, query string) (n int) {
	t.Helper()
	if err := s.DB().QueryRow(query).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

func TestBothEnginesHaveTheSameFiles(t *testing.T) {
	t.Parallel()
	lite, _ := files(t, dialect.SQLite)
	pg, _ := files(t, dialect.Postgres)
	if !slices.Equal(lite, pg) || !slices.IsSorted(lite) || len(lite) == 0 {
		t.Errorf("%v and %v", lite, pg)
	}
	if _, err := migrate.Dir("mysql"); err == nil {
		t.Error("an engine without files")
	}
}

func TestRunAppliesEachFileOnce(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, s *store.Store) {
		want, first := files(t, s.Dialect())
		if got, err := run(t, s, first); err != nil || !slices.Equal(got, want[:1]) {
			t.Fatalf("up to the first: %v: %v", got, err)
		}
		if got, err := run(t, s, first); err != nil || len(got) != 0 {
			t.Errorf("up to the first, again: %v: %v", got, err)
		}
		if got, err := run(t, s, ""); err != nil || !slices.Equal(got, want[1:]) {
			t.Errorf("the rest: %v: %v", got, err)
		}
		if got, err := run(t, s, ""); err != nil || len(got) != 0 {
			t.Errorf("a second run: %v: %v", got, err)
		}
		if n := count(t, s, "SELECT count(*) FROM schema_revisions"); n != len(want) {
			t.Errorf("%d revisions are written down, want %d", n, len(want))
		}
		if s.Dialect() == dialect.SQLite && count(t, s, "PRAGMA foreign_keys") != 1 {
			t.Error("foreign keys stay off")
		}
	})
}

func TestRunRefusesAnotherHistory(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ change, told string }{
		"altered file": {"UPDATE schema_revisions SET hash = 'h1:other' WHERE version = (SELECT min(version) FROM schema_revisions)", "not what this karnak has"},
		"newer":        {"INSERT INTO schema_revisions VALUES ('99991231000000', 'h1:x', 'now')", "newer than this karnak"},
		"a hole":       {"DELETE FROM schema_revisions WHERE version = (SELECT min(version) FROM schema_revisions)", "not what this karnak has"},
		"other branch": {"UPDATE schema_revisions SET version = '20200101000000' WHERE version = (SELECT min(version) FROM schema_revisions)", "not what this karnak has"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			each(t, func(t *testing.T, s *store.Store) {
				if _, err := run(t, s, ""); err != nil {
					t.Fatal(err)
				}
				exec(t, s, c.change)
				before := count(t, s, "SELECT count(*) FROM schema_revisions")
				got, err := run(t, s, "")
				if err == nil || !strings.Contains(err.Error(), c.told) || len(got) != 0 {
					t.Errorf("%v: %v", got, err)
				}
				if n := count(t, s, "SELECT count(*) FROM schema_revisions"); n != before {
					t.Errorf("%d revisions, were %d", n, before)
				}
			})
		})
	}
}

func TestFailedMigrationLeavesNothingAndCanBeRepeated(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, s *store.Store) {
		// Stands in the way of the first migration's last table.
		exec(t, s, "CREATE TABLE workspaces (v int)")
		got, err := run(t, s, "")
		if err == nil || len(got) != 0 || !strings.Contains(err.Error(), "_init.sql") {
			t.Errorf("%v: %v", got, err)
		}
		tables := "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name IN ('users', 'channels')"
		if s.Dialect() == dialect.Postgres {
			tables = "SELECT count(*) FROM pg_tables WHERE schemaname = 'public' AND tablename IN ('users', 'channels')"
		}
		if n := count(t, s, tables) + count(t, s, "SELECT count(*) FROM schema_revisions"); n != 0 {
			t.Errorf("%d things of the failed migration are left", n)
		}
		exec(t, s, "DROP TABLE workspaces")
		want, _ := files(t, s.Dialect())
		if got, err := run(t, s, ""); err != nil || !slices.Equal(got, want) {
			t.Errorf("repeated: %v: %v", got, err)
		}
	})
}

func TestTwoProcessesMigrateAtOnce(t *testing.T) {
	t.Parallel()
	first := empty(t, dialect.Postgres)
	// Each run takes a connection of its own, as each process would.
	want, _ := files(t, dialect.Postgres)
	var mu sync.Mutex
	var applied []string
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			got, err := migrate.Run(t.Context(), migrate.Config{DB: first.DB(), Dialect: dialect.Postgres})
			if err != nil {
				t.Error(err)
			}
			mu.Lock()
			applied = append(applied, got...)
			mu.Unlock()
		})
	}
	wg.Wait()
	if !slices.Equal(applied, want) {
		t.Errorf("applied %v, want each of %v once", applied, want)
	}
}

func TestRunGivenUp(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, s *store.Store) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := migrate.Run(ctx, migrate.Config{DB: s.DB(), Dialect: s.Dialect()}); err == nil {
			t.Error("no error")
		}
		if _, err := run(t, s, ""); err != nil {
			t.Error(err)
		}
	})
}
