package dataset

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	"entgo.io/ent/dialect"

	"karnak/ent/migrate"
	"karnak/internal/platform/store"
)

// Write fills a new database. Messages have to be a multiple of the channels.
func Write(ctx context.Context, c store.Config, size Size, now time.Time) (data *Data, err error) {
	if size.Users < max(1, size.Teams) || size.Channels < 1 || size.Messages < size.Channels || size.Messages%size.Channels != 0 {
		return nil, errors.New("dataset: channels take turns, and teams need users of their own")
	}
	s, err := store.Open(ctx, c)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	if _, err := migrate.Run(ctx, migrate.Config{DB: s.DB(), Dialect: s.Dialect()}); err != nil {
		return nil, err
	}
	m := newMaker(size, now)
	if err := m.write(ctx, s); err != nil {
		return nil, err
	}
	return m.data, settle(ctx, s)
}

func (m *maker) write(ctx context.Context, s *store.Store) error {
	return s.InTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		for _, t := range m.tables() {
			fill := insert
			if s.Dialect() == dialect.Postgres {
				fill = copyIn
			}
			if err := fill(ctx, tx.SQL(), t); err != nil {
				return fmt.Errorf("fill %s: %w", t.name, err)
			}
		}
		return nil
	})
}

func copyIn(ctx context.Context, tx *sql.Tx, t table) (err error) {
	st, err := tx.PrepareContext(ctx, fmt.Sprintf("COPY %s (%s) FROM STDIN", t.name, strings.Join(t.columns, ", ")))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, st.Close()) }()
	for i := range t.count {
		if _, err := st.ExecContext(ctx, t.row(i)...); err != nil {
			return err
		}
	}
	_, err = st.ExecContext(ctx)
	return err
}

// rowsAtOnce is how many rows one statement of SQLite inserts.
const rowsAtOnce = 50

func insert(ctx context.Context, tx *sql.Tx, t table) error {
	row := "(" + strings.TrimSuffix(strings.Repeat("?,", len(t.columns)), ",") + ")"
	for start := 0; start < t.count; start += rowsAtOnce {
		n := min(rowsAtOnce, t.count-start)
		var args []any
		for i := range n {
			args = append(args, t.row(start+i)...)
		}
		text := "INSERT INTO " + t.name + " (" + strings.Join(t.columns, ",") + ") VALUES " + strings.TrimSuffix(strings.Repeat(row+",", n), ",")
		if _, err := tx.ExecContext(ctx, text, args...); err != nil {
			return err
		}
	}
	return nil
}

// settle leaves the database as it is found some time after such a history: statistics gathered, nothing waiting for the disk.
// On SQLite statistics are what karnak itself gathers.
func settle(ctx context.Context, s *store.Store) error {
	statements := []string{"VACUUM ANALYZE", "CHECKPOINT"}
	if s.Dialect() == dialect.SQLite {
		statements = []string{"PRAGMA wal_checkpoint(TRUNCATE)"}
	}
	for _, x := range statements {
		if _, err := s.DB().ExecContext(ctx, x); err != nil {
			return err
		}
	}
	return nil
}
