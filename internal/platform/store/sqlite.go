package store

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"path/filepath"

	"entgo.io/ent/dialect"
	entsql "entgo.io/ent/dialect/sql"
	_ "modernc.org/sqlite" // registers the driver "sqlite"
)

// dsn names the file with the settings that durability and correct times rest on.
func dsn(path string, pragmas ...string) string {
	q := url.Values{"_txlock": {"immediate"}, "_time_format": {"sqlite"}, "_timezone": {"UTC"}}
	for _, p := range append([]string{"busy_timeout(5000)", "journal_mode(WAL)", "synchronous(FULL)", "foreign_keys(1)", "temp_store(MEMORY)"}, pragmas...) {
		q.Add("_pragma", p)
	}
	return "file:" + (&url.URL{Path: path}).EscapedPath() + "?" + q.Encode()
}

// mapped has readers share one copy of the file's first 256 MiB in memory.
const mapped = "mmap_size(268435456)"

func openSQLite(ctx context.Context, c Config) (*Store, error) {
	if c.Path == "" {
		return nil, errors.New("SQLite needs a file")
	}
	path, err := filepath.Abs(c.Path)
	if err != nil {
		return nil, err
	}
	unlock, err := lock(path + ".lock")
	if err != nil {
		return nil, err
	}
	s, err := openFile(ctx, path, c.Readers)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open %s: %w", path, err), unlock())
	}
	s.unlock = unlock
	return s, nil
}

func openFile(ctx context.Context, path string, readers int) (*Store, error) {
	if readers <= 0 {
		readers = 4
	}
	write, err := openPool(dsn(path, "cache_size(-32000)"))
	if err != nil {
		return nil, err
	}
	write.SetMaxOpenConns(1)
	// The writer comes first: it makes the file and switches it to WAL, which a reader may not do.
	if err := write.PingContext(ctx); err != nil {
		return nil, errors.Join(err, write.Close())
	}
	read, err := openPool(dsn(path, "query_only(1)", "cache_size(-16000)", mapped))
	if err != nil {
		return nil, errors.Join(err, write.Close())
	}
	read.SetMaxOpenConns(readers)
	read.SetMaxIdleConns(readers)
	return &Store{
		dialect: dialect.SQLite, read: read, write: write,
		reader: &reader{Driver: entsql.OpenDB(dialect.SQLite, read)}, group: newGroup(write),
	}, nil
}
