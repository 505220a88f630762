package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"

	"modernc.org/sqlite"
)

// Progress hears how many of how many pages are done.
type Progress func(done, total int)

// Backup copies the SQLite database at a path, as it is at one moment, into a new file. Whoever has it open goes on meanwhile.
// The copy is checked, and durable when Backup returns.
func Backup(ctx context.Context, from, to string, told Progress) error {
	if err := isNew(to); err != nil {
		return err
	}
	return whole(to, func(part string) error { return copyFile(ctx, from, part, told) })
}

// whole makes a file under another name, and gives it its own when it is finished: else there is none.
func whole(path string, fill func(part string) error) error {
	part := path + ".part"
	if err := fill(part); err != nil {
		return errors.Join(err, discard(part))
	}
	return errors.Join(os.Rename(part, path), syncFolder(path))
}

func isNew(path string) error {
	switch _, err := os.Lstat(path); {
	case err == nil:
		return fmt.Errorf("%s is there already: name a new file", path)
	case errors.Is(err, fs.ErrNotExist):
		return nil
	default:
		return err
	}
}

// copyFile makes a sound and durable copy of a database.
func copyFile(ctx context.Context, from, to string, told Progress) error {
	if _, err := os.Stat(from); err != nil {
		return fmt.Errorf("there is no database to copy: %w", err)
	}
	if err := private(to); err != nil {
		return err
	}
	if err := copyPages(ctx, from, to, told); err != nil {
		return fmt.Errorf("copy %s: %w", from, err)
	}
	return sound(ctx, to)
}

// private makes an empty file that is its owner's alone.
func private(path string) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	return f.Close()
}

// pagesAtOnce are copied between two looks at the context.
const pagesAtOnce = 4096

// copyPages copies from inside a read transaction: what is written meanwhile is not of this moment, and does not begin the copy
// anew.
func copyPages(ctx context.Context, from, to string, told Progress) (err error) {
	db, err := sql.Open("sqlite", fileURL(from, url.Values{"mode": {"rw"}, "_pragma": {"busy_timeout(5000)", "query_only(1)"}}))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	c, err := db.Conn(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, c.Close()) }()
	if _, err := c.ExecContext(ctx, "BEGIN; SELECT count(*) FROM sqlite_schema"); err != nil {
		return err
	}
	return c.Raw(func(raw any) error { return steps(ctx, raw, fileURL(to, nil), told) })
}

func steps(ctx context.Context, raw any, to string, told Progress) error {
	source, ok := raw.(interface {
		NewBackup(string) (*sqlite.Backup, error)
	})
	if !ok {
		return errors.New("the driver makes no copies")
	}
	b, err := source.NewBackup(to)
	if err != nil {
		return err
	}
	for more := true; more && err == nil; {
		if err = ctx.Err(); err == nil {
			more, err = b.Step(pagesAtOnce)
			told(b.PageCount()-b.Remaining(), b.PageCount())
		}
	}
	return errors.Join(err, b.Finish())
}

// sound checks a file that nobody has open.
func sound(ctx context.Context, path string) (err error) {
	db, err := sql.Open("sqlite", fileURL(path, url.Values{"mode": {"ro"}, "immutable": {"1"}}))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	var said string
	if err := db.QueryRowContext(ctx, "PRAGMA quick_check(1)").Scan(&said); err != nil {
		return fmt.Errorf("%s is no sound database: %w", path, err)
	}
	if said != "ok" {
		return fmt.Errorf("%s is no sound database: %s", path, said)
	}
	return nil
}

func fileURL(path string, q url.Values) string {
	return "file:" + (&url.URL{Path: path}).EscapedPath() + "?" + q.Encode()
}

// discard removes a file that was not finished, with what SQLite has beside it.
func discard(path string) (err error) {
	for _, suffix := range []string{"", "-journal", "-wal", "-shm"} {
		if e := os.Remove(path + suffix); !errors.Is(e, fs.ErrNotExist) {
			err = errors.Join(err, e)
		}
	}
	return err
}

// syncFolder makes the names in a file's folder durable.
func syncFolder(path string) error {
	d, err := os.Open(filepath.Dir(path))
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
