package presence_test

import (
	"context"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"time"

	"karnak/internal/core/presence"
	"karnak/internal/platform/bus"
	"karnak/internal/platform/clock"
)

// wire is a bus between the nodes of a test. drop decides which messages are lost.
type wire struct {
	bus.Bus
	mu       sync.Mutex
	handlers map[int]func(string, []byte)
	drop     func(payload []byte) bool
}

func (w *wire) Publish(subject string, payload []byte) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.drop != nil && w.drop(payload) {
		return nil
	}
	for _, h := range w.handlers {
		h(subject, slices.Clone(payload))
	}
	return nil
}

func (w *wire) Subscribe(_ string, h func(string, []byte)) (func(), error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	n := len(w.handlers)
	w.handlers[n] = h
	return func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.handlers[n] = func(string, []byte) {}
	}, nil
}

func (w *wire) losing(drop func(payload []byte) bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.drop = drop
}

type cluster struct {
	*wire
	clock *clock.Manual
}

func newCluster() *cluster {
	return &cluster{&wire{handlers: map[int]func(string, []byte){}}, clock.NewManual(time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC))}
}

func (c *cluster) node(t *testing.T, name string) *presence.Hub {
	t.Helper()
	h, err := presence.New(presence.Config{Bus: c, Clock: c.clock, Logger: slog.New(slog.DiscardHandler), Node: name})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(h.Close)
	return h
}

// pass lets time pass in steps that let everybody act.
func (c *cluster) pass(d time.Duration) {
	const step = 100 * time.Millisecond
	for ; d > 0; d -= step {
		time.Sleep(time.Millisecond)
		c.clock.Advance(step)
	}
	time.Sleep(time.Millisecond)
}

func soon(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	t.Cleanup(cancel)
	return ctx
}

// view is a watcher and what follows of what it was told.
type view struct {
	*presence.Watcher
	c       *cluster
	here    map[string]bool
	typing  []string
	count   int
	updates int
}

func (c *cluster) watch(t *testing.T, h *presence.Hub, place string) *view {
	t.Helper()
	v := &view{Watcher: h.Watch(place), c: c, here: map[string]bool{}}
	t.Cleanup(v.Close)
	return v
}

// until reads updates until what follows of them is as wanted.
func (v *view) until(t *testing.T, here []string, typing ...string) {
	t.Helper()
	v.read(t, func() bool { return v.updates > 0 && slices.Equal(v.people(), here) && slices.Equal(v.typing, typing) })
}

// read reads updates, with time passing, until there is enough.
func (v *view) read(t *testing.T, enough func() bool) {
	t.Helper()
	ctx, cancel := context.WithCancel(soon(t))
	done := make(chan struct{})
	defer func() { cancel(); <-done }()
	go func() {
		defer close(done)
		for ctx.Err() == nil {
			v.c.pass(100 * time.Millisecond)
		}
	}()
	for !enough() {
		u, err := v.Next(ctx)
		if err != nil {
			t.Fatalf("%d are here, %v and others, and %v type: %v", v.count, v.people()[:min(len(v.here), 10)], v.typing, err)
		}
		v.take(t, u)
	}
}

func (v *view) take(t *testing.T, u *presence.Update) {
	t.Helper()
	v.updates++
	if u.Snapshot {
		clear(v.here)
	}
	for _, p := range u.Joined {
		if v.here[p] {
			t.Errorf("%s came twice", p)
		}
		v.here[p] = true
	}
	for _, p := range u.Left {
		if !v.here[p] {
			t.Errorf("%s left who was not here", p)
		}
		delete(v.here, p)
	}
	v.typing, v.count = u.Typing, u.PresentCount
	if len(v.here) < presence.MostListed && len(v.here) != v.count {
		t.Errorf("%d people are here, %d were counted", len(v.here), v.count)
	}
}

func (v *view) people() []string {
	out := []string{}
	for p := range v.here {
		out = append(out, p)
	}
	slices.Sort(out)
	return out
}
