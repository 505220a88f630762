// Package enttest opens migrated databases for tests, on both engines. Where PostgreSQL is missing the test fails: run it by
// make test, which starts one, or name one in KARNAK_TEST_POSTGRES.
package enttest

import (
	"context"
	"database/sql"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"entgo.io/ent/dialect"

	"karnak/authz"
	"karnak/ent"
	"karnak/ent/migrate"
	"karnak/internal/platform/store"
)

// Engines are the engines that storage is tested on.
var Engines = []string{dialect.SQLite, dialect.Postgres}

// Each runs a test on a fresh database of each engine.
func Each(t *testing.T, f func(t *testing.T, db *ent.DB)) {
	t.Helper()
	for _, e := range Engines {
		t.Run(e, func(t *testing.T) {
			t.Parallel()
			f(t, Open(t, e))
		})
	}
}

// Open returns a fresh, migrated database of an engine. On PostgreSQL row-level security is on.
func Open(t testing.TB, engine string) *ent.DB {
	t.Helper()
	c := store.Config{Scope: authz.ScopeOf, Role: "karnak_app", Pool: 8}
	if engine == dialect.Postgres {
		c.URL = Postgres(t)
	} else {
		c.Path = filepath.Join(t.TempDir(), "karnak.db")
	}
	s, err := store.Open(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	if engine == dialect.SQLite {
		if _, err := migrate.Run(t.Context(), migrate.Config{DB: s.DB(), Dialect: engine}); err != nil {
			t.Fatal(err)
		}
	}
	return ent.New(s)
}

// Postgres makes a fresh, migrated PostgreSQL database and returns its URL, under a role that is past row-level security.
func Postgres(t testing.TB) string {
	t.Helper()
	base := os.Getenv("KARNAK_TEST_POSTGRES")
	if base == "" {
		t.Fatal("PostgreSQL is missing: run the tests by make test, or name a server in KARNAK_TEST_POSTGRES")
	}
	name := fmt.Sprintf("karnak_t_%d_%d", os.Getpid(), time.Now().UnixNano())
	template, err := prepared(base)
	if err != nil {
		t.Fatal(err)
	}
	if err := run(base, fmt.Sprintf("CREATE DATABASE %s TEMPLATE %s", name, template)); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := run(base, "DROP DATABASE "+name+" WITH (FORCE)"); err != nil {
			t.Error(err)
		}
	})
	return named(base, name)
}

var (
	once     sync.Once
	template string
	failed   error
	// copying makes copies of the template one at a time: PostgreSQL refuses two at once.
	copying sync.Mutex
)

// prepared migrates one database of this process that the others are copied from.
func prepared(base string) (string, error) {
	once.Do(func() {
		template = fmt.Sprintf("karnak_template_%d_%d", os.Getpid(), time.Now().UnixNano())
		if failed = run(base, "CREATE DATABASE "+template); failed != nil {
			return
		}
		db, err := sql.Open("postgres", named(base, template))
		if err != nil {
			failed = err
			return
		}
		_, failed = migrate.Run(context.Background(), migrate.Config{DB: db, Dialect: dialect.Postgres})
		if err := db.Close(); failed == nil {
			failed = err
		}
	})
	return template, failed
}

func run(base, statement string) error {
	copying.Lock()
	defer copying.Unlock()
	db, err := sql.Open("postgres", base)
	if err != nil {
		return err
	}
	_, err = db.Exec(statement)
	if e := db.Close(); err == nil {
		err = e
	}
	return err
}

func named(base, name string) string {
	u, err := url.Parse(base)
	if err != nil {
		return base
	}
	u.Path = "/" + name
	return u.String()
}
