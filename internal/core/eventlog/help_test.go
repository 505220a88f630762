package eventlog_test

import (
	"context"
	"testing"
	"time"

	"karnak/authz"
	"karnak/ent"
	"karnak/ent/enttest"
	"karnak/internal/core/eventlog"
	"karnak/internal/platform/clock"
	"karnak/internal/platform/id"
)

var (
	posted  = eventlog.Type{Name: "room.note.posted", Public: true}
	hidden  = eventlog.Type{Name: "room.note.hidden"}
	granted = eventlog.Type{Name: "gate.right.given", Access: true}
	opened  = eventlog.Type{Name: "gate.door_a.opened", Public: true, Access: true}
)

func types() []eventlog.Type { return []eventlog.Type{posted, hidden, granted, opened} }

// bench is a log on a fresh database.
type bench struct {
	*eventlog.Log
	db    *ent.DB
	clock *clock.Manual
}

func secretOf(b byte) []byte {
	out := make([]byte, 32)
	for i := range out {
		out[i] = b
	}
	return out
}

func on(t testing.TB, db *ent.DB) *bench {
	t.Helper()
	c := noon()
	l, err := eventlog.New(t.Context(), eventlog.Config{DB: db, Clock: c, Secret: secretOf(7), Types: types()})
	if err != nil {
		t.Fatal(err)
	}
	return &bench{l, db, c}
}

func each(t *testing.T, f func(t *testing.T, b *bench)) {
	t.Helper()
	enttest.Each(t, func(t *testing.T, db *ent.DB) { f(t, on(t, db)) })
}

func as(ctx context.Context, userID string) context.Context {
	return authz.WithActor(ctx, authz.NewActor(userID, "", false, nil))
}

// write makes a change of drafts in one log.
func (b *bench) write(ctx context.Context, t *testing.T, workspaceID string, drafts ...eventlog.Draft) *eventlog.Done {
	t.Helper()
	done, err := b.Change(ctx, func(ctx context.Context, tx *eventlog.Tx) (string, error) {
		for _, d := range drafts {
			if err := tx.Append(ctx, workspaceID, d); err != nil {
				return "", err
			}
		}
		return workspaceID, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return done
}

// all returns a whole log.
func (b *bench) all(t *testing.T, workspaceID string) []*eventlog.Event {
	t.Helper()
	out, err := b.After(t.Context(), workspaceID, 0, 1<<62, eventlog.Filter{}, 1_000_000)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func (b *bench) head(t *testing.T, workspaceID string) eventlog.Head {
	t.Helper()
	h, err := b.Head(t.Context(), workspaceID)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func workspace() string { return id.New(id.Workspace) }

// contiguous fails the test unless events are numbered first, first+1, …
func contiguous(t *testing.T, events []*eventlog.Event, first int64) {
	t.Helper()
	for i, e := range events {
		if e.Seq != first+int64(i) {
			t.Fatalf("event %d has the number %d, want %d", i, e.Seq, first+int64(i))
		}
	}
}

func noon() *clock.Manual { return clock.NewManual(time.Date(2026, 11, 22, 9, 30, 0, 0, time.UTC)) }

func raise(workspaceID string, floor int64) func(context.Context, *ent.Tx) error {
	return func(ctx context.Context, tx *ent.Tx) error {
		return tx.EventHead.UpdateOneID(workspaceID).SetFloor(floor).Exec(ctx)
	}
}
