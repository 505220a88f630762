package eventlog

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"slices"

	"entgo.io/ent/dialect/sql"

	"karnak/authz"
	"karnak/ent"
	"karnak/ent/entgen"
	"karnak/ent/entgen/idempotency"
	"karnak/internal/platform/fault"
	"karnak/internal/platform/store"
)

// entry is an idempotency key as a Table has it.
type entry struct {
	ID          string `json:"id"`
	At          string `json:"at,omitempty"`
	Fingerprint string `json:"fingerprint"`
	ObjectID    string `json:"object_id"`
	LogID       string `json:"log_id"`
	Seq         int64  `json:"seq"`
}

// claim takes the keys of the changes for this transaction, in one order for all who do. Changes whose keys were used before are
// answered as they were then.
func (l *Log) claim(ctx context.Context, tx *Tx, of []*Joint) error {
	var wanted []entry
	for _, j := range of {
		if j.key != "" {
			wanted = append(wanted, entry{ID: j.key, At: store.Time(l.clock.Now()), Fingerprint: j.mutation.Fingerprint})
		}
	}
	if len(wanted) == 0 {
		return nil
	}
	var taken []string
	err := each(ctx, tx, "INSERT INTO idempotency_keys (id, created_at, fingerprint) SELECT id, at, fingerprint FROM "+
		store.Table(tx.Dialect(), "k", "id varchar", "at timestamptz", "fingerprint varchar")+" ORDER BY id ON CONFLICT DO NOTHING RETURNING id",
		wanted, func(rows *sql.Rows) error {
			taken = append(taken, "")
			return rows.Scan(&taken[len(taken)-1])
		})
	if err != nil || len(taken) == len(wanted) {
		return err
	}
	return l.repeats(ctx, tx, of, taken)
}

// repeats answers the changes whose keys could not be taken.
func (l *Log) repeats(ctx context.Context, tx *Tx, of []*Joint, taken []string) error {
	var used []string
	for _, j := range of {
		if j.key != "" && !slices.Contains(taken, j.key) {
			used = append(used, j.key)
		}
	}
	rows, err := tx.Idempotency.Query().Where(store.In(idempotency.FieldID, used)).All(authz.System(ctx, "eventlog: read idempotency keys"))
	if err != nil {
		return err
	}
	found := map[string]*entgen.Idempotency{}
	for _, r := range rows {
		found[r.ID] = r
	}
	for _, j := range of {
		if !slices.Contains(used, j.key) {
			continue
		}
		if found[j.key] == nil {
			return errors.New("eventlog: an idempotency key is gone that was just used")
		}
		j.used = true
		j.err = l.repeat(found[j.key], j.mutation, &j.done)
	}
	return nil
}

// repeat answers as the change did that used the key.
func (l *Log) repeat(used *entgen.Idempotency, m Mutation, done *Done) error {
	if used.Fingerprint != m.Fingerprint {
		return fault.New(fault.IdempotencyConflict, "This idempotency key was used with another input: choose a new key.")
	}
	done.ObjectID, done.Replayed = used.ObjectID, true
	if used.LogID != "" {
		c := l.Cursor(used.LogID, used.Seq)
		done.Cursor = &c
	}
	return nil
}

// Replay returns what the mutation did when it was made before, under its idempotency key and with the same input; nil when
// it was not. Change looks by itself: this is for mutations whose object is not found any more once they are made.
func (l *Log) Replay(ctx context.Context) (*Done, error) {
	m := mutationOf(ctx)
	if m.Key == "" {
		return nil, nil
	}
	used, err := l.db.Client().Idempotency.Get(authz.System(ctx, "eventlog: read an idempotency key"), idempotencyID(ctx, m.Key))
	if entgen.IsNotFound(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	done := &Done{Receipt: Receipt{ClientMutationID: m.ClientMutationID}}
	return done, l.repeat(used, m, done)
}

// remember writes what the mutations with a key did, and gives back the keys of those that were refused.
func (l *Log) remember(ctx context.Context, tx *Tx, of []*Joint) error {
	var made []entry
	var back []string
	for _, j := range of {
		switch {
		case j.key == "" || j.used:
		case j.err != nil:
			back = append(back, j.key)
		default:
			e := entry{ID: j.key, ObjectID: j.done.ObjectID}
			if j.last != nil {
				e.LogID, e.Seq = j.last.WorkspaceID, j.last.Seq
			}
			made = append(made, e)
		}
	}
	if len(back) > 0 {
		if _, err := tx.Idempotency.Delete().Where(store.In(idempotency.FieldID, back)).Exec(authz.System(ctx, "eventlog: give idempotency keys back")); err != nil {
			return err
		}
	}
	if len(made) == 0 {
		return nil
	}
	args, err := store.Rows(made)
	if err != nil {
		return err
	}
	return tx.Exec(ctx, "UPDATE idempotency_keys SET object_id = k.object_id, log_id = k.log_id, seq = k.seq FROM "+
		store.Table(tx.Dialect(), "k", "id varchar", "object_id varchar", "log_id varchar", "seq bigint")+" WHERE idempotency_keys.id = k.id", args, nil)
}

// idempotencyID keeps the keys of different actors apart.
func idempotencyID(ctx context.Context, key string) string {
	user := ""
	if a := authz.ActorOf(ctx); a != nil {
		user = a.UserID
	}
	h := sha256.Sum256([]byte(user + "\x00" + key))
	return hex.EncodeToString(h[:20])
}

// Forget removes idempotency keys that are no longer kept.
func (l *Log) Forget(ctx context.Context) error {
	before := l.clock.Now().Add(-Kept)
	ctx = authz.System(ctx, "eventlog: forget idempotency keys")
	return l.db.InTx(ctx, func(ctx context.Context, tx *ent.Tx) error {
		_, err := tx.Idempotency.Delete().Where(idempotency.CreatedAtLT(before)).Exec(ctx)
		return err
	})
}
