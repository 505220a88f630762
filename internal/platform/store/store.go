// Package store opens the database and runs transactions: SQLite in one file with one writer that commits in groups and
// many readers, or PostgreSQL through lib/pq, with pgx beside it for reads. It knows tables of nobody; the data model on
// top of it is package ent.
//
// A change is acknowledged after a durable commit: SQLite runs with WAL and synchronous=FULL, PostgreSQL with
// synchronous_commit as the server has it.
package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"entgo.io/ent/dialect"
	entsql "entgo.io/ent/dialect/sql"
)

// Config says which database to open.
type Config struct {
	// URL is postgres://… for PostgreSQL; empty for SQLite.
	URL string
	// Path is the SQLite file; its folder has to exist.
	Path string
	// Readers is the number of SQLite's read connections; 0 stands for 4.
	Readers int
	// Pool is the number of PostgreSQL connections; 0 stands for 8. From four on, half of them are for reads outside
	// transactions alone.
	Pool int
	// Scope returns the workspaces that row-level security lets a context see; nil switches that off.
	Scope func(context.Context) string
	// Role is the PostgreSQL role that connections take on, so that row-level security binds them too; empty keeps the
	// role that signed in.
	Role string
}

// Store is an open database. It is safe for concurrent use.
type Store struct {
	dialect string
	read    *sql.DB
	write   *sql.DB
	reader  *reader
	group   *group
	unlock  func() error
}

// Open opens the database. It fails when another process has the SQLite file open, and when PostgreSQL does not answer.
func Open(ctx context.Context, c Config) (*Store, error) {
	if c.URL == "" {
		return openSQLite(ctx, c)
	}
	if !strings.HasPrefix(c.URL, "postgres://") && !strings.HasPrefix(c.URL, "postgresql://") {
		return nil, errors.New("the database URL has to begin with postgres://")
	}
	return openPostgres(ctx, c)
}

// Dialect returns dialect.SQLite or dialect.Postgres.
func (s *Store) Dialect() string { return s.dialect }

// Name returns the engine's name as people say it: sqlite or postgres.
func (s *Store) Name() string {
	if s.dialect == dialect.SQLite {
		return "sqlite"
	}
	return s.dialect
}

// DB returns the pool that migrations and the job queue write through.
func (s *Store) DB() *sql.DB { return s.write }

// Ping asks the database whether it is there.
func (s *Store) Ping(ctx context.Context) error {
	var one int
	return s.read.QueryRowContext(ctx, "SELECT 1").Scan(&one)
}

// Close waits for running transactions and closes the database.
func (s *Store) Close() error {
	if s.group != nil {
		s.group.close()
	}
	if s.reader.pool != nil {
		s.reader.pool.close()
	}
	err := s.read.Close()
	if s.write != s.read {
		err = errors.Join(err, s.write.Close())
	}
	if s.unlock != nil {
		err = errors.Join(err, s.unlock())
	}
	return err
}

// InTx runs fn in a transaction and commits it durably. When fn or a BeforeCommit hook fails, nothing of it stays and the
// error comes back as it is. fn has to be quick and must not wait for anything but the database: on SQLite other writers
// wait for it, and share its commit. It may be run again when PostgreSQL asks for that.
func (s *Store) InTx(ctx context.Context, fn func(context.Context, *Tx) error) error {
	if ctx.Value(inTx{}) != nil {
		return errors.New("a transaction inside a transaction")
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	ctx = context.WithValue(ctx, inTx{}, true)
	if s.group != nil {
		return s.group.run(ctx, fn)
	}
	return s.retry(ctx, fn)
}

type inTx struct{}

// Tx is a running transaction: a driver for ent, and hooks.
type Tx struct {
	dialect.Driver
	sql    *sql.Tx
	before []func(context.Context) error
	after  []func()
}

// SQL returns the transaction of database/sql, for the job queue.
func (t *Tx) SQL() *sql.Tx { return t.sql }

// BeforeCommit adds what is run last in the transaction, in the order added.
func (t *Tx) BeforeCommit(f func(context.Context) error) { t.before = append(t.before, f) }

// AfterCommit adds what is run once the commit is durable, in the order added. It must not block.
func (t *Tx) AfterCommit(f func()) { t.after = append(t.after, f) }

// perform runs fn and the hooks before the commit, and turns a panic into an error, so that one change cannot take
// others of its group down.
func (t *Tx) perform(ctx context.Context, fn func(context.Context, *Tx) error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic in a transaction: %v", p)
		}
	}()
	if err := fn(ctx, t); err != nil {
		return err
	}
	for _, f := range t.before {
		if err := f(ctx); err != nil {
			return err
		}
	}
	return nil
}

func (t *Tx) committed() {
	for _, f := range t.after {
		f()
	}
}

// conn makes an ent driver of a database/sql transaction.
type conn struct {
	entsql.Conn
	name string
}

func (c conn) Tx(context.Context) (dialect.Tx, error) { return dialect.NopTx(c), nil }
func (c conn) Close() error                           { return nil }
func (c conn) Dialect() string                        { return c.name }

func newTx(tx *sql.Tx, name string) *Tx {
	return &Tx{Driver: conn{entsql.Conn{ExecQuerier: tx}, name}, sql: tx}
}
