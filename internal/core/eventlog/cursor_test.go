package eventlog_test

import (
	"context"
	"encoding/base64"
	"testing"

	"karnak/authz"
	"karnak/ent"
	"karnak/ent/enttest"
	"karnak/internal/core/eventlog"
	"karnak/internal/platform/fault"
	"karnak/internal/platform/id"
)

func TestCursor(t *testing.T) {
	t.Parallel()
	db := enttest.Open(t, enttest.Engines[0])
	b, w := on(t, db), workspace()
	for _, seq := range []int64{0, 1, 41, 42} {
		if got, err := b.Position(w, b.Cursor(w, seq), 42); err != nil || got != seq {
			t.Errorf("%d reads as %d: %v", seq, got, err)
		}
	}
	good := b.Cursor(w, 7)
	other, err := eventlog.New(t.Context(), eventlog.Config{DB: db, Clock: noon(), Secret: secretOf(8)})
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]string{
		"empty": "", "text": "hello", "cut": good[:len(good)-2], "longer": good + "AA", "other alphabet": "+/" + good[2:],
		"of another workspace": b.Cursor(workspace(), 7), "of the platform": b.Cursor(id.Platform, 7), "of another secret": other.Cursor(w, 7),
		"ahead": b.Cursor(w, 43), "negative": b.Cursor(w, -1), "padded": good + "=",
	} {
		if _, err := b.Position(w, c, 42); fault.CodeOf(err) != fault.BadUserInput {
			t.Errorf("%s: %v", name, err)
		}
	}
	raw, err := base64.RawURLEncoding.DecodeString(good)
	if err != nil {
		t.Fatal(err)
	}
	for i := range len(raw) * 8 {
		forged := append([]byte(nil), raw...)
		forged[i/8] ^= 1 << (i % 8)
		if _, err := b.Position(w, base64.RawURLEncoding.EncodeToString(forged), 42); fault.CodeOf(err) != fault.BadUserInput {
			t.Errorf("bit %d turned: %v", i, err)
		}
	}
	if c := b.Cursor("user_00000000000000000000000000", 1) + b.Cursor("", 1); c != "" {
		t.Errorf("no workspace has the cursor %q", c)
	}
}

func TestCursorOfBeforeARestore(t *testing.T) {
	t.Parallel()
	enttest.Each(t, func(t *testing.T, db *ent.DB) {
		b, w := on(t, db), workspace()
		before := b.Cursor(w, 3)
		ctx := authz.System(t.Context(), "test")
		err := db.InTx(ctx, func(_ context.Context, tx *ent.Tx) error {
			return tx.EventHead.UpdateOneID(id.Platform).AddEpoch(1).Exec(ctx)
		})
		if err != nil {
			t.Fatal(err)
		}
		after := on(t, db)
		if _, err := after.Position(w, before, 42); fault.CodeOf(err) != fault.CursorReset {
			t.Errorf("a cursor of before the restore: %v", err)
		}
		if seq, err := after.Position(w, after.Cursor(w, 3), 42); err != nil || seq != 3 {
			t.Errorf("a cursor of after it: %d, %v", seq, err)
		}
		if _, err := b.Position(w, after.Cursor(w, 3), 42); fault.CodeOf(err) != fault.CursorReset {
			t.Errorf("a new cursor at a node that was not restarted: %v", err)
		}
	})
}
