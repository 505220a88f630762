package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"github.com/lib/pq"

	"karnak/bench/dataset"
	"karnak/bench/machine"
	"karnak/internal/platform/store"
)

// The engines.
const (
	postgresEngine = "postgres"
	sqliteEngine   = "sqlite"
)

// database is a filled database of one engine.
type database struct {
	engine string
	// where is the file, or the URL.
	where string
	// flags hand it to karnak.
	flags []string
	data  *dataset.Data
	// pids are the database's own processes: PostgreSQL's postmaster.
	pids []int
	// durable is false where the server was told not to wait for the disk.
	durable bool
	closers []func() error
}

func (d *database) config() store.Config {
	if d.engine == sqliteEngine {
		return store.Config{Path: d.where}
	}
	return store.Config{URL: d.where, Pool: 2}
}

func (d *database) close() error {
	var errs []error
	for i := len(d.closers) - 1; i >= 0; i-- {
		errs = append(errs, d.closers[i]())
	}
	return errors.Join(errs...)
}

// reader opens the database to look at what was written.
func (d *database) reader() (*sql.DB, error) {
	if d.engine == sqliteEngine {
		return sql.Open("sqlite", "file:"+d.where+"?_pragma=query_only(1)&_pragma=busy_timeout(5000)")
	}
	return sql.Open("postgres", d.where)
}

func (b *bench) size() dataset.Size {
	if b.quick {
		return dataset.Size{Users: 64, Channels: 40, Messages: 4000, Teams: senders}
	}
	return dataset.Size{Users: 200, Channels: 200, Messages: 100_000, Teams: senders}
}

// prepare makes and fills a database.
func (b *bench) prepare(ctx context.Context, engine string) (d *database, err error) {
	d = &database{engine: engine, durable: true}
	defer func() {
		if err != nil {
			err = errors.Join(err, d.close())
		}
	}()
	folder := filepath.Join(b.folder, engine)
	if err := os.Mkdir(folder, 0o700); err != nil {
		return d, err
	}
	d.where, d.flags = filepath.Join(folder, "karnak.db"), []string{"--data-dir=" + folder}
	if engine == postgresEngine {
		if err := d.create(ctx, b); err != nil {
			return d, err
		}
		d.flags = append(d.flags, "--database-url="+d.where)
	}
	b.say("%s: filling", engine)
	d.data, err = dataset.Write(ctx, d.config(), b.size(), time.Now())
	return d, err
}

// create makes a database on the server, and binds the server to its core.
func (d *database) create(ctx context.Context, b *bench) error {
	u, err := url.Parse(b.server)
	if err != nil {
		return errors.New(variable + " is not a URL")
	}
	admin, err := sql.Open("postgres", b.server)
	if err != nil {
		return err
	}
	d.closers = append(d.closers, admin.Close)
	name := fmt.Sprintf("karnak_bench_%d", os.Getpid())
	if _, err := admin.ExecContext(ctx, "CREATE DATABASE "+pq.QuoteIdentifier(name)); err != nil {
		return err
	}
	d.closers = append(d.closers, func() error {
		_, err := admin.ExecContext(context.WithoutCancel(ctx), "DROP DATABASE "+pq.QuoteIdentifier(name)+" WITH (FORCE)")
		return err
	})
	u.Path = "/" + name
	d.where = u.String()
	return d.find(ctx, admin, b)
}

// find finds the server's process, which has to be on this machine.
func (d *database) find(ctx context.Context, admin *sql.DB, b *bench) error {
	var backend int
	var fsync, full, commit string
	err := admin.QueryRowContext(ctx, "SELECT pg_backend_pid(), current_setting('fsync'), current_setting('full_page_writes'), current_setting('synchronous_commit')").
		Scan(&backend, &fsync, &full, &commit)
	if err != nil {
		return err
	}
	d.durable = fsync == "on" && full == "on" && commit == "on"
	pid, err := machine.Parent(backend)
	if err != nil {
		return fmt.Errorf("the server's process cannot be looked at, is it on this machine? %w", err)
	}
	release, err := b.cores.BindServer(pid)
	if err != nil {
		return err
	}
	d.pids, d.closers = []int{pid}, append(d.closers, release)
	return nil
}
