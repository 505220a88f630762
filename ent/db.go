package ent

import (
	"context"

	"karnak/ent/entgen"
	_ "karnak/ent/entgen/runtime" // brings the privacy rules and hooks in
	"karnak/internal/platform/store"
)

// DB is the data model on an open store.
type DB struct {
	*store.Store
	client *entgen.Client
}

// New returns the data model on a store.
func New(s *store.Store) *DB {
	return &DB{Store: s, client: entgen.NewClient(entgen.Driver(s.Reader()))}
}

// Client reads outside a transaction. Writes go through InTx.
func (d *DB) Client() *entgen.Client { return d.client }

// Tx is a running transaction with the entities bound to it.
type Tx struct {
	*store.Tx
	*entgen.Client
}

// InTx runs fn in a transaction, as store.InTx does.
func (d *DB) InTx(ctx context.Context, fn func(context.Context, *Tx) error) error {
	return d.Store.InTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		return fn(ctx, &Tx{Tx: tx, Client: entgen.NewClient(entgen.Driver(tx.Driver))})
	})
}
