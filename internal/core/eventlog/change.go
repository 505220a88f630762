package eventlog

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"entgo.io/ent/dialect/sql"

	"karnak/authz"
	"karnak/ent"
	"karnak/internal/platform/id"
)

// Tx is a running change.
type Tx struct {
	*ent.Tx
	log    *Log
	drafts []*Event
	rows   []row
}

// row is what the table holds beyond the event.
type row struct {
	source, dedupe string
}

// Append adds an event to the log of a workspace. It is numbered when the change commits.
func (t *Tx) Append(ctx context.Context, workspaceID string, d Draft) error {
	e := &Event{
		ID: id.New(id.Event), WorkspaceID: workspaceID, Type: d.Type.Name, SubjectID: d.SubjectID, ObjectID: d.ObjectID,
		ChannelID: d.ChannelID, OccurredAt: t.log.clock.Now(), ClientMutationID: mutationOf(ctx).ClientMutationID,
	}
	if !d.At.IsZero() {
		e.OccurredAt = d.At
	}
	if a := authz.ActorOf(ctx); a != nil {
		e.ActorID = a.UserID
	}
	if d.Data != nil {
		b, err := json.Marshal(d.Data)
		if err != nil {
			return fmt.Errorf("data of %s: %w", d.Type.Name, err)
		}
		e.Data = b
	}
	source := d.Source
	if source == "" {
		source = "karnak"
	}
	t.drafts = append(t.drafts, e)
	t.rows = append(t.rows, row{source, d.DedupeKey})
	if d.Type.Access && workspaceID != id.Platform {
		return t.Append(ctx, id.Platform, Draft{Type: changed, SubjectID: d.SubjectID, ObjectID: workspaceID})
	}
	return nil
}

// Change runs fn in one transaction together with the events it appends, and returns once that is durable. fn returns the
// id of what it made or changed. Under an idempotency key that was used before with the same input nothing runs and that
// id comes back; with another input it is IDEMPOTENCY_CONFLICT.
func (l *Log) Change(ctx context.Context, fn func(context.Context, *Tx) (string, error)) (*Done, error) {
	m := mutationOf(ctx)
	var done *Done
	err := l.db.InTx(ctx, func(ctx context.Context, raw *ent.Tx) (err error) {
		done = &Done{Receipt: Receipt{ClientMutationID: m.ClientMutationID}}
		tx := &Tx{Tx: raw, log: l}
		if m.Key != "" {
			replayed, err := l.replay(ctx, tx, m, done)
			if replayed || err != nil {
				return err
			}
		}
		if done.ObjectID, err = fn(ctx, tx); err != nil {
			return err
		}
		raw.BeforeCommit(func(ctx context.Context) error { return l.flush(ctx, tx, m, done) })
		raw.AfterCommit(func() { l.tell(tx.drafts) })
		return nil
	})
	if err != nil {
		return nil, err
	}
	return done, nil
}

func (l *Log) tell(events []*Event) {
	if len(events) == 0 {
		return
	}
	for _, f := range l.listeners {
		f(events)
	}
}

// flush numbers the events and writes them. The heads are locked here, last of all and in one order, so that the lock is
// held for the commit alone and no two changes wait for each other.
func (l *Log) flush(ctx context.Context, tx *Tx, m Mutation, done *Done) error {
	logs := map[string][]*Event{}
	for _, e := range tx.drafts {
		logs[e.WorkspaceID] = append(logs[e.WorkspaceID], e)
	}
	names := make([]string, 0, len(logs))
	for n := range logs {
		names = append(names, n)
	}
	slices.Sort(names)
	if err := l.write(reach(ctx, names), tx, names, logs); err != nil {
		return err
	}
	if len(tx.drafts) > 0 {
		last := tx.drafts[0]
		for _, e := range tx.drafts {
			if e.WorkspaceID != id.Platform {
				last = e
			}
		}
		if last.WorkspaceID != id.Platform {
			done.Cursor = &last.Cursor
		}
		return l.remember(ctx, tx, m, done, last)
	}
	return l.remember(ctx, tx, m, done, &Event{})
}

func (l *Log) write(ctx context.Context, tx *Tx, names []string, logs map[string][]*Event) error {
	if written, err := l.alone(ctx, tx); written || err != nil {
		return err
	}
	for _, n := range names {
		first, err := advance(ctx, tx, n, len(logs[n]))
		if err != nil {
			return err
		}
		for i, e := range logs[n] {
			e.Seq = first + int64(i)
			e.Cursor = l.Cursor(n, e.Seq)
		}
	}
	return l.insert(ctx, tx)
}

// reach returns a context that reaches the logs: the caller's own where they belong to all of the workspaces, which spares the
// connection a change of its scope, else karnak's.
func reach(ctx context.Context, workspaces []string) context.Context {
	a := authz.ActorOf(ctx)
	for _, w := range workspaces {
		if !a.In(w) {
			return system(ctx)
		}
	}
	return ctx
}

// advance counts the head of a log up by n and returns the first new number.
func advance(ctx context.Context, tx *Tx, workspaceID string, n int) (int64, error) {
	var seq int64
	found, err := scanOne(ctx, tx, &seq, sql.Dialect(tx.Dialect()).Update("event_heads").
		Add("seq", n).Where(sql.EQ("id", workspaceID)).Returning("seq"))
	if err != nil {
		return 0, err
	}
	if !found {
		// The log's first events; another change may begin it in the same moment.
		_, err = scanOne(ctx, tx, &seq, sql.Dialect(tx.Dialect()).Insert("event_heads").Columns("id", "seq").Values(workspaceID, n).
			OnConflict(sql.ConflictColumns("id"), sql.ResolveWith(func(u *sql.UpdateSet) { u.Add("seq", n) })).Returning("seq"))
	}
	return seq - int64(n) + 1, err
}

type querier interface{ Query() (string, []any) }

// scanOne runs a statement and reads the one value of its one row.
func scanOne(ctx context.Context, tx *Tx, into any, q querier) (found bool, err error) {
	text, args := q.Query()
	rows := &sql.Rows{}
	if err := tx.Query(ctx, text, args, rows); err != nil {
		return false, err
	}
	defer func() {
		if e := rows.Close(); err == nil {
			err = e
		}
	}()
	if !rows.Next() {
		return false, rows.Err()
	}
	return true, rows.Scan(into)
}

// insertRows bounds the rows of one statement; both engines bound its arguments.
const insertRows = 500

func (l *Log) insert(ctx context.Context, tx *Tx) error {
	now := l.clock.Now()
	for start := 0; start < len(tx.drafts); start += insertRows {
		q := sql.Dialect(tx.Dialect()).Insert("events").Columns("id", "workspace_id", "seq", "type", "actor_id", "subject_id", "object_id",
			"channel_id", "occurred_at", "recorded_at", "source", "dedupe_key", "client_mutation_id", "schema_version", "data")
		for i := start; i < min(start+insertRows, len(tx.drafts)); i++ {
			e, r := tx.drafts[i], tx.rows[i]
			q.Values(e.ID, e.WorkspaceID, e.Seq, e.Type, null(e.ActorID), null(e.SubjectID), null(e.ObjectID), null(e.ChannelID),
				e.OccurredAt, now, r.source, null(r.dedupe), e.ClientMutationID, 1, data(e.Data))
		}
		text, args := q.Query()
		if err := tx.Exec(ctx, text, args, nil); err != nil {
			return err
		}
	}
	return nil
}

func null(s string) any {
	if s == "" {
		return nil
	}
	return s
}

func data(b json.RawMessage) any {
	if b == nil {
		return nil
	}
	return string(b)
}

// Kept is how long an idempotency key is remembered.
const Kept = 24 * time.Hour
