package rig

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"path/filepath"
	"time"

	_ "github.com/lib/pq"  // registers the driver "postgres"
	_ "modernc.org/sqlite" // registers the driver "sqlite"
)

// The engines.
const (
	SQLite   = "sqlite"
	Postgres = "postgres"
)

// Database is a database of its own for one run.
type Database struct {
	// Args hand it to karnak.
	Args   []string
	driver string
	source string
	drop   func() error
}

// NewDatabase makes an empty database: a file in the folder, or on PostgreSQL a database of the server at the URL.
func NewDatabase(ctx context.Context, engine, folder, server string) (*Database, error) {
	args := []string{"--data-dir=" + filepath.Join(folder, "data")}
	if engine == SQLite {
		return &Database{Args: args, driver: SQLite, source: readOnly(filepath.Join(folder, "data", "karnak.db")), drop: func() error { return nil }}, nil
	}
	u, err := url.Parse(server)
	if err != nil || server == "" {
		return nil, errors.New("PostgreSQL is missing: run this by make, or name a server in KARNAK_TEST_POSTGRES")
	}
	name := fmt.Sprintf("karnak_crash_%d", time.Now().UnixNano())
	if err := execute(ctx, server, "CREATE DATABASE "+name); err != nil {
		return nil, err
	}
	u.Path = "/" + name
	return &Database{
		Args: append(args, "--database-url="+u.String()), driver: Postgres, source: u.String(),
		drop: func() error {
			return execute(context.WithoutCancel(ctx), server, "DROP DATABASE "+name+" WITH (FORCE)")
		},
	}, nil
}

func readOnly(path string) string {
	return "file:" + path + "?_pragma=query_only(1)&_pragma=busy_timeout(5000)"
}

func execute(ctx context.Context, server, statement string) (err error) {
	db, err := sql.Open(Postgres, server)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	_, err = db.ExecContext(ctx, statement)
	return err
}

// Open opens the database past karnak, to look at what is there.
func (d *Database) Open() (*sql.DB, error) { return sql.Open(d.driver, d.source) }

// Drop removes it; a file goes with its folder.
func (d *Database) Drop() error { return d.drop() }
