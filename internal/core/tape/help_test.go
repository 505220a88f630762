package tape_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"sync"
	"testing"
	"time"

	"karnak/authz"
	"karnak/ent"
	"karnak/ent/enttest"
	"karnak/internal/core/eventlog"
	"karnak/internal/core/stream"
	"karnak/internal/core/tape"
	"karnak/internal/platform/bus"
	"karnak/internal/platform/clock"
	"karnak/internal/platform/id"
)

var revoked = eventlog.Type{Name: "gate.right.revoked", Access: true}

// wire is a bus between the nodes of a test. drop decides which subjects are lost.
type wire struct {
	bus.Bus
	mu       sync.Mutex
	handlers []func(string, []byte)
	drop     func(subject string) bool
}

func (w *wire) Publish(subject string, payload []byte) error {
	w.mu.Lock()
	lost, handlers := w.drop != nil && w.drop(subject), w.handlers
	w.mu.Unlock()
	for _, h := range handlers {
		if !lost {
			h(subject, append([]byte(nil), payload...))
		}
	}
	return nil
}

func (w *wire) Subscribe(pattern string, h func(string, []byte)) (func(), error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	prefix := pattern[:len(pattern)-1]
	w.handlers = append(w.handlers, func(subject string, payload []byte) {
		if len(subject) > len(prefix) && subject[:len(prefix)] == prefix {
			h(subject, payload)
		}
	})
	return func() {}, nil
}

func (w *wire) losing(drop func(string) bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.drop = drop
}

// node is the engines of a process.
type node struct {
	*tape.Engine
	log *eventlog.Log
	db  *ent.DB
}

func noon() time.Time { return time.Date(2026, 11, 28, 12, 0, 0, 0, time.UTC) }

func start(t *testing.T, db *ent.DB, w *wire, c clock.Clock) *node {
	t.Helper()
	secret := make([]byte, 32)
	l, err := eventlog.New(t.Context(), eventlog.Config{DB: db, Clock: c, Secret: secret, Types: []eventlog.Type{revoked}})
	if err != nil {
		t.Fatal(err)
	}
	name := id.New(id.Node)
	hub, err := stream.New(stream.Config{Log: l, Bus: w, Clock: c, Logger: slog.New(slog.DiscardHandler), Node: name, Changed: func(*eventlog.Event) {}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(hub.Close)
	e, err := tape.New(tape.Config{DB: db, Hub: hub, Bus: w, Clock: c, Logger: slog.New(slog.DiscardHandler), Node: name, Secret: secret})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(e.Close)
	return &node{e, l, db}
}

// each runs a test with two nodes on one database of each engine, by a clock that is moved by hand.
func each(t *testing.T, f func(t *testing.T, w *wire, c *clock.Manual, a, b *node)) {
	t.Helper()
	enttest.Each(t, func(t *testing.T, db *ent.DB) {
		w := &wire{}
		c := clock.NewManual(noon())
		f(t, w, c, start(t, db, w, c), start(t, db, w, c))
	})
}

const kind = "work"

// workspace makes a workspace, for the keys of the tables.
func (n *node) workspace(t *testing.T) string {
	t.Helper()
	w := id.New(id.Workspace)
	n.write(t, func(ctx context.Context, tx *ent.Tx) error {
		return tx.Workspace.Create().SetID(w).SetName("w").SetSlug(w).SetCreatedAt(noon()).Exec(ctx)
	})
	return w
}

func (n *node) write(t *testing.T, f func(context.Context, *ent.Tx) error) {
	t.Helper()
	if err := n.db.InTx(authz.System(t.Context(), "test"), f); err != nil {
		t.Fatal(err)
	}
}

// begin makes a tape that this node holds.
func (n *node) begin(t *testing.T, workspaceID string) *tape.Hold {
	t.Helper()
	held := make(chan *tape.Hold, 1)
	n.write(t, func(ctx context.Context, tx *ent.Tx) error {
		return n.Create(ctx, tx, workspaceID, id.New(id.Generation), kind, func(h *tape.Hold) { held <- h })
	})
	return <-held
}

// free makes a tape that nobody holds.
func (n *node) free(t *testing.T, workspaceID string) string {
	t.Helper()
	name := id.New(id.Generation)
	n.write(t, func(ctx context.Context, tx *ent.Tx) error { return n.Create(ctx, tx, workspaceID, name, kind, nil) })
	return name
}

func (n *node) claim(t *testing.T) []*tape.Hold {
	t.Helper()
	held, err := n.Claim(t.Context(), kind, 10)
	if err != nil {
		t.Fatal(err)
	}
	return held
}

func put(t *testing.T, h *tape.Hold, words ...string) {
	t.Helper()
	for _, w := range words {
		if err := h.Append(soon(t), tape.Draft{Kind: "word", Data: w}); err != nil {
			t.Fatal(err)
		}
	}
}

func (n *node) end(t *testing.T, h *tape.Hold, word string) error {
	t.Helper()
	return n.db.InTx(authz.System(t.Context(), "test"), func(ctx context.Context, tx *ent.Tx) error {
		return h.End(ctx, tx, tape.Draft{Kind: "end", Data: word})
	})
}

func always(context.Context) (time.Time, error) { return time.Time{}, nil }

func (n *node) follow(t *testing.T, workspaceID, tapeID string, after *string) *tape.Follower {
	t.Helper()
	f, err := n.Follow(t.Context(), tape.Spec{WorkspaceID: workspaceID, TapeID: tapeID, After: after, Allow: always})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(f.Close)
	return f
}

// take reads steps of these words, numbered from first on, and returns the cursor of the last.
func take(t *testing.T, f *tape.Follower, first int64, words ...string) (cursor string) {
	t.Helper()
	for i, w := range words {
		s, err := f.Next(soon(t))
		if err != nil {
			t.Fatalf("want step %d: %v", first+int64(i), err)
		}
		var got string
		if err := json.Unmarshal(s.Data, &got); err != nil || got != w || s.Seq != first+int64(i) {
			t.Fatalf("want step %d %q: %+v %q %v", first+int64(i), w, s, got, err)
		}
		cursor = s.Cursor
	}
	return cursor
}

func over(t *testing.T, f *tape.Follower) {
	t.Helper()
	if s, err := f.Next(soon(t)); !errors.Is(err, io.EOF) {
		t.Errorf("the tape goes on: %+v %v", s, err)
	}
}

// soon is a context that ends before the patience of whoever runs the tests does.
func soon(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	t.Cleanup(cancel)
	return ctx
}

// pulse moves a clock on until stop is called.
func pulse(c *clock.Manual) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	var done sync.WaitGroup
	done.Go(func() {
		for ctx.Err() == nil {
			c.Advance(250 * time.Millisecond)
			select {
			case <-ctx.Done():
			case <-time.After(time.Millisecond):
			}
		}
	})
	return func() { cancel(); done.Wait() }
}
