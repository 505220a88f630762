// Package enttest opens migrated databases for tests, on both engines. Where PostgreSQL is missing the test fails: run it by
// make test, which starts one, or name one in KARNAK_TEST_POSTGRES.
package enttest

import (
	"context"
	"crypto/sha256"
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
	"karnak/ent"
	"karnak/ent/migrate"
	"karnak/internal/platform/store"
)

// server names the variable with the server's address, as tools/testpg sets it.
const server = "KARNAK_TEST_POSTGRES"

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
	c := store.Config{Scope: authz.ScopeOf, Role: "karnak_app", Pool: 14}
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
	base := os.Getenv(server)
	if base == "" {
		t.Fatal("PostgreSQL is missing: run the tests by make test, or name a server in " + server)
	}
	name := fmt.Sprintf("karnak_t_%d_%d", os.Getpid(), time.Now().UnixNano())
	template, err := prepared()
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

var prepared = sync.OnceValues(func() (string, error) { return prepare(context.Background(), os.Getenv(server)) })

// prepare migrates the database that the others are copied from, unless this or another process did so before. Its name is
// that of the migrations, so a server that is kept has one for each state of them.
func prepare(ctx context.Context, base string) (name string, err error) {
	dir, err := migrate.Dir(dialect.Postgres)
	if err != nil {
		return "", err
	}
	sum, err := dir.Checksum()
	if err != nil {
		return "", err
	}
	name = fmt.Sprintf("karnak_template_%x", sha256.Sum256([]byte(sum.Sum())))[:40]
	db, err := sql.Open("postgres", base)
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	conn, err := db.Conn(ctx)
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, conn.Close()) }() // and with it the lock
	if _, err := conn.ExecContext(ctx, "SELECT pg_advisory_lock(hashtext($1))", name); err != nil {
		return "", err
	}
	var there bool
	if err := conn.QueryRowContext(ctx, "SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)", name).Scan(&there); err != nil || there {
		return name, err
	}
	return name, build(ctx, conn, base, name)
}

// build migrates under another name first: a database of the right name is a whole one.
func build(ctx context.Context, conn *sql.Conn, base, name string) error {
	half := name + "_half"
	for _, statement := range []string{"DROP DATABASE IF EXISTS " + half, "CREATE DATABASE " + half} {
		if _, err := conn.ExecContext(ctx, statement); err != nil {
			return err
		}
	}
	db, err := sql.Open("postgres", named(base, half))
	if err != nil {
		return err
	}
	_, err = migrate.Run(ctx, migrate.Config{DB: db, Dialect: dialect.Postgres})
	if err := errors.Join(err, db.Close()); err != nil {
		return err
	}
	_, err = conn.ExecContext(ctx, "ALTER DATABASE "+half+" RENAME TO "+name)
	return err
}

func run(base, statement string) error {
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
