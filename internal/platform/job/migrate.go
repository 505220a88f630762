package job

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"

	"entgo.io/ent/dialect"
	"github.com/riverqueue/river/rivermigrate"
)

// lockID keeps two processes from migrating a PostgreSQL database at once.
const lockID = 5_203_818

// Migrate makes or renews the queue's tables. On PostgreSQL the pool needs two connections, and the role that may make
// tables; what it makes is open to other roles as the schema's default privileges say.
func Migrate(ctx context.Context, db *sql.DB, name string) (err error) {
	m, err := rivermigrate.New(engine(db, name), &rivermigrate.Config{Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		return err
	}
	if name == dialect.Postgres {
		unlock, failed := lock(ctx, db)
		if failed != nil {
			return failed
		}
		defer func() { err = errors.Join(err, unlock()) }()
	}
	if _, err := m.Migrate(ctx, rivermigrate.DirectionUp, nil); err != nil {
		return fmt.Errorf("migrate the job queue: %w", err)
	}
	return nil
}

func lock(ctx context.Context, db *sql.DB) (unlock func() error, err error) {
	conn, err := db.Conn(ctx)
	if err != nil {
		return nil, err
	}
	if _, err := conn.ExecContext(ctx, fmt.Sprintf("SELECT pg_advisory_lock(%d)", lockID)); err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	return func() error {
		_, err := conn.ExecContext(context.WithoutCancel(ctx), fmt.Sprintf("SELECT pg_advisory_unlock(%d)", lockID))
		return errors.Join(err, conn.Close())
	}, nil
}
