// Command migrate writes the next versioned migration of both engines from the entities, or checks that none is due.
//
//	go run ./tools/migrate NAME     writes ent/migrate/{sqlite,postgres}/<time>_NAME.sql where something changed
//	go run ./tools/migrate -hand NAME   writes empty files, to be filled by hand and sealed with -hash
//	go run ./tools/migrate -hash    renews the checksums after a hand-written file
//	go run ./tools/migrate -check   fails when the entities and the files differ
//
// It needs a PostgreSQL for scratch databases, named by KARNAK_TEST_POSTGRES; tools/testpg starts one.
package main

import (
	"context"
	"database/sql"
	"errors"
	"flag"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"ariga.io/atlas/sql/migrate"
	"entgo.io/ent/dialect"
	entsql "entgo.io/ent/dialect/sql"
	"entgo.io/ent/dialect/sql/schema"
	_ "github.com/lib/pq"
	_ "modernc.org/sqlite"

	tables "karnak/ent/entgen/migrate"
	karnak "karnak/ent/migrate"
)

func main() {
	check := flag.Bool("check", false, "fail when a migration is due")
	hand := flag.Bool("hand", false, "write empty files")
	hash := flag.Bool("hash", false, "renew the checksums")
	root := flag.String("dir", "ent/migrate", "the folder of the migrations")
	flag.Parse()
	if err := run(context.Background(), *root, flag.Arg(0), *check, *hand, *hash); err != nil {
		_, _ = fmt.Fprintln(os.Stderr, "migrate:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, root, name string, check, hand, hash bool) error {
	if !check && !hash && name == "" {
		return errors.New("give the migration a name")
	}
	version := time.Now().UTC().Format("20060102150405")
	for _, d := range []string{dialect.SQLite, dialect.Postgres} {
		dir, err := migrate.NewLocalDir(filepath.Join(root, karnak.Folder(d)))
		if err != nil {
			return err
		}
		switch {
		case hash:
			err = seal(dir)
		case hand:
			err = errors.Join(dir.WriteFile(version+"_"+name+".sql", nil), seal(dir))
		default:
			err = diff(ctx, d, dir, version, name, check)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", d, err)
		}
	}
	return pairs(root)
}

func seal(dir migrate.Dir) error {
	sum, err := dir.Checksum()
	if err != nil {
		return err
	}
	return migrate.WriteSumFile(dir, sum)
}

// diff compares the entities with what the files make of an empty database.
func diff(ctx context.Context, d string, dir *migrate.LocalDir, version, name string, check bool) (err error) {
	db, done, err := scratch(ctx, d)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, done()) }()
	var into migrate.Dir = dir
	if check {
		if into, err = copied(dir); err != nil {
			return err
		}
	}
	m, err := schema.NewMigrate(entsql.OpenDB(d, db), schema.WithDir(into), schema.WithMigrationMode(schema.ModeReplay),
		schema.WithDialect(d), schema.WithErrNoPlan(true), schema.WithDropColumn(true), schema.WithDropIndex(true),
		schema.WithFormatter(stamped{version}), schema.WithDiffHook(karnak.Differ))
	if err != nil {
		return err
	}
	err = m.NamedDiff(ctx, name, tables.Tables...)
	switch {
	case errors.Is(err, migrate.ErrNoPlan):
		return nil
	case err != nil:
		return err
	case check:
		return fmt.Errorf("a migration is due: run make migrate NAME=…%s", due(into))
	}
	return nil
}

func due(dir migrate.Dir) string {
	files, err := dir.Files()
	if err != nil || len(files) == 0 {
		return ""
	}
	return "\n" + string(files[len(files)-1].Bytes())
}

func copied(dir migrate.Dir) (migrate.Dir, error) {
	if err := migrate.Validate(dir); err != nil {
		return nil, err
	}
	fs, err := dir.Files()
	if err != nil {
		return nil, err
	}
	mem := &migrate.MemDir{}
	return mem, mem.CopyFiles(fs)
}

// stamped names both engines' files by the same version.
type stamped struct{ version string }

// Format formats a plan as Atlas does, under that version.
func (f stamped) Format(p *migrate.Plan) ([]migrate.File, error) {
	p.Version = f.version
	return migrate.DefaultFormatter.Format(p)
}

// scratch returns an empty database.
func scratch(ctx context.Context, d string) (*sql.DB, func() error, error) {
	if d == dialect.SQLite {
		db, err := sql.Open("sqlite", "file::memory:?_pragma=foreign_keys(1)")
		if err != nil {
			return nil, nil, err
		}
		db.SetMaxOpenConns(1)
		return db, db.Close, nil
	}
	base := os.Getenv("KARNAK_TEST_POSTGRES")
	if base == "" {
		return nil, nil, errors.New("KARNAK_TEST_POSTGRES is not set: run it under go run ./tools/testpg --")
	}
	admin, err := sql.Open("postgres", base)
	if err != nil {
		return nil, nil, err
	}
	name := fmt.Sprintf("karnak_scratch_%d", time.Now().UnixNano())
	if _, err := admin.ExecContext(ctx, "CREATE DATABASE "+name); err != nil {
		return nil, nil, errors.Join(err, admin.Close())
	}
	u, err := url.Parse(base)
	if err != nil {
		return nil, nil, err
	}
	u.Path = "/" + name
	db, err := sql.Open("postgres", u.String())
	if err != nil {
		return nil, nil, err
	}
	return db, func() error {
		err := db.Close()
		_, drop := admin.ExecContext(ctx, "DROP DATABASE "+name)
		return errors.Join(err, drop, admin.Close())
	}, nil
}

// pairs holds the two engines to files of the same names.
func pairs(root string) error {
	names := map[string]int{}
	for i, d := range []string{dialect.SQLite, dialect.Postgres} {
		found, err := filepath.Glob(filepath.Join(root, karnak.Folder(d), "*.sql"))
		if err != nil {
			return err
		}
		for _, f := range found {
			names[filepath.Base(f)] |= 1 << i
		}
	}
	var odd []string
	for n, both := range names {
		if both != 3 {
			odd = append(odd, n)
		}
	}
	if len(odd) > 0 {
		return fmt.Errorf("only one engine has %s: add the file for the other, be it a comment", strings.Join(odd, ", "))
	}
	return nil
}
