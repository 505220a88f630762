package eventlog

import (
	"context"
	"errors"
	"sync/atomic"

	"karnak/authz"
	"karnak/ent"
	"karnak/ent/entgen"
	"karnak/ent/entgen/eventhead"
	"karnak/internal/platform/clock"
	"karnak/internal/platform/id"
	"karnak/internal/platform/store"
)

// Config is what a Log stands on.
type Config struct {
	DB    *ent.DB
	Clock clock.Clock
	// Secret authenticates the cursors.
	Secret []byte
	// Types are the events of all rooms.
	Types []Type
}

// Log appends events and reads them.
type Log struct {
	db        *ent.DB
	clock     clock.Clock
	secret    []byte
	types     map[string]Type
	access    []string
	public    []string
	epoch     atomic.Int64
	listeners []func([]*Event)
}

// New returns the log on a migrated database.
func New(ctx context.Context, c Config) (*Log, error) {
	if c.DB == nil || c.Clock == nil || len(c.Secret) < 32 {
		return nil, errors.New("eventlog: DB, Clock and a Secret of 32 bytes are needed")
	}
	l := &Log{db: c.DB, clock: c.Clock, secret: c.Secret, types: map[string]Type{}}
	for _, t := range append([]Type{changed}, c.Types...) {
		if _, twice := l.types[t.Name]; twice {
			return nil, errors.New("eventlog: two types are named " + t.Name)
		}
		l.types[t.Name] = t
		if t.Access {
			l.access = append(l.access, t.Name)
		}
		if t.Public {
			l.public = append(l.public, t.Name)
		}
	}
	ctx = authz.System(ctx, "eventlog: read the epoch")
	err := l.open(ctx)
	if store.Duplicate(err) { // another node opened the same new database
		err = l.open(ctx)
	}
	return l, err
}

// open reads the epoch, and makes the head of the platform's log on a new database.
func (l *Log) open(ctx context.Context) error {
	return l.db.InTx(ctx, func(ctx context.Context, tx *ent.Tx) error {
		h, err := tx.EventHead.Query().Where(eventhead.ID(id.Platform)).Only(ctx)
		if entgen.IsNotFound(err) {
			h, err = tx.EventHead.Create().SetID(id.Platform).Save(ctx)
		}
		if err != nil {
			return err
		}
		l.epoch.Store(h.Epoch)
		return nil
	})
}

// OnCommit adds a listener that is called after each durable commit, before it is acknowledged, with the events in their
// order. It must not block. Listeners are added before the first change.
func (l *Log) OnCommit(f func([]*Event)) { l.listeners = append(l.listeners, f) }

// TypeOf returns a type by name; one nobody declared is neither public nor about access.
func (l *Log) TypeOf(name string) Type {
	if t, ok := l.types[name]; ok {
		return t
	}
	return Type{Name: name}
}
