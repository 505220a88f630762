package stream_test

import (
	"context"
	"log/slog"
	"sync"
	"testing"
	"time"

	"karnak/ent"
	"karnak/ent/enttest"
	"karnak/internal/core/eventlog"
	"karnak/internal/core/stream"
	"karnak/internal/platform/bus"
	"karnak/internal/platform/clock"
	"karnak/internal/platform/id"
)

var (
	posted  = eventlog.Type{Name: "room.note.posted", Public: true}
	revoked = eventlog.Type{Name: "gate.right.revoked", Access: true}
)

// wire is a bus between the nodes of a test. drop decides which messages are lost.
type wire struct {
	bus.Bus
	mu       sync.Mutex
	handlers []func(string, []byte)
	drop     func() bool
	sent     int
}

func (w *wire) Publish(subject string, payload []byte) error {
	w.mu.Lock()
	w.sent++
	lost, handlers := w.drop != nil && w.drop(), w.handlers
	w.mu.Unlock()
	for _, h := range handlers {
		if !lost {
			h(subject, append([]byte(nil), payload...))
		}
	}
	return nil
}

func (w *wire) Subscribe(_ string, h func(string, []byte)) (func(), error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.handlers = append(w.handlers, h)
	return func() {}, nil
}

// node is a log and a hub of a process.
type node struct {
	*stream.Hub
	log   *eventlog.Log
	db    *ent.DB
	clock *clock.Manual
	// told receives the access events that the node heard of others.
	told chan *eventlog.Event
}

func noon() time.Time { return time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC) }

func start(t *testing.T, db *ent.DB, w *wire, c *clock.Manual) *node {
	t.Helper()
	secret := make([]byte, 32)
	l, err := eventlog.New(t.Context(), eventlog.Config{DB: db, Clock: c, Secret: secret, Types: []eventlog.Type{posted, revoked}})
	if err != nil {
		t.Fatal(err)
	}
	n := &node{log: l, db: db, clock: c, told: make(chan *eventlog.Event, 10_000)}
	n.Hub, err = stream.New(stream.Config{
		Log: l, Bus: w, Clock: c, Logger: slog.New(slog.DiscardHandler), Node: id.New(id.Request), Changed: func(e *eventlog.Event) { n.told <- e },
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(n.Close)
	return n
}

// each runs a test with two nodes on one database of each engine.
func each(t *testing.T, f func(t *testing.T, w *wire, a, b *node)) {
	t.Helper()
	enttest.Each(t, func(t *testing.T, db *ent.DB) {
		w := &wire{}
		c := clock.NewManual(noon())
		f(t, w, start(t, db, w, c), start(t, db, w, c))
	})
}

func workspace() string { return id.New(id.Workspace) }

// post writes n events to a log.
func (n *node) post(t *testing.T, workspaceID string, count int, d eventlog.Draft) {
	t.Helper()
	if d.Type.Name == "" {
		d.Type = posted
	}
	_, err := n.log.Change(t.Context(), func(ctx context.Context, tx *eventlog.Tx) (string, error) {
		for range count {
			if err := tx.Append(ctx, workspaceID, d); err != nil {
				return "", err
			}
		}
		return "", nil
	})
	if err != nil {
		t.Error(err)
	}
}

func everything() eventlog.Filter { return eventlog.Filter{} }

func always(context.Context) (time.Time, error) { return time.Time{}, nil }

// open opens a reader of everything behind a number.
func (n *node) open(t *testing.T, workspaceID string, after int64) *stream.Reader {
	t.Helper()
	c := n.log.Cursor(workspaceID, after)
	r, err := n.Read(t.Context(), stream.Spec{WorkspaceID: workspaceID, After: &c, Filter: everything, Allow: always})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.Close)
	return r
}

// take reads events first to last, which have to come without a hole.
func take(t *testing.T, r *stream.Reader, first, last int64) {
	t.Helper()
	for seq := first; seq <= last; seq++ {
		item, err := r.Next(soon(t))
		if err != nil || item.Event == nil || item.Event.Seq != seq {
			t.Fatalf("want event %d: %+v: %v", seq, item, err)
		}
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
	done := make(chan struct{})
	go func() {
		defer close(done)
		beat := time.NewTicker(2 * time.Millisecond)
		defer beat.Stop()
		for ctx.Err() == nil {
			c.Advance(time.Second)
			<-beat.C
		}
	}()
	return func() { cancel(); <-done }
}
