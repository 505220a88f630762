package eventlog

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"slices"

	"entgo.io/ent/dialect"
	"entgo.io/ent/dialect/sql"

	"karnak/authz"
	"karnak/internal/platform/failpoint"
	"karnak/internal/platform/store"
)

// line is an event as a Table has it; Back counts back from the head that its log then has.
type line struct {
	ID               string          `json:"id"`
	WorkspaceID      string          `json:"workspace_id"`
	Back             int64           `json:"back"`
	Type             string          `json:"type"`
	ActorID          string          `json:"actor_id,omitempty"`
	SubjectID        string          `json:"subject_id,omitempty"`
	ObjectID         string          `json:"object_id,omitempty"`
	ChannelID        string          `json:"channel_id,omitempty"`
	OccurredAt       string          `json:"occurred_at"`
	RecordedAt       string          `json:"recorded_at"`
	Source           string          `json:"source"`
	DedupeKey        string          `json:"dedupe_key,omitempty"`
	ClientMutationID *string         `json:"client_mutation_id,omitempty"`
	Data             json.RawMessage `json:"data,omitempty"`
}

func lines(name string) string {
	return store.Table(name, "e", "id varchar", "workspace_id varchar", "back bigint", "type varchar", "actor_id varchar", "subject_id varchar",
		"object_id varchar", "channel_id varchar", "occurred_at timestamptz", "recorded_at timestamptz", "source varchar", "dedupe_key varchar",
		"client_mutation_id varchar", "data jsonb")
}

// The heads are locked in the order of their ids. One that is not there yet is made: these are the log's first events.
const (
	advance = ` GROUP BY workspace_id ORDER BY workspace_id
ON CONFLICT (id) DO UPDATE SET seq = event_heads.seq + excluded.seq RETURNING id, seq`
	insert = `INSERT INTO events (id, workspace_id, seq, type, actor_id, subject_id, object_id, channel_id, occurred_at, recorded_at, source, dedupe_key, client_mutation_id, schema_version, data)
SELECT e.id, e.workspace_id, h.seq - e.back, type, actor_id, subject_id, object_id, channel_id, occurred_at, recorded_at, source, dedupe_key, client_mutation_id, 1, data FROM `
)

// write counts the heads of the logs up and writes the events, on PostgreSQL by one statement: that spares a round trip while the
// heads are locked.
func (l *Log) write(ctx context.Context, tx *Tx, drafts []draft) error {
	count := map[string]int64{}
	for _, d := range drafts {
		count[d.WorkspaceID]++
	}
	names := slices.Sorted(maps.Keys(count))
	ctx = reach(ctx, names)
	events, left := make([]line, len(drafts)), maps.Clone(count)
	now := store.Time(l.clock.Now())
	for i, d := range drafts {
		left[d.WorkspaceID]--
		events[i] = line{
			d.ID, d.WorkspaceID, left[d.WorkspaceID], d.Type, d.ActorID, d.SubjectID, d.ObjectID, d.ChannelID,
			store.Time(d.OccurredAt), now, d.source, d.dedupe, d.ClientMutationID, d.Data,
		}
	}
	heads, err := l.number(ctx, tx, events)
	if err != nil {
		return err
	}
	for _, n := range names {
		if heads[n] < count[n] {
			return errors.New("eventlog: the head of a log could not be counted up")
		}
	}
	for i, d := range drafts {
		d.Seq = heads[d.WorkspaceID] - events[i].Back
		d.Cursor = l.Cursor(d.WorkspaceID, d.Seq)
	}
	return nil
}

// number writes the events and returns the heads of their logs.
func (l *Log) number(ctx context.Context, tx *Tx, events []line) (map[string]int64, error) {
	heads := map[string]int64{}
	read := func(rows *sql.Rows) error {
		var name string
		var seq int64
		err := rows.Scan(&name, &seq)
		heads[name] = seq
		return err
	}
	if tx.Dialect() == dialect.Postgres {
		return heads, each(ctx, tx, `WITH e AS MATERIALIZED (SELECT * FROM `+lines(tx.Dialect())+`),
h AS (INSERT INTO event_heads (id, seq) SELECT workspace_id, count(*) FROM e`+advance+`),
written AS (`+insert+`e JOIN h ON h.id = e.workspace_id) SELECT id, seq FROM h`, events, read)
	}
	err := each(ctx, tx, `INSERT INTO event_heads (id, seq) SELECT workspace_id, count(*) FROM `+store.Table(tx.Dialect(), "e", "workspace_id varchar")+advance, events, read)
	if err != nil {
		return nil, err
	}
	failpoint.At(failpoint.Counted)
	args, err := store.Rows(events)
	if err != nil {
		return nil, err
	}
	return heads, tx.Exec(ctx, insert+lines(tx.Dialect())+` JOIN event_heads h ON h.id = e.workspace_id`, args, nil)
}

// each runs a statement for objects and reads its rows.
func each[T any](ctx context.Context, tx *Tx, text string, objects []T, read func(*sql.Rows) error) (err error) {
	args, err := store.Rows(objects)
	if err != nil {
		return err
	}
	rows := &sql.Rows{}
	if err := tx.Query(ctx, text, args, rows); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		if err := read(rows); err != nil {
			return err
		}
	}
	return rows.Err()
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
