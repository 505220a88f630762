package app

import (
	"context"
	"errors"
	"fmt"
	"io"

	"karnak/authz"
	"karnak/ent"
	"karnak/internal/core/eventlog"
	"karnak/internal/platform/clock"
	"karnak/internal/platform/config"
	"karnak/internal/platform/store"
)

// Backup writes the database into a new file, while servers go on: a SQLite file, or what pg_dump makes in its custom format.
func Backup(ctx context.Context, cfg *config.Config, file string, out io.Writer) error {
	var err error
	if cfg.Postgres() {
		err = store.Dump(ctx, cfg.DatabaseURL.Reveal(), file, map[string]string{"karnak.scope": authz.AllWorkspaces})
	} else {
		err = store.Backup(ctx, cfg.SQLitePath(), file, shown(out))
	}
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(out, "The database is in %s. Keep the master secret, too: without it nobody's session and no cursor goes on.\n", file)
	return err
}

// Restore makes the database from a file of Backup, and begins a new epoch in it. No server may run on it. On SQLite a database
// that is there is kept under another name where replace says so; on PostgreSQL it has to be empty.
func Restore(ctx context.Context, cfg *config.Config, file string, replace bool, out io.Writer) error {
	c := clock.System{}
	if cfg.Postgres() {
		if replace {
			return errors.New("on PostgreSQL a backup goes into an empty database: make one, and name it in KARNAK_DATABASE_URL")
		}
		if err := store.Undump(ctx, cfg.DatabaseURL.Reveal(), file, appRole); err != nil {
			return err
		}
		if err := Restored(ctx, cfg); err != nil {
			return err
		}
		return told(out, "The database is as in %s. Cursors from before are refused as CURSOR_RESET.\n", file)
	}
	if err := makeFolder(cfg); err != nil {
		return err
	}
	aside := ""
	if replace {
		aside = cfg.SQLitePath() + c.Now().Format(".20060102T150405Z")
	}
	renew := func(ctx context.Context, s *store.Store) error {
		if err := migrateAll(ctx, s); err != nil {
			return err
		}
		return renewed(ctx, s, c)
	}
	if err := store.Restore(ctx, file, cfg.SQLitePath(), aside, renew, shown(out)); err != nil {
		return err
	}
	if replace {
		if err := told(out, "The database of before is kept as %s.\n", aside); err != nil {
			return err
		}
	}
	return told(out, "The database is as in %s. Cursors from before are refused as CURSOR_RESET.\n", file)
}

func told(out io.Writer, format string, args ...any) error {
	_, err := fmt.Fprintf(out, format, args...)
	return err
}

// Restored begins a new epoch in a database that was restored by other means than Restore. No server may run on it: one that does
// ends when it notices.
func Restored(ctx context.Context, cfg *config.Config) error {
	s, err := openStore(ctx, cfg)
	if err != nil {
		return err
	}
	return errors.Join(renewed(ctx, s, clock.System{}), s.Close())
}

func renewed(ctx context.Context, s *store.Store, c clock.Clock) error {
	return eventlog.Renew(ctx, ent.New(s), c)
}

// shown writes every tenth of a long work.
func shown(out io.Writer) store.Progress {
	tenth := 0
	return func(done, total int) {
		if total > manyPages && done*10/total > tenth {
			tenth = done * 10 / total
			fmt.Fprintf(out, "%d of %d pages\n", done, total)
		}
	}
}

// manyPages are worth to be told of.
const manyPages = 50_000
