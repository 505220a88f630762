package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// Restore puts a copy that Backup made, or another SQLite file, in the place of the database at a path, which nobody may have
// open. Before that prepare may change it. A database that is there already is kept as the file aside, and refused where that is
// empty. Until the last step, which is one rename, nothing has changed.
func Restore(ctx context.Context, from, to, aside string, prepare func(context.Context, *Store) error, told Progress) (err error) {
	if to, err = filepath.Abs(to); err != nil {
		return err
	}
	unlock, err := lock(to + ".lock")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, unlock()) }()
	if aside == "" {
		if err := isNew(to); err != nil {
			return err
		}
	}
	return whole(to, func(part string) error {
		if err := copyFile(ctx, from, part, told); err != nil {
			return err
		}
		if err := prepared(ctx, part, prepare); err != nil {
			return err
		}
		return keep(ctx, to, aside)
	})
}

func prepared(ctx context.Context, path string, prepare func(context.Context, *Store) error) error {
	s, err := openFile(ctx, path, 1)
	if err != nil {
		return err
	}
	return errors.Join(prepare(ctx, s), s.Close())
}

// keep gives a database a second name. What SQLite has beside it goes into it first, since it must not meet another one; of a
// database that is broken it is kept as it is.
func keep(ctx context.Context, path, aside string) error {
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err := isNew(aside); err != nil {
		return err
	}
	wal, err := os.ReadFile(path + "-wal")
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if fold(ctx, path) != nil {
		if err := spare(aside+"-wal", wal); err != nil {
			return err
		}
		for _, suffix := range []string{"-wal", "-shm"} {
			if err := os.Remove(path + suffix); err != nil && !errors.Is(err, fs.ErrNotExist) {
				return err
			}
		}
	}
	return errors.Join(os.Link(path, aside), syncFolder(path))
}

// spare writes a file, unless it is empty.
func spare(path string, b []byte) error {
	if len(b) == 0 {
		return nil
	}
	return os.WriteFile(path, b, 0o600) //nolint:gosec // the operator names the folder
}

// fold writes into a database what waits beside it.
func fold(ctx context.Context, path string) (err error) {
	db, err := sql.Open("sqlite", dsn(path))
	if err != nil {
		return err
	}
	var busy, pages, moved int
	err = db.QueryRowContext(ctx, "PRAGMA wal_checkpoint(TRUNCATE)").Scan(&busy, &pages, &moved)
	if err == nil && busy != 0 {
		err = fmt.Errorf("%s is in use", path)
	}
	if err = errors.Join(err, db.Close()); err != nil {
		return err
	}
	if _, err := os.Stat(path + "-wal"); !errors.Is(err, fs.ErrNotExist) {
		return errors.New("something waits beside the database")
	}
	return nil
}
