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
}

var _ dialect.Driver = (*reader)(nil)

// Query runs a statement that returns rows.
func (r *reader) Query(ctx context.Context, query string, args, v any) error {
	r.queries.Add(1)
	return r.Driver.Query(ctx, query, args, v)
}

// Reader returns the driver for reads outside a transaction.
func (s *Store) Reader() dialect.Driver { return s.reader }

// Reads returns how many queries were made outside transactions.
func (s *Store) Reads() uint64 { return s.reader.queries.Load() }
