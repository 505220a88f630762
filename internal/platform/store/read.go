package store

import (
	"context"
	"database/sql"
	"errors"
	"strings"
	"sync/atomic"

	"entgo.io/ent/dialect"
	entsql "entgo.io/ent/dialect/sql"
)

// reader is the driver for reads; it counts them.
type reader struct {
	*entsql.Driver
	queries atomic.Uint64
	// pool is of reads through pgx; nil where there is none.
	pool *readPool
}

var _ dialect.Driver = (*reader)(nil)

// Query runs a statement that returns rows.
func (r *reader) Query(ctx context.Context, query string, args, v any) error {
	r.queries.Add(1)
	if rows, ok := v.(*entsql.Rows); ok && r.pool != nil {
		values, _ := args.([]any)
		if done, err := r.pool.read(ctx, query, values, rows); done {
			return err
		}
	}
	return r.Driver.Query(ctx, query, args, v)
}

// Seek is Query for rows that are found by their key. On SQLite such a statement is over before anybody could stop it: nobody
// waits beside it for the end of the context, which otherwise costs more than the look-up.
func (s *Store) Seek(ctx context.Context, query string, args []any, rows *entsql.Rows) error {
	if s.dialect == dialect.Postgres {
		return s.reader.Query(ctx, query, args, rows)
	}
	s.reader.queries.Add(1)
	conn, err := s.read.Conn(ctx)
	if err != nil {
		return err
	}
	found, err := conn.QueryContext(context.WithoutCancel(ctx), query, args...) //nolint:rowserrcheck // whoever reads the rows asks
	if err != nil {
		return errors.Join(err, conn.Close())
	}
	rows.ColumnScanner = &soughtRows{found, conn}
	return nil
}

// soughtRows give their connection back when they are closed.
type soughtRows struct {
	*sql.Rows
	conn *sql.Conn
}

// Close ends the reading.
func (r *soughtRows) Close() error { return errors.Join(r.Rows.Close(), r.conn.Close()) }

// read runs a statement on the connection of the context's lease, else on a free one. It tells whether it did; one that
// failed for any other reason than the end of the context was not done, and is run again where the error can be told.
func (p *readPool) read(ctx context.Context, query string, args []any, rows *entsql.Rows) (bool, error) {
	conn, done := p.connection(ctx)
	if conn == nil {
		return false, nil
	}
	r, err := conn.query(ctx, query, readable(args))
	switch {
	case err != nil && ctx.Err() != nil:
		done(nil)
		return true, errors.Join(ctx.Err(), err)
	case err != nil:
		done(err)
		return false, nil
	}
	r.done = func() { done(nil) }
	rows.ColumnScanner = r
	return true, nil
}

// connection returns a connection and what gives it back; nil where there is none.
func (p *readPool) connection(ctx context.Context) (*readConn, func(error)) {
	// A read of another scope, as the system's, would have the lease's connection told twice.
	if l, ok := ctx.Value(leaseKey{}).(*lease); ok && p.scope(ctx) == l.scope {
		if conn := l.take(ctx); conn != nil {
			return conn, l.back
		}
		return nil, nil
	}
	conn := p.take(ctx)
	if conn == nil {
		return nil, nil
	}
	return conn, func(error) { conn.release() }
}

// readable returns the arguments with NUL characters replaced, as sought does for lib/pq.
func readable(args []any) []any {
	for i, a := range args {
		if text, ok := a.(string); ok && strings.IndexByte(text, 0) >= 0 {
			args = append([]any(nil), args...)
			args[i] = withoutNUL(text)
		}
	}
	return args
}

// Reader returns the driver for reads outside a transaction.
func (s *Store) Reader() dialect.Driver { return s.reader }

// Reads returns how many queries were made outside transactions.
func (s *Store) Reads() uint64 { return s.reader.queries.Load() }
