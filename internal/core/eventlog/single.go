package eventlog

import (
	"context"

	"entgo.io/ent/dialect"
)

// single is how most changes end on PostgreSQL: the head is counted up and the one event written by the same statement.
const single = `WITH head AS (UPDATE event_heads SET seq = seq + 1 WHERE id = $1 RETURNING seq)
INSERT INTO events (id, workspace_id, seq, type, actor_id, subject_id, object_id, channel_id, occurred_at, recorded_at, source, dedupe_key, client_mutation_id, schema_version, data)
SELECT $2, $1, head.seq, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, 1, $13 FROM head RETURNING seq`

// alone writes a lone event, which spares a round trip while the head is locked. It is false, and does nothing, where there are
// more events or none, where the log has no head yet, and on SQLite.
func (l *Log) alone(ctx context.Context, tx *Tx) (bool, error) {
	if len(tx.drafts) != 1 || tx.Dialect() != dialect.Postgres {
		return false, nil
	}
	e, r := tx.drafts[0], tx.rows[0]
	found, err := scanOne(ctx, tx, &e.Seq, statement{single, []any{
		e.WorkspaceID, e.ID, e.Type, null(e.ActorID), null(e.SubjectID), null(e.ObjectID), null(e.ChannelID),
		e.OccurredAt, l.clock.Now(), r.source, null(r.dedupe), e.ClientMutationID, data(e.Data),
	}})
	if found && err == nil {
		e.Cursor = l.Cursor(e.WorkspaceID, e.Seq)
	}
	return found, err
}

// statement is a text with its arguments.
type statement struct {
	text string
	args []any
}

// Query returns both.
func (s statement) Query() (string, []any) { return s.text, s.args }
