package store

import (
	"context"
	"database/sql"
	"errors"
	"sync"

	entsql "entgo.io/ent/dialect/sql"
	"github.com/lib/pq"
)

// Lease returns a context whose reads share one connection, so that row-level security is told their scope once. It is for
// answers that read one thing after another; release ends it. A connection is taken by the first read. Half of the pool is
// never leased: who holds a lease and waits for somebody else does not keep them from their connection. Where there is no
// row-level security, the context is ctx.
func (s *Store) Lease(ctx context.Context) (_ context.Context, release func()) {
	if s.reader.scope == nil {
		return ctx, func() {}
	}
	l := &lease{scope: s.reader.scope(ctx), leased: s.reader.leased}
	return context.WithValue(ctx, leaseKey{}, l), l.release
}

type leaseKey struct{}

// lease is the connection of one answer.
type lease struct {
	scope  string
	leased chan struct{}

	mu   sync.Mutex
	conn *sql.Conn
	// over says that the lease ended, or never began since too many had one.
	over bool
}

// take returns the connection and keeps others off it until it is given back by l.mu.Unlock; nil where there is none.
func (l *lease) take(ctx context.Context, db *sql.DB) *sql.Conn {
	l.mu.Lock()
	if l.over || l.conn != nil {
		return l.taken()
	}
	select {
	case l.leased <- struct{}{}:
	default:
		l.over = true
		return l.taken()
	}
	conn, err := db.Conn(ctx)
	if err != nil {
		<-l.leased
		l.over = true // the read says what is wrong
		return l.taken()
	}
	l.conn = conn
	return conn
}

func (l *lease) taken() *sql.Conn {
	if l.over {
		l.mu.Unlock()
		return nil
	}
	return l.conn
}

// end gives the connection back to the pool. The lease is locked.
func (l *lease) end() {
	l.over = true
	if l.conn != nil {
		_ = l.conn.Close() // the pool looks after a connection that is broken
		l.conn = nil
		<-l.leased
	}
}

func (l *lease) release() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.end()
}

// query reads through the lease. It tells whether it did.
func (r *reader) query(ctx context.Context, l *lease, query string, args, v any) (bool, error) {
	conn := l.take(ctx, r.DB())
	if conn == nil {
		return false, nil
	}
	err := entsql.Conn{ExecQuerier: conn}.Query(ctx, query, args, v)
	var said *pq.Error
	switch {
	case errors.As(err, &said) || err != nil && ctx.Err() != nil:
		l.mu.Unlock()
		return true, err
	case err != nil: // the connection is gone: the pool has others
		l.end()
		l.mu.Unlock()
		return false, nil //nolint:nilerr // the read is made there, and says what is wrong
	}
	rows := v.(*entsql.Rows) //nolint:forcetypeassert // Query has looked
	rows.ColumnScanner = &leasedRows{ColumnScanner: rows.ColumnScanner, done: sync.OnceFunc(l.mu.Unlock)}
	return true, nil
}

// leasedRows give the connection back when they are closed.
type leasedRows struct {
	entsql.ColumnScanner
	done func()
}

// Close ends the reading.
func (r *leasedRows) Close() error {
	defer r.done()
	return r.ColumnScanner.Close()
}
