package eventlog

import (
	"context"
	"crypto/sha256"
	"encoding/hex"

	"entgo.io/ent/dialect/sql"

	"karnak/authz"
	"karnak/ent"
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
	if used.Fingerprint != m.Fingerprint {
		return false, fault.New(fault.IdempotencyConflict, "This idempotency key was used with another input: choose a new key.")
	}
	done.ObjectID, done.Replayed = used.ObjectID, true
	if used.LogID != "" {
		c := l.Cursor(used.LogID, used.Seq)
		done.Cursor = &c
	}
	return true, nil
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
