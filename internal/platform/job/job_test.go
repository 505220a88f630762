package job_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"entgo.io/ent/dialect"

	"karnak/authz"
	"karnak/ent/enttest"
	"karnak/internal/platform/job"
	"karnak/internal/platform/job/jobtest"
	"karnak/internal/platform/store"
)

func TestSQLite(t *testing.T) {
	t.Parallel()
	jobtest.Run(t, jobtest.Engine{
		Open: func(t testing.TB) *store.Store {
			t.Helper()
			return sqlite(t, filepath.Join(t.TempDir(), "karnak.db"))
		},
		Bare: func(t testing.TB) *store.Store {
			t.Helper()
			return open(t, store.Config{Path: filepath.Join(t.TempDir(), "karnak.db")})
		},
	})
}

// Row-level security is on: what works for the bound role works for the owner.
func TestPostgres(t *testing.T) {
	t.Parallel()
	var urls sync.Map
	jobtest.Run(t, jobtest.Engine{
		Open: func(t testing.TB) *store.Store {
			t.Helper()
			u := postgres(t)
			s := bound(t, u)
			urls.Store(s, u)
			return s
		},
		Share: func(t testing.TB, s *store.Store) *store.Store {
			t.Helper()
			u, _ := urls.Load(s)
			return bound(t, u.(string))
		},
		Bare: func(t testing.TB) *store.Store {
			t.Helper()
			return open(t, store.Config{URL: empty(t)})
		},
	})
}

func TestMigrate(t *testing.T) {
	t.Parallel()
	t.Run("postgres, four at once", func(t *testing.T) {
		t.Parallel()
		u := empty(t)
		var all sync.WaitGroup
		for range 4 {
			all.Go(func() {
				if err := migrate(u); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
	})
	t.Run("sqlite, twice", func(t *testing.T) {
		t.Parallel()
		s := sqlite(t, filepath.Join(t.TempDir(), "karnak.db"))
		if err := job.Migrate(t.Context(), s.DB(), dialect.SQLite); err != nil {
			t.Error(err)
		}
	})
	t.Run("no database", func(t *testing.T) {
		t.Parallel()
		if err := migrate("postgres://nobody@127.0.0.1:1/none?sslmode=disable"); err == nil {
			t.Error("it was migrated")
		}
	})
}

// postgres returns the URL of a fresh database with our tables and then the queue's, made by the role that migrates.
func postgres(t testing.TB) string {
	t.Helper()
	u := enttest.Postgres(t)
	if err := migrate(u); err != nil {
		t.Fatal(err)
	}
	return u
}

func migrate(u string) error {
	db, err := sql.Open("postgres", u)
	if err != nil {
		return err
	}
	return errors.Join(job.Migrate(context.Background(), db, dialect.Postgres), db.Close())
}

// empty makes a database without a table and returns its URL.
func empty(t testing.TB) string {
	t.Helper()
	base := os.Getenv("KARNAK_TEST_POSTGRES")
	db, err := sql.Open("postgres", base)
	if err != nil || base == "" {
		t.Fatal("PostgreSQL is missing: name a server in KARNAK_TEST_POSTGRES", err)
	}
	name := fmt.Sprintf("karnak_job_%d_%d", os.Getpid(), time.Now().UnixNano())
	if _, err := db.ExecContext(t.Context(), "CREATE DATABASE "+name+" TEMPLATE template0"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_, err := db.Exec("DROP DATABASE " + name + " WITH (FORCE)")
		if err := errors.Join(err, db.Close()); err != nil {
			t.Error(err)
		}
	})
	u, err := url.Parse(base)
	if err != nil {
		t.Fatal(err)
	}
	u.Path = "/" + name
	return u.String()
}

// bound opens a database under the role that row-level security binds.
func bound(t testing.TB, u string) *store.Store {
	t.Helper()
	return open(t, store.Config{URL: u, Pool: 6, Scope: authz.ScopeOf, Role: "karnak_app"})
}

func sqlite(t testing.TB, path string) *store.Store {
	t.Helper()
	s := open(t, store.Config{Path: path})
	if err := job.Migrate(t.Context(), s.DB(), dialect.SQLite); err != nil {
		t.Fatal(err)
	}
	return s
}

func open(t testing.TB, c store.Config) *store.Store {
	t.Helper()
	s, err := store.Open(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}
