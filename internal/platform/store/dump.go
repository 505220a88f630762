package store

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"strings"

	"github.com/lib/pq"
)

// Dump writes a PostgreSQL database into a new file by pg_dump, which has to be there. Options are settings of its connection,
// so that it sees every row.
func Dump(ctx context.Context, database, to string, options map[string]string) error {
	if err := isNew(to); err != nil {
		return err
	}
	return whole(to, func(part string) error {
		if err := private(part); err != nil {
			return err
		}
		if err := client(ctx, database, options, "pg_dump", "--format=custom", "--enable-row-security", "--no-owner", "--file="+part); err != nil {
			return err
		}
		return syncFile(part)
	})
}

// Undump reads what Dump wrote into an empty PostgreSQL database, all of it or nothing, by pg_restore. Rights that are given to the
// role in it need the role, which is made where this may be done.
func Undump(ctx context.Context, database, from, role string) error {
	if _, err := os.Stat(from); err != nil {
		return err
	}
	if err := prepareUndump(ctx, database, role); err != nil {
		return err
	}
	return client(ctx, database, nil, "pg_restore", "--single-transaction", "--exit-on-error", "--no-owner", from)
}

func prepareUndump(ctx context.Context, database, role string) (err error) {
	s, err := openPostgres(ctx, Config{URL: database, Pool: 1})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	var tables int
	if err := s.write.QueryRowContext(ctx, "SELECT count(*) FROM pg_tables WHERE schemaname = current_schema()").Scan(&tables); err != nil {
		return err
	}
	if tables > 0 {
		return errors.New("the database is not empty: make another one, and name it in KARNAK_DATABASE_URL")
	}
	_, err = s.write.ExecContext(ctx, "DO $$ BEGIN CREATE ROLE "+pq.QuoteIdentifier(role)+` NOLOGIN;
EXCEPTION WHEN insufficient_privilege OR duplicate_object OR unique_violation THEN NULL; END $$`)
	return err
}

// client runs one of PostgreSQL's own programs. Where to and as whom goes by the environment, since the list of processes shows
// arguments to everybody.
func client(ctx context.Context, database string, options map[string]string, name string, args ...string) error {
	path, err := exec.LookPath(name)
	if err != nil {
		return fmt.Errorf("%s is not here: install PostgreSQL's client programs, of its version or a later one, or use tools of your own and then tell karnak by karnak restored", name)
	}
	u, err := url.Parse(database)
	if err != nil {
		return errors.New("the database URL cannot be read")
	}
	said, err := pq.NewConfig(database)
	if err != nil {
		return errors.New("the database URL cannot be used: check host, port and parameters")
	}
	cmd := exec.CommandContext(ctx, path, append(args, "--no-password", "--dbname="+said.Database)...) //nolint:gosec // a program of PostgreSQL's; the operator names the database
	cmd.Env = append(os.Environ(), clientEnv(u, said, options)...)                                     //nolint:forbidigo // a program of PostgreSQL's reads the same variables as the drivers
	var errs bytes.Buffer
	cmd.Stderr = &errs
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("%s: %w: %s", name, err, strings.TrimSpace(errs.String()))
	}
	return nil
}

func clientEnv(u *url.URL, said pq.Config, options map[string]string) []string {
	env := []string{
		"PGHOST=" + said.Host, fmt.Sprintf("PGPORT=%d", said.Port), "PGUSER=" + said.User, "PGPASSWORD=" + said.Password,
		"PGSSLMODE=" + string(said.SSLMode), "PGAPPNAME=karnak",
	}
	for name, variable := range map[string]string{"sslrootcert": "PGSSLROOTCERT", "sslcert": "PGSSLCERT", "sslkey": "PGSSLKEY"} {
		if v := u.Query().Get(name); v != "" {
			env = append(env, variable+"="+v)
		}
	}
	var set []string
	for k, v := range options {
		set = append(set, "-c "+k+"="+v)
	}
	return append(env, "PGOPTIONS="+strings.Join(set, " "))
}

func syncFile(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}
