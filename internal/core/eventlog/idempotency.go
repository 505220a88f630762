package eventlog

import (
	"context"
	"crypto/sha256"
	"encoding/hex"

	"entgo.io/ent/dialect/sql"

	"karnak/authz"
	"karnak/ent"
	"karnak/ent/entgen"
	"karnak/ent/entgen/idempotency"
	"karnak/internal/platform/fault"
)

// replay claims the key of a mutation for this transaction, and reports whether it was used before.
func (l *Log) replay(ctx context.Context, tx *Tx, m Mutation, done *Done) (bool, error) {
	claim := sql.Dialect(tx.Dialect()).Insert("idempotency_keys").Columns("id", "created_at", "fingerprint").
		Values(idempotencyID(ctx, m.Key), l.clock.Now(), m.Fingerprint).OnConflict(sql.DoNothing())
	text, args := claim.Query()
	var res sql.Result
	if err := tx.Exec(ctx, text, args, &res); err != nil {
		return false, err
	}
	if n, err := res.RowsAffected(); err != nil || n == 1 {
		return false, err
	}
	used, err := tx.Idempotency.Get(authz.System(ctx, "eventlog: read an idempotency key"), idempotencyID(ctx, m.Key))
	if err != nil {
		return false, err
	}
	return true, l.repeat(used, m, done)
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

// remember writes what a mutation with a key did.
func (l *Log) remember(ctx context.Context, tx *Tx, m Mutation, done *Done, last *Event) error {
	if m.Key == "" {
		return nil
	}
	set := tx.Idempotency.UpdateOneID(idempotencyID(ctx, m.Key)).SetObjectID(done.ObjectID)
	if done.Cursor != nil {
		set.SetLogID(last.WorkspaceID).SetSeq(last.Seq)
	}
	return set.Exec(authz.System(ctx, "eventlog: keep an idempotency key"))
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
