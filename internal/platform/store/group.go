package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"

	"entgo.io/ent/dialect"

	"karnak/internal/platform/failpoint"
)

// group is SQLite's one writer. Changes that wait for it share a transaction, each in a savepoint of its own, and one
// durable commit; each is told when that is done.
type group struct {
	db    *sql.DB
	queue chan *change
	quit  chan struct{}
	done  chan struct{}
	once  sync.Once
}

type change struct {
	ctx  context.Context
	fn   func(context.Context, *Tx) error
	tx   *Tx
	done chan error
	// claimed is set once: by the writer that begins the change, or by the caller who waited too long for that.
	claimed atomic.Bool
}

// groupSize bounds how many changes share a commit, and with it how long the first one waits.
const groupSize = 128

var errClosed = errors.New("the store is closed")

func newGroup(db *sql.DB) *group {
	g := &group{db: db, queue: make(chan *change, groupSize), quit: make(chan struct{}), done: make(chan struct{})}
	go g.loop()
	return g
}

func (g *group) run(ctx context.Context, fn func(context.Context, *Tx) error) error {
	c := &change{ctx: ctx, fn: fn, done: make(chan error, 1)}
	select {
	case g.queue <- c:
	case <-ctx.Done():
		return ctx.Err()
	case <-g.quit:
		return errClosed
	}
	select {
	case err := <-c.done:
		return err
	case <-ctx.Done():
		if c.claimed.CompareAndSwap(false, true) {
			return ctx.Err()
		}
	case <-g.done:
	}
	// Once it is begun the answer has to be waited for: whether it was committed cannot be known before.
	select {
	case err := <-c.done:
		return err
	case <-g.done:
		select {
		case err := <-c.done:
			return err
		default:
			return errClosed
		}
	}
}

func (g *group) close() {
	g.once.Do(func() { close(g.quit) })
	<-g.done
}

func (g *group) loop() {
	defer close(g.done)
	for {
		select {
		case c := <-g.queue:
			g.commit(c)
		case <-g.quit:
			return
		}
	}
}

// commit runs the first change and all that queue up behind it, and commits them together.
func (g *group) commit(first *change) {
	// No context of a caller may reach the shared transaction: SQLite rolls all of it back when one statement is
	// interrupted.
	tx, err := g.db.BeginTx(context.Background(), nil)
	if err != nil {
		first.done <- err
		return
	}
	kept := make([]*change, 0, groupSize)
	for c := first; c != nil; c = g.next(len(kept)) {
		err := g.one(tx, c)
		if errors.Is(err, errBroken) {
			_ = tx.Rollback()
			for _, k := range append(kept, c) {
				k.done <- err
			}
			return
		}
		if err != nil {
			c.done <- err
			continue
		}
		kept = append(kept, c)
	}
	if err = tx.Commit(); err != nil {
		_ = tx.Rollback()
	}
	failpoint.At(failpoint.Committed)
	for _, c := range kept {
		if err == nil {
			c.tx.committed()
		}
		c.done <- err
	}
}

func (g *group) next(n int) *change {
	if n >= groupSize {
		return nil
	}
	select {
	case c := <-g.queue:
		return c
	default:
		return nil
	}
}

// errBroken says that the shared transaction is gone, as after a full disk: none of its changes was made.
var errBroken = errors.New("the transaction was rolled back")

// The writer's statements around each change.
const (
	savepoint = "SAVEPOINT change"
	release   = "RELEASE change"
)

func (g *group) one(tx *sql.Tx, c *change) error {
	if err := c.ctx.Err(); err != nil {
		return err
	}
	if !c.claimed.CompareAndSwap(false, true) {
		return context.Canceled
	}
	if _, err := tx.ExecContext(context.Background(), savepoint); err != nil {
		return fmt.Errorf("%w: %w", errBroken, err)
	}
	c.tx = newTx(tx, dialect.SQLite)
	err := c.tx.perform(context.WithoutCancel(c.ctx), c.fn)
	undo := release
	if err != nil {
		undo = "ROLLBACK TO change; " + release
	}
	if _, e := tx.ExecContext(context.Background(), undo); e != nil {
		return fmt.Errorf("%w: %w", errBroken, errors.Join(err, e))
	}
	failpoint.At(failpoint.Released)
	return err
}
