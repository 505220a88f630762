package store

import (
	"context"
	"sync"
)

// Lease returns a context whose reads share one connection, so that row-level security is told their scope once. It is for
// answers that read one thing after another; release ends it. A connection is taken by the first read. Where all are in use,
// or there is no row-level security, the reads go their own ways.
func (s *Store) Lease(ctx context.Context) (_ context.Context, release func()) {
	if s.reader.pool == nil || s.reader.pool.scope == nil {
		return ctx, func() {}
	}
	l := &lease{pool: s.reader.pool, scope: s.reader.pool.scope(ctx)}
	return context.WithValue(ctx, leaseKey{}, l), l.release
}

type leaseKey struct{}

// lease is the connection of one answer.
type lease struct {
	pool  *readPool
	scope string

	mu   sync.Mutex
	conn *readConn
	// over says that the lease ended, or never began since there was no connection.
	over bool
}

// take returns the connection and keeps others off it until it is given back; nil where there is none.
func (l *lease) take(ctx context.Context) *readConn {
	l.mu.Lock()
	if !l.over && l.conn == nil {
		l.conn = l.pool.take(ctx)
		l.over = l.conn == nil
	}
	if l.over {
		l.mu.Unlock()
		return nil
	}
	return l.conn
}

// back lets others have the connection; the lease of one that failed is over.
func (l *lease) back(err error) {
	if err != nil {
		l.end()
	}
	l.mu.Unlock()
}

// end gives the connection back to the pool. The lease is locked.
func (l *lease) end() {
	l.over = true
	if l.conn != nil {
		l.conn.release()
		l.conn = nil
	}
}

func (l *lease) release() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.end()
}
