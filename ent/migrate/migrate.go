// Package migrate brings a database to the newest schema by versioned, append-only SQL files, and never by comparing.
// Both engines have the same files by name; tools/migrate writes them.
package migrate

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strings"

	"ariga.io/atlas/sql/migrate"
	"entgo.io/ent/dialect"
)

//go:embed sqlite/*.sql sqlite/atlas.sum postgres/*.sql postgres/atlas.sum
var files embed.FS

// Folder returns the folder of an engine's files, below this package's.
func Folder(name string) string {
	if name == dialect.SQLite {
		return "sqlite"
	}
	return name
}

// Dir returns the files of an engine, checked against their checksums.
func Dir(name string) (migrate.Dir, error) {
	sub, err := fs.Sub(files, Folder(name))
	if err != nil {
		return nil, err
	}
	dir := &migrate.MemDir{}
	err = fs.WalkDir(sub, ".", func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := fs.ReadFile(sub, p)
		if err != nil {
			return err
		}
		return dir.WriteFile(path.Base(p), b)
	})
	if err != nil {
		return nil, err
	}
	if err := migrate.Validate(dir); err != nil {
		return nil, fmt.Errorf("the migrations of %s were altered: %w", name, err)
	}
	return dir, nil
}

// Config says what to migrate.
type Config struct {
	DB      *sql.DB
	Dialect string
	// To is the version to stop after; empty for the newest.
	To string
}

// Run applies what is pending, each file in a transaction of its own, and returns the names of the files it applied. Two
// processes may run it at once: the second waits for the first. It refuses a database whose history is not a prefix of
// the files, as after a downgrade.
func Run(ctx context.Context, c Config) (applied []string, err error) {
	dir, err := Dir(c.Dialect)
	if err != nil {
		return nil, err
	}
	all, err := dir.Files()
	if err != nil {
		return nil, err
	}
	conn, err := c.DB.Conn(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, conn.Close()) }()
	r := runner{conn: conn, dialect: c.Dialect}
	if err := r.prepare(ctx); err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, r.release()) }()
	done, err := r.history(ctx)
	if err != nil {
		return nil, err
	}
	sums, err := dir.Checksum()
	if err != nil {
		return nil, err
	}
	for i, f := range all {
		hash, err := sums.SumByName(f.Name())
		if err != nil {
			return applied, err
		}
		if i < len(done) {
			if done[i].version != f.Version() || done[i].hash != hash {
				return applied, fmt.Errorf("the database was migrated by %s (%s), which is not what this karnak has: %s; run the version that migrated it, or a newer one", done[i].version, done[i].hash, f.Name())
			}
		} else {
			if err := r.apply(ctx, f, hash); err != nil {
				return applied, fmt.Errorf("migration %s: %w", f.Name(), err)
			}
			applied = append(applied, f.Name())
		}
		if c.To != "" && f.Version() == c.To {
			return applied, nil
		}
	}
	if len(done) > len(all) {
		return applied, fmt.Errorf("the database is newer than this karnak: it knows migration %s; run a newer karnak", done[len(done)-1].version)
	}
	return applied, nil
}

type runner struct {
	conn    *sql.Conn
	dialect string
}

type revision struct{ version, hash string }

const lockID = 5_203_817

func (r runner) prepare(ctx context.Context) error {
	setup := []string{"CREATE TABLE IF NOT EXISTS schema_revisions (version text PRIMARY KEY, hash text NOT NULL, applied_at text NOT NULL)"}
	if r.dialect == dialect.Postgres {
		setup = append([]string{fmt.Sprintf("SELECT pg_advisory_lock(%d)", lockID)}, setup...)
	} else {
		// Tables are rebuilt by copying them; foreign keys are checked once that is done.
		setup = append(setup, "PRAGMA foreign_keys = OFF")
	}
	for _, q := range setup {
		if _, err := r.conn.ExecContext(ctx, q); err != nil {
			return err
		}
	}
	return nil
}

func (r runner) release() error {
	q := "PRAGMA foreign_keys = ON"
	if r.dialect == dialect.Postgres {
		q = fmt.Sprintf("SELECT pg_advisory_unlock(%d)", lockID)
	}
	_, err := r.conn.ExecContext(context.Background(), q)
	return err
}

func (r runner) history(ctx context.Context) (out []revision, err error) {
	rows, err := r.conn.QueryContext(ctx, "SELECT version, hash FROM schema_revisions ORDER BY version")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var v revision
		if err := rows.Scan(&v.version, &v.hash); err != nil {
			return nil, err
		}
		out = append(out, v)
	}
	return out, rows.Err()
}

func (r runner) apply(ctx context.Context, f migrate.File, hash string) (err error) {
	statements, err := f.Stmts()
	if err != nil {
		return err
	}
	tx, err := r.conn.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, tx.Rollback())
		}
	}()
	for _, q := range statements {
		if strings.HasPrefix(strings.ToUpper(q), "PRAGMA FOREIGN_KEYS") {
			continue // has no effect inside a transaction; prepare did it
		}
		if _, err := tx.ExecContext(ctx, q); err != nil {
			return fmt.Errorf("%w in: %.200s", err, q)
		}
	}
	if r.dialect == dialect.SQLite {
		if err := foreignKeys(ctx, tx); err != nil {
			return err
		}
	}
	record := "INSERT INTO schema_revisions (version, hash, applied_at) VALUES (?, ?, CAST(CURRENT_TIMESTAMP AS text))"
	if r.dialect == dialect.Postgres {
		record = "INSERT INTO schema_revisions (version, hash, applied_at) VALUES ($1, $2, CAST(CURRENT_TIMESTAMP AS text))"
	}
	if _, err := tx.ExecContext(ctx, record, f.Version(), hash); err != nil {
		return err
	}
	return tx.Commit()
}

func foreignKeys(ctx context.Context, tx *sql.Tx) error {
	var table, parent string
	var row sql.NullInt64
	var key int
	err := tx.QueryRowContext(ctx, "PRAGMA foreign_key_check").Scan(&table, &row, &parent, &key)
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	return errors.Join(fmt.Errorf("a row of %s refers to nothing in %s", table, parent), err)
}
