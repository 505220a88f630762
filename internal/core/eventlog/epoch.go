package eventlog

import (
	"context"

	"karnak/authz"
	"karnak/ent"
	"karnak/ent/entgen/eventhead"
	"karnak/internal/platform/clock"
	"karnak/internal/platform/id"
)

// Renew begins a new epoch in a database that was restored: what was in the log after the backup is gone, and its numbers are
// given anew, so cursors from before are CURSOR_RESET. An epoch is the time of its beginning in milliseconds, so that two
// restores of one backup do not have the same. Servers have to be started anew.
func Renew(ctx context.Context, db *ent.DB, c clock.Clock) error {
	ctx = authz.System(ctx, "eventlog: begin a new epoch")
	return db.InTx(ctx, func(ctx context.Context, tx *ent.Tx) error {
		h, err := tx.EventHead.Query().Where(eventhead.ID(id.Platform)).Only(ctx)
		if err != nil {
			return err
		}
		return tx.EventHead.UpdateOne(h).SetEpoch(max(h.Epoch+1, c.Now().UnixMilli())).Exec(ctx)
	})
}
