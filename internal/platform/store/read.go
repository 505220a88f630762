package store

import (
	"context"
	"sync/atomic"

	"entgo.io/ent/dialect"
	entsql "entgo.io/ent/dialect/sql"
)

// reader is the driver for reads; it counts them.
type reader struct {
	*entsql.Driver
	queries atomic.Uint64
	// scope and leased are of leases; nil where there are none.
	scope  func(context.Context) string
	leased chan struct{}
}

var _ dialect.Driver = (*reader)(nil)

// Query runs a statement that returns rows.
func (r *reader) Query(ctx context.Context, query string, args, v any) error {
	r.queries.Add(1)
	// A read of another scope, as the system's, would have the connection told twice.
	if l, ok := ctx.Value(leaseKey{}).(*lease); ok && r.scope(ctx) == l.scope {
		if done, err := r.query(ctx, l, query, args, v); done {
			return err
		}
	}
	return r.Driver.Query(ctx, query, args, v)
}

// Reader returns the driver for reads outside a transaction.
func (s *Store) Reader() dialect.Driver { return s.reader }

// Reads returns how many queries were made outside transactions.
func (s *Store) Reads() uint64 { return s.reader.queries.Load() }
