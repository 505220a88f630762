package stream

import (
	"context"
	"sync"

	"karnak/internal/core/eventlog"
)

// topic is the live end of one log in this node's memory, shared by all of its readers.
type topic struct {
	mu      sync.Mutex
	ring    []*eventlog.Event // contiguous, the last one is number last
	last    int64
	size    int
	changed chan struct{} // closed and made anew when last grows
	behind  chan struct{} // asks the topic's goroutine to read the database
	readers int           // of them open are counted against the workspace's limit
	open    int
	stop    context.CancelFunc
}

const (
	ringEvents = 1024
	ringBytes  = 1 << 20
	fillPage   = 500
)

func newTopic(last int64) *topic {
	return &topic{last: last, changed: make(chan struct{}), behind: make(chan struct{}, 1)}
}

// offer takes events in that follow without a hole, and reports whether a hole is left that the database has to fill.
func (t *topic) offer(events []*eventlog.Event) (hole bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	grown := false
	for _, e := range events {
		switch {
		case e.Seq == t.last+1:
			t.push(e)
			grown = true
		case e.Seq > t.last+1:
			hole = true
		}
	}
	if grown {
		close(t.changed)
		t.changed = make(chan struct{})
	}
	return hole
}

func (t *topic) push(e *eventlog.Event) {
	t.ring = append(t.ring, e)
	t.last = e.Seq
	t.size += weight(e)
	for len(t.ring) > ringEvents || t.size > ringBytes && len(t.ring) > 1 {
		t.size -= weight(t.ring[0])
		t.ring[0] = nil
		t.ring = t.ring[1:]
	}
}

func weight(e *eventlog.Event) int { return 400 + len(e.Data) }

// fill reads the database until the topic has all that is committed.
func (t *topic) fill(ctx context.Context, h *Hub, workspaceID string) error {
	for {
		t.mu.Lock()
		last := t.last
		t.mu.Unlock()
		events, err := h.Log.After(ctx, workspaceID, last, 1<<62, eventlog.Filter{}, fillPage)
		if err != nil {
			return err
		}
		if err := t.pass(ctx, h, workspaceID, events); err != nil {
			return err
		}
		h.announce(events)
		t.offer(events)
		if len(events) < fillPage {
			return nil
		}
	}
}

// pass moves the topic past events that the database no longer has; nothing else makes a hole there. Readers find the hole
// when they read the database.
func (t *topic) pass(ctx context.Context, h *Hub, workspaceID string, events []*eventlog.Event) error {
	var to int64
	if len(events) > 0 {
		to = events[0].Seq - 1
	} else {
		head, err := h.Log.Head(ctx, workspaceID)
		if err != nil {
			return err
		}
		to = head.Floor
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if to > t.last {
		t.ring, t.size, t.last = nil, 0, to
		close(t.changed)
		t.changed = make(chan struct{})
	}
	return nil
}

func (t *topic) wake() {
	select {
	case t.behind <- struct{}{}:
	default:
	}
}

// since returns the next event after a position when memory has it, and otherwise how far the log goes and what tells
// that it grew.
func (t *topic) since(pos int64) (e *eventlog.Event, last int64, changed <-chan struct{}) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if first := t.last - int64(len(t.ring)) + 1; pos < t.last && pos+1 >= first {
		return t.ring[pos+1-first], t.last, nil
	}
	return nil, t.last, t.changed
}
