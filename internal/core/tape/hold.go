package tape

import (
	"context"
	"errors"
	"sync"
	"time"

	"entgo.io/ent/dialect"
	"entgo.io/ent/dialect/sql"

	"karnak/authz"
	"karnak/ent"
	"karnak/internal/platform/store"
)

// Hold is a worker's right to write to a tape. Its methods are for one goroutine, but for those that return channels.
type Hold struct {
	ID, WorkspaceID string
	engine          *Engine
	fence           int64
	seq             int64

	mu             sync.Mutex
	stopping, lost chan struct{}
	stopped, gone  bool
}

func (e *Engine) hold(workspaceID, id string, fence, seq int64) *Hold {
	return &Hold{ID: id, WorkspaceID: workspaceID, engine: e, fence: fence, seq: seq, stopping: make(chan struct{}), lost: make(chan struct{})}
}

// Seq is the number of the newest step.
func (h *Hold) Seq() int64 { return h.seq }

// Stopping is closed when the work is to stop.
func (h *Hold) Stopping() <-chan struct{} { return h.stopping }

// Lost is closed when another holds the tape, or this node has given it back.
func (h *Hold) Lost() <-chan struct{} { return h.lost }

// Stopped reports whether the work is to stop.
func (h *Hold) Stopped() bool {
	select {
	case <-h.stopping:
		return true
	default:
		return false
	}
}

// ErrStopped says that work was asked to stop.
var ErrStopped = errors.New("tape: the work was asked to stop")

// Bind returns a context that ends when the work is to stop, with ErrStopped, or is another's, with ErrLost. end ends it, and
// returns why it had ended before; nil where it had not.
func (h *Hold) Bind(ctx context.Context) (bound context.Context, end func() error) {
	bound, cancel := context.WithCancelCause(ctx)
	watched := make(chan struct{})
	go func() {
		defer close(watched)
		select {
		case <-h.stopping:
			cancel(ErrStopped)
		case <-h.lost:
			cancel(ErrLost)
		case <-bound.Done():
		}
	}()
	return bound, func() error {
		cause := context.Cause(bound)
		cancel(nil)
		<-watched
		return cause
	}
}

func (h *Hold) stop() {
	h.mu.Lock()
	defer h.mu.Unlock()
	if !h.stopped {
		h.stopped = true
		close(h.stopping)
	}
}

func (h *Hold) lose() {
	h.mu.Lock()
	defer h.mu.Unlock()
	if !h.gone {
		h.gone = true
		close(h.lost)
	}
}

// Create makes a tape in a transaction, for the caller of ctx. Where begin is given, this node holds it and begin is called with it
// after the commit; otherwise it is held by nobody, and free to be claimed.
func (e *Engine) Create(ctx context.Context, tx *ent.Tx, workspaceID, id, kind string, begin func(*Hold)) error {
	now := e.Clock.Now()
	create := tx.Tape.Create().SetID(id).SetWorkspaceID(workspaceID).SetKind(kind).SetLeaseUntil(now)
	if begin == nil {
		return create.Exec(ctx)
	}
	if err := create.SetFence(1).SetLeaseUntil(now.Add(Lease)).Exec(ctx); err != nil {
		return err
	}
	tx.AfterCommit(func() {
		h := e.hold(workspaceID, id, 1, 0)
		e.keep(h)
		begin(h)
	})
	return nil
}

func (e *Engine) keep(h *Hold) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.held[h.ID] = h
}

func (e *Engine) drop(h *Hold) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.held[h.ID] == h {
		delete(e.held, h.ID)
	}
}

// Claim takes over tapes of a kind that nobody holds, those that wait longest first, at most so many.
func (e *Engine) Claim(ctx context.Context, kind string, most int) (out []*Hold, err error) {
	ctx = authz.System(ctx, "tape: take over what nobody works on")
	err = e.DB.InTx(ctx, func(ctx context.Context, tx *ent.Tx) error {
		out = nil
		now := e.Clock.Now()
		rows := &sql.Rows{}
		if err := tx.Query(ctx, claiming(tx.Dialect()), []any{store.Time(now), store.Time(now.Add(Lease)), kind, most}, rows); err != nil {
			return err
		}
		defer func() { _ = rows.Close() }()
		for rows.Next() {
			var id, workspaceID string
			var fence, seq int64
			var stop bool
			if err := rows.Scan(&id, &workspaceID, &fence, &seq, &stop); err != nil {
				return err
			}
			h := e.hold(workspaceID, id, fence, seq)
			if stop {
				h.stop()
			}
			out = append(out, h)
		}
		return rows.Err()
	})
	if err != nil {
		return nil, err
	}
	for _, h := range out {
		e.keep(h)
	}
	return out, nil
}

// Abandon frees every tape, for a process that knows that no other one holds any.
func (e *Engine) Abandon(ctx context.Context) error {
	ctx = authz.System(ctx, "tape: free what a process held that has ended")
	now := store.Time(e.Clock.Now())
	return e.DB.InTx(ctx, func(ctx context.Context, tx *ent.Tx) error {
		return tx.Exec(ctx, `UPDATE tapes SET lease_until = $1 WHERE lease_until > $1 AND NOT waiting`, []any{now}, nil)
	})
}

// Free reports whether there is a tape of a kind that nobody holds.
func (e *Engine) Free(ctx context.Context, kind string) (free bool, err error) {
	rows := &sql.Rows{}
	ctx = authz.System(ctx, "tape: look for what nobody works on")
	err = e.DB.Reader().Query(ctx, `SELECT 1 FROM tapes WHERE kind = $1 AND lease_until <= $2 LIMIT 1`, []any{kind, store.Time(e.Clock.Now())}, rows)
	if err != nil {
		return false, err
	}
	free = rows.Next()
	return free, errors.Join(rows.Err(), rows.Close())
}

func claiming(name string) string {
	skip := ""
	if name == dialect.Postgres {
		skip = " FOR UPDATE SKIP LOCKED"
	}
	return `UPDATE tapes SET fence = fence + 1, lease_until = $2, waiting = false WHERE lease_until <= $1 AND id IN
(SELECT id FROM tapes WHERE kind = $3 AND lease_until <= $1 ORDER BY lease_until LIMIT $4` + skip + `)
RETURNING id, workspace_id, fence, seq, stop_at IS NOT NULL`
}

// renew keeps the tapes that are held here from being taken over.
func (e *Engine) renew() {
	e.mu.Lock()
	writes := make([]*write, 0, len(e.held))
	for _, h := range e.held {
		writes = append(writes, &write{hold: h})
	}
	e.mu.Unlock()
	if len(writes) == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), within)
	defer cancel()
	if err := e.commit(ctx, writes); err != nil {
		e.Logger.Warn("the leases of what is worked on here could not be renewed; trying again", "error", err)
	}
}

// Append writes steps, and returns when they are durable; where the database fails it goes on trying until ctx ends. ErrLost
// says that nothing was written and nothing will be.
func (h *Hold) Append(ctx context.Context, drafts ...Draft) error {
	w, err := newWrite(h, drafts)
	if err != nil {
		return err
	}
	for {
		err := h.engine.writes.Do(ctx, w)
		if err == nil {
			err = w.err
		}
		if err == nil || errors.Is(err, ErrLost) || ctx.Err() != nil {
			return err
		}
		h.engine.Logger.Warn("steps could not be written; trying again", "tape", h.ID, "error", err)
		if err := h.wait(ctx); err != nil {
			return err
		}
		// Nobody knows whether a commit that failed was made.
		if made, err := h.made(ctx, w); made || err != nil {
			return err
		}
	}
}

// again is how long it takes until a write that failed is tried again.
const again = 200 * time.Millisecond

// AppendIn writes steps in a transaction of the caller's; ErrLost fails it. Readers are told after the commit.
func (h *Hold) AppendIn(ctx context.Context, tx *ent.Tx, drafts ...Draft) error {
	return h.put(ctx, tx, drafts, func(*write) {})
}

// End is AppendIn for the last steps of the tape.
func (h *Hold) End(ctx context.Context, tx *ent.Tx, drafts ...Draft) error {
	return h.put(ctx, tx, drafts, func(w *write) { w.end = true })
}

func (h *Hold) put(ctx context.Context, tx *ent.Tx, drafts []Draft, how func(*write)) error {
	w, err := newWrite(h, drafts)
	if err != nil {
		return err
	}
	how(w)
	if err := h.engine.write(ctx, tx, []*write{w}); err != nil {
		return err
	}
	if w.err != nil {
		return w.err
	}
	tx.AfterCommit(func() { h.engine.tell([]*write{w}) })
	return nil
}

// Release gives the tape back, to be claimed at once; one that has ended is left as it is.
func (h *Hold) Release(ctx context.Context) error {
	h.engine.drop(h)
	h.lose()
	ctx = authz.WithActor(ctx, authz.NewActor("", "", false, []string{h.WorkspaceID}))
	return h.engine.DB.InTx(ctx, func(ctx context.Context, tx *ent.Tx) error {
		return tx.Exec(ctx, `UPDATE tapes SET lease_until = $1 WHERE id = $2 AND fence = $3 AND lease_until IS NOT NULL`,
			[]any{store.Time(h.engine.Clock.Now()), h.ID, h.fence}, nil)
	})
}

// pause is how long it takes until a change that failed is tried again.
const pause = time.Second

// Change makes a change that goes with steps of the tape: it calls do until it succeeds, or fails for another reason than the
// database's, or the tape is another's. A change that was made although its commit failed is ErrLost, as its steps are there.
func (h *Hold) Change(ctx context.Context, do func(context.Context) error) error {
	for {
		err := do(ctx)
		if err == nil || errors.Is(err, ErrLost) || ctx.Err() != nil || !store.Unavailable(err) {
			return err
		}
		h.engine.Logger.Warn("a change could not be written; trying again", "id", h.ID, "error", err)
		select {
		case <-h.engine.Clock.After(pause):
		case <-h.lost:
			return ErrLost
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}
