package tape

import (
	"context"
	"errors"
	"time"

	"entgo.io/ent/dialect/sql"

	"karnak/ent"
	"karnak/internal/platform/store"
)

// Park is AppendIn for work that waits for something else: nobody holds the tape after the commit, until Wake or Stop frees it, or
// the time has come. What it waits for may have come before the commit: the tape is locked from here on, as it is by Wake, so that
// whoever looks for it behind Park in the transaction, and wakes the tape where it is there, misses nothing.
func (h *Hold) Park(ctx context.Context, tx *ent.Tx, until time.Time, drafts ...Draft) error {
	return h.put(ctx, tx, drafts, func(w *write) { w.until = &until })
}

// Wake frees a tape that waits, to be claimed at once; any other one is left as it is. Several are woken in the order of their ids.
func (e *Engine) Wake(ctx context.Context, tx *ent.Tx, id string) error {
	_, err := e.free(ctx, tx, `UPDATE tapes SET lease_until = CASE WHEN waiting THEN $1 ELSE lease_until END, waiting = false
WHERE id = $2 AND lease_until IS NOT NULL RETURNING kind, lease_until <= $1`, id)
	return err
}

// Stop asks who holds a tape, now or later, to stop. ended says that there was nothing to stop.
func (e *Engine) Stop(ctx context.Context, tx *ent.Tx, id string) (ended bool, err error) {
	there, err := e.free(ctx, tx, `UPDATE tapes SET stop_at = coalesce(stop_at, $1),
lease_until = CASE WHEN waiting THEN $1 ELSE lease_until END, waiting = false WHERE id = $2 AND lease_until IS NOT NULL RETURNING kind, lease_until <= $1`, id)
	if there {
		tx.AfterCommit(func() { e.halt(id) })
	}
	return !there, err
}

// free runs a statement that may free a tape, and tells the workers of its kind here after the commit.
func (e *Engine) free(ctx context.Context, tx *ent.Tx, statement, id string) (there bool, err error) {
	rows := &sql.Rows{}
	if err := tx.Query(ctx, statement, []any{store.Time(e.Clock.Now()), id}, rows); err != nil {
		return false, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	if !rows.Next() {
		return false, rows.Err()
	}
	var kind string
	var freed bool
	if err := rows.Scan(&kind, &freed); err != nil {
		return false, err
	}
	if freed {
		tx.AfterCommit(func() { e.freed(kind) })
	}
	return true, nil
}

// signal tells of tapes of a kind that have become free here; on other nodes, only looking does.
func (e *Engine) signal(kind string) chan struct{} {
	e.mu.Lock()
	defer e.mu.Unlock()
	c := e.signals[kind]
	if c == nil {
		c = make(chan struct{}, 1)
		e.signals[kind] = c
	}
	return c
}

func (e *Engine) freed(kind string) {
	select {
	case e.signal(kind) <- struct{}{}:
	default: // it is signalled already
	}
}
