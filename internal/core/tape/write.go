package tape

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"entgo.io/ent/dialect/sql"

	"karnak/authz"
	"karnak/ent"
	"karnak/ent/entgen/tape"
	"karnak/internal/platform/id"
	"karnak/internal/platform/store"
)

// write is steps on their way to a tape; none renew the lease. end says that they are the last, until that the tape waits behind
// them.
type write struct {
	hold  *Hold
	steps []*Step
	end   bool
	until *time.Time
	err   error
}

func newWrite(h *Hold, drafts []Draft) (*write, error) {
	w := &write{hold: h}
	for _, d := range drafts {
		s := &Step{TapeID: h.ID, WorkspaceID: h.WorkspaceID, Kind: d.Kind}
		if d.Data != nil {
			b, err := json.Marshal(d.Data)
			if err != nil {
				return nil, fmt.Errorf("tape: data of %s: %w", d.Kind, err)
			}
			s.Data = b
		}
		w.steps = append(w.steps, s)
	}
	return w, nil
}

// together is run for the writes that come at the same time.
func (e *Engine) together(ctx context.Context, all []*write) {
	if err := e.commit(ctx, all); err != nil {
		for _, w := range all {
			w.err = err
		}
	}
}

// commit writes in one transaction, which reaches the workspaces of the tapes and no others, and tells the readers.
func (e *Engine) commit(ctx context.Context, all []*write) error {
	workspaces := make([]string, len(all))
	for i, w := range all {
		workspaces[i] = w.hold.WorkspaceID
	}
	slices.Sort(workspaces)
	ctx = authz.WithActor(ctx, authz.NewActor("", "", false, slices.Compact(workspaces)))
	e.turn.Lock()
	defer e.turn.Unlock()
	if err := e.DB.InTx(ctx, func(ctx context.Context, tx *ent.Tx) error { return e.write(ctx, tx, all) }); err != nil {
		return err
	}
	e.tell(all)
	return nil
}

// advance is a tape as a Table has it.
type advance struct {
	ID          string `json:"id"`
	WorkspaceID string `json:"workspace_id"`
	Fence       int64  `json:"fence"`
	Seq         int64  `json:"seq"`
	N           int    `json:"n"`
}

// What writes do to their tapes. Steps leave the lease alone: it is indexed, and renewed by itself.
const (
	counting = `seq = tapes.seq + w.n`
	ending   = `seq = tapes.seq + w.n, lease_until = NULL`
	renewing = `lease_until = $2`
	// What is parked is nobody's: neither a step nor a renewal of its last holder's finds it.
	parking = `seq = tapes.seq + w.n, fence = tapes.fence + 1, lease_until = $2, waiting = true`
)

// anySeq stands for whatever number the newest step has: renewing a lease does not hang on it.
const anySeq = -1

// line is a step as a Table has it.
type line struct {
	ID          string          `json:"id"`
	WorkspaceID string          `json:"workspace_id"`
	TapeID      string          `json:"tape_id"`
	Seq         int64           `json:"seq"`
	Kind        string          `json:"kind"`
	RecordedAt  string          `json:"recorded_at"`
	LogSeq      int64           `json:"log_seq"`
	Data        json.RawMessage `json:"data,omitempty"`
}

// state is what a tape became.
type state struct {
	seq, logSeq int64
	stop        bool
}

// write counts the tapes up that are still their holders', and writes their steps; the others' writes are ErrLost.
func (e *Engine) write(ctx context.Context, tx *ent.Tx, all []*write) error {
	states, err := e.advance(ctx, tx, all)
	if err != nil {
		return err
	}
	now := e.Clock.Now()
	var lines []line
	for _, w := range all {
		w.err = nil
		s, ok := states[w.hold.ID]
		if !ok {
			w.err = ErrLost
			continue
		}
		if s.stop {
			w.hold.stop()
		}
		for i, x := range w.steps {
			x.Seq, x.At, x.LogSeq = s.seq-int64(len(w.steps)-1-i), now, s.logSeq
			x.Cursor = e.Cursor(x.TapeID, x.Seq)
			lines = append(lines, line{id.New(id.Step), x.WorkspaceID, x.TapeID, x.Seq, x.Kind, store.Time(now), x.LogSeq, x.Data})
		}
	}
	if len(lines) == 0 {
		return nil
	}
	args, err := store.Rows(lines)
	if err != nil {
		return err
	}
	return tx.Exec(ctx, `INSERT INTO tape_steps (id, workspace_id, tape_id, seq, kind, recorded_at, log_seq, data)
SELECT id, workspace_id, tape_id, seq, kind, recorded_at, log_seq, data FROM `+
		store.Table(tx.Dialect(), "s", "id varchar", "workspace_id varchar", "tape_id varchar", "seq bigint", "kind varchar",
			"recorded_at timestamptz", "log_seq bigint", "data jsonb"), args, nil)
}

// advance counts up, ends or renews, all in the same way.
func (e *Engine) advance(ctx context.Context, tx *ent.Tx, all []*write) (out map[string]state, err error) {
	rows := make([]advance, len(all))
	for i, w := range all {
		rows[i] = advance{w.hold.ID, w.hold.WorkspaceID, w.hold.fence, anySeq, len(w.steps)}
		if len(w.steps) > 0 {
			rows[i].Seq = w.hold.seq
		}
	}
	slices.SortFunc(rows, func(a, b advance) int { return cmp.Compare(a.ID, b.ID) })
	args, err := store.Rows(rows)
	if err != nil {
		return nil, err
	}
	set := counting
	switch {
	case all[0].end:
		set = ending
	case all[0].until != nil:
		set = parking
		args = append(args, store.Time(*all[0].until))
	case len(all[0].steps) == 0:
		set = renewing
		args = append(args, store.Time(e.Clock.Now().Add(Lease)))
	}
	found := &sql.Rows{}
	if err := tx.Query(ctx, `UPDATE tapes SET `+set+` FROM `+
		store.Table(tx.Dialect(), "w", "id varchar", "workspace_id varchar", "fence bigint", "seq bigint", "n bigint")+
		` WHERE tapes.id = w.id AND tapes.workspace_id = w.workspace_id AND tapes.fence = w.fence AND tapes.lease_until IS NOT NULL
AND (w.seq < 0 OR tapes.seq = w.seq)
RETURNING tapes.id, tapes.seq, tapes.stop_at IS NOT NULL, coalesce((SELECT h.seq FROM event_heads h WHERE h.id = tapes.workspace_id), 0)`, args, found); err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, found.Close()) }()
	out = make(map[string]state, len(all))
	for found.Next() {
		var name string
		var s state
		if err := found.Scan(&name, &s.seq, &s.stop, &s.logSeq); err != nil {
			return nil, err
		}
		out[name] = s
	}
	return out, found.Err()
}

// made finds out whether a write was made whose commit failed; it asks until it is told.
func (h *Hold) made(ctx context.Context, w *write) (bool, error) {
	ctx = authz.System(ctx, "tape: what became of a commit")
	for {
		t, err := h.engine.DB.Client().Tape.Query().Where(tape.ID(h.ID)).Only(ctx)
		switch {
		case err != nil:
			if err := h.wait(ctx); err != nil {
				return false, err
			}
		case t.Fence != h.fence || t.LeaseUntil == nil:
			return false, ErrLost
		case t.Seq != h.seq+int64(len(w.steps)):
			return false, nil
		default:
			h.seq = t.Seq
			h.engine.grown(h.ID, t.Seq, false)
			return true, nil
		}
	}
}

// wait waits a moment for a database that failed.
func (h *Hold) wait(ctx context.Context) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-h.lost:
		return ErrLost
	case <-h.engine.Clock.After(again):
		return nil
	}
}

// tell tells what was committed to the holders and to the readers, here and on the other nodes.
func (e *Engine) tell(all []*write) {
	for _, w := range all {
		if w.err != nil {
			e.drop(w.hold)
			w.hold.lose()
			continue
		}
		if w.end || w.until != nil {
			e.drop(w.hold)
		}
		if w.until != nil {
			w.hold.lose()
		}
		if len(w.steps) == 0 {
			continue
		}
		w.hold.seq = w.steps[len(w.steps)-1].Seq
		e.give(w.hold.ID, w.steps, w.end)
		e.hint(w.hold.ID, hint{Node: e.Node, Seq: w.hold.seq, End: w.end, Steps: w.steps})
	}
}
