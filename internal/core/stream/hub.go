package stream

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"

	"karnak/internal/core/eventlog"
	"karnak/internal/platform/bus"
	"karnak/internal/platform/clock"
	"karnak/internal/platform/id"
)

// Config is what a Hub stands on.
type Config struct {
	Log    *eventlog.Log
	Bus    bus.Bus
	Clock  clock.Clock
	Logger *slog.Logger
	// Node tells this process from the others on the bus.
	Node string
	// Changed hears of access events of other nodes before any reader does.
	Changed func(*eventlog.Event)
	// Restored hears, once a second, that the database was restored under this process; nil for nobody.
	Restored func()
	// Room says whether a reader may open beside those of a workspace that are open on this node; open counts it, too. Nil for
	// always. Who reads on behalf of several readers is not asked about.
	Room func(ctx context.Context, workspaceID string, open int) error
}

// Hub gives the events that this node and, by the bus, the others commit to this node's readers.
type Hub struct {
	Config
	mu     sync.Mutex
	topics map[string]*topic
	outbox chan []*eventlog.Event
	closed chan struct{}
	done   sync.WaitGroup
	cancel func()
}

// every is how often the heads are compared, and so how late an event is whose hint was lost.
const every = time.Second

// New starts a hub. Close ends it.
func New(c Config) (*Hub, error) {
	if c.Log == nil || c.Bus == nil || c.Clock == nil || c.Logger == nil || c.Node == "" || c.Changed == nil {
		return nil, errors.New("stream: Log, Bus, Clock, Logger, Node and Changed are needed")
	}
	h := &Hub{Config: c, topics: map[string]*topic{}, outbox: make(chan []*eventlog.Event, 4096), closed: make(chan struct{})}
	cancel, err := c.Bus.Subscribe(subject+">", h.heard)
	if err != nil {
		return nil, err
	}
	h.cancel = cancel
	c.Log.OnCommit(h.committed)
	h.done.Add(2)
	go h.publish()
	go h.reconcile()
	return h, nil
}

// Close ends the hub; readers end with ErrClosed.
func (h *Hub) Close() {
	h.cancel()
	h.mu.Lock()
	select {
	case <-h.closed:
	default:
		close(h.closed)
	}
	for _, t := range h.topics {
		t.stop()
	}
	h.mu.Unlock()
	h.done.Wait()
}

const subject = "log."

// hint is what nodes tell each other: the events when they are small, else the number alone.
type hint struct {
	Node   string            `json:"node"`
	Seq    int64             `json:"seq"`
	Events []*eventlog.Event `json:"events,omitempty"`
}

const hintBytes = 64 << 10

// committed takes what this node committed: at once to its own readers, and to the others by the bus.
func (h *Hub) committed(events []*eventlog.Event) {
	for start := 0; start < len(events); {
		end := start + 1
		for end < len(events) && events[end].WorkspaceID == events[start].WorkspaceID {
			end++
		}
		h.give(events[start].WorkspaceID, events[start:end])
		select {
		case h.outbox <- events[start:end]:
		default: // the other nodes see the hole within a second
		}
		start = end
	}
}

// announce tells of access events before readers pass them.
func (h *Hub) announce(events []*eventlog.Event) {
	for _, e := range events {
		if h.Log.TypeOf(e.Type).Access {
			h.Changed(e)
		}
	}
}

func (h *Hub) give(workspaceID string, events []*eventlog.Event) {
	h.mu.Lock()
	t := h.topics[workspaceID]
	h.mu.Unlock()
	if t != nil && t.offer(events) {
		t.wake()
	}
}

// publish writes to the bus, away from the path of the commit.
func (h *Hub) publish() {
	defer h.done.Done()
	for {
		select {
		case events := <-h.outbox:
			h.send(events)
		case <-h.closed:
			return
		}
	}
}

func (h *Hub) send(events []*eventlog.Event) {
	m := hint{Node: h.Node, Seq: events[len(events)-1].Seq, Events: events}
	b, err := json.Marshal(m)
	if err == nil && len(b) > hintBytes {
		m.Events = nil
		b, err = json.Marshal(m)
	}
	if err == nil {
		err = h.Bus.Publish(subject+events[0].WorkspaceID, b)
	}
	if err != nil {
		h.Logger.Debug("a hint was not sent; the other nodes will read the database", "error", err)
	}
}

// heard takes a hint of another node.
func (h *Hub) heard(name string, payload []byte) {
	var m hint
	if json.Unmarshal(payload, &m) != nil || m.Node == h.Node {
		return
	}
	workspaceID := strings.TrimPrefix(name, subject)
	for _, e := range m.Events {
		if e == nil || e.WorkspaceID != workspaceID {
			return
		}
		e.Cursor = h.Log.Cursor(workspaceID, e.Seq)
	}
	if len(m.Events) > 0 {
		h.announce(m.Events)
		h.give(workspaceID, m.Events)
		return
	}
	h.mu.Lock()
	t := h.topics[workspaceID]
	h.mu.Unlock()
	if t != nil {
		t.wake()
	}
}

// reconcile compares the heads of the logs that are read here with what this node has seen.
func (h *Hub) reconcile() {
	defer h.done.Done()
	for {
		select {
		case <-h.closed:
			return
		case <-h.Clock.After(every):
		}
		h.compare()
	}
}

func (h *Hub) compare() {
	h.mu.Lock()
	names := make([]string, 0, len(h.topics))
	for n := range h.topics {
		names = append(names, n)
	}
	h.mu.Unlock()
	if !slices.Contains(names, id.Platform) {
		names = append(names, id.Platform)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	heads, err := h.Log.Heads(ctx, names)
	if errors.Is(err, eventlog.ErrRestored) && h.Restored != nil {
		h.Restored()
		return
	}
	if err != nil {
		h.Logger.Warn("the heads of the log could not be read", "error", err)
		return
	}
	for n, head := range heads {
		h.mu.Lock()
		t := h.topics[n]
		h.mu.Unlock()
		if t == nil {
			continue
		}
		if _, last, _ := t.since(head.Seq); last < head.Seq {
			t.wake()
		}
	}
}

// acquire returns the topic of a log, reading its head from the database when there is none yet.
func (h *Hub) acquire(ctx context.Context, workspaceID string) (*topic, error) {
	h.mu.Lock()
	if t := h.topics[workspaceID]; t != nil {
		t.readers++
		h.mu.Unlock()
		return t, nil
	}
	h.mu.Unlock()
	head, err := h.Log.Head(ctx, workspaceID)
	if err != nil {
		return nil, err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	select {
	case <-h.closed:
		return nil, ErrClosed
	default:
	}
	t := h.topics[workspaceID]
	if t == nil {
		t = newTopic(head.Seq)
		life, stop := context.WithCancel(context.Background())
		t.stop = stop
		h.topics[workspaceID] = t
		h.done.Add(1)
		go h.keep(life, t, workspaceID)
		// What was committed between reading the head and now was offered to nobody.
		t.wake()
	}
	t.readers++
	return t, nil
}

// room counts a reader, and asks whether it may keep its place.
func (h *Hub) room(ctx context.Context, r *Reader) error {
	if h.Room == nil || r.spec.Access {
		return nil
	}
	h.mu.Lock()
	r.topic.open++
	open := r.topic.open
	r.counted = true
	h.mu.Unlock()
	return h.Room(ctx, r.spec.WorkspaceID, open)
}

func (h *Hub) release(workspaceID string, t *topic, counted bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if counted {
		t.open--
	}
	if t.readers--; t.readers == 0 && h.topics[workspaceID] == t {
		delete(h.topics, workspaceID)
		t.stop()
	}
}

// keep reads the database for a topic whenever it is asked to.
func (h *Hub) keep(ctx context.Context, t *topic, workspaceID string) {
	defer h.done.Done()
	for {
		select {
		case <-ctx.Done():
			return
		case <-t.behind:
		}
		if err := t.fill(ctx, h, workspaceID); err != nil && ctx.Err() == nil {
			h.Logger.Warn("the log could not be read", "workspace", workspaceID, "error", err)
		}
	}
}
