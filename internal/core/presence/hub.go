package presence

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"

	"karnak/internal/platform/bus"
	"karnak/internal/platform/clock"
)

const (
	// Beat is how often a node says that it is there.
	Beat = 5 * time.Second
	// Life is how long what a node said holds: with the tick that looks for what has ended, two and a half beats.
	Life = 2*Beat + Beat/2 - tick
	// TypingLife is how long somebody types who does not say so again.
	TypingLife = 6 * time.Second

	tick = Beat / 5
)

// ErrClosed ends watchers when the node shuts down.
var ErrClosed = errors.New("the node is shutting down")

// Config is what a Hub stands on.
type Config struct {
	Bus    bus.Bus
	Clock  clock.Clock
	Logger *slog.Logger
	// Node tells this process from the others on the bus.
	Node string
}

// Hub keeps who is where. It is safe for concurrent use.
type Hub struct {
	Config
	mu     sync.Mutex
	places map[string]*place
	// words are what this node has still to say, in order; wake tells that there are some.
	words  []word
	wake   chan struct{}
	closed chan struct{}
	done   sync.WaitGroup
	cancel func()
}

// New starts a hub. Close ends it.
func New(c Config) (*Hub, error) {
	if c.Bus == nil || c.Clock == nil || c.Logger == nil || c.Node == "" {
		return nil, errors.New("presence: Bus, Clock, Logger and Node are needed")
	}
	h := &Hub{Config: c, places: map[string]*place{}, wake: make(chan struct{}, 1), closed: make(chan struct{})}
	cancel, err := c.Bus.Subscribe(subject+">", h.heard)
	if err != nil {
		return nil, err
	}
	h.cancel = cancel
	h.done.Add(2)
	go h.speak()
	go h.run()
	return h, nil
}

// Close says farewell for everybody who is here through this node, and ends watchers with ErrClosed.
func (h *Hub) Close() {
	h.mu.Lock()
	select {
	case <-h.closed:
		h.mu.Unlock()
		return
	default:
	}
	for name, p := range h.places {
		if len(p.visits) > 0 {
			h.say(word{Place: name, Kind: farewell})
		}
	}
	close(h.closed)
	h.mu.Unlock()
	h.done.Wait()
	h.cancel()
}

// Enter makes a person present at a place until leave is called as often as Enter was.
func (h *Hub) Enter(name, person string) (leave func()) {
	h.mu.Lock()
	defer h.mu.Unlock()
	p := h.place(name)
	if p.visits[person]++; p.visits[person] == 1 {
		p.come(person)
		h.say(word{Place: name, Kind: came, People: []string{person}})
		h.show(p)
	}
	return sync.OnceFunc(func() { h.leave(name, p, person) })
}

func (h *Hub) leave(name string, p *place, person string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if p.visits[person]--; p.visits[person] > 0 {
		return
	}
	delete(p.visits, person)
	p.part(person)
	h.say(word{Place: name, Kind: left, People: []string{person}})
	h.show(p)
	h.forget(name, p)
}

// Type says that a person types at a place, until TypingLife has passed, or that they have stopped. It returns the end.
func (h *Hub) Type(name, person string, on bool) time.Time {
	h.mu.Lock()
	defer h.mu.Unlock()
	p := h.place(name)
	until := h.Clock.Now().Add(TypingLife)
	_, typing := p.typing[person]
	p.types(person, on, until)
	if on || typing {
		h.say(word{Place: name, Kind: types, People: []string{person}, On: on})
		h.show(p)
	}
	h.forget(name, p)
	return until
}

// Stopped is Type with off for somebody who, as far as this node knows, may be typing; it costs nothing where nobody does.
func (h *Hub) Stopped(name, person string) {
	h.mu.Lock()
	p := h.places[name]
	typing := p != nil && !p.typing[person].IsZero()
	h.mu.Unlock()
	if typing {
		h.Type(name, person, false)
	}
}

// Watch follows a place. Close the watcher.
func (h *Hub) Watch(name string) *Watcher {
	h.mu.Lock()
	defer h.mu.Unlock()
	p := h.place(name)
	p.watchers++
	return &Watcher{hub: h, name: name, place: p, version: -1}
}

// place returns a place, and asks the other nodes about one that is new to this one.
func (h *Hub) place(name string) *place {
	p := h.places[name]
	if p == nil {
		p = newPlace(h.Clock)
		h.places[name] = p
		h.say(word{Place: name, Kind: ask})
	}
	return p
}

// forget drops a place that nobody here is at, watches or types at.
func (h *Hub) forget(name string, p *place) {
	if p.watchers == 0 && len(p.visits) == 0 && len(p.typing) == 0 && h.places[name] == p {
		delete(h.places, name)
	}
}

// show lets watchers see what is new at a place, now or when the pause since the last time has passed.
func (h *Hub) show(p *place) {
	wait := p.show()
	if wait == 0 {
		return
	}
	select {
	case <-h.closed:
		return
	default:
	}
	h.done.Go(func() {
		select {
		case <-h.Clock.After(wait):
		case <-h.closed:
		}
		h.mu.Lock()
		defer h.mu.Unlock()
		p.showing = false
		p.show()
	})
}

// run ends what is over with every tick, and says with every beat who is here.
func (h *Hub) run() {
	defer h.done.Done()
	for n := 1; ; n++ {
		select {
		case <-h.closed:
			return
		case <-h.Clock.After(tick):
		}
		h.tidy(n%int(Beat/tick) == 0)
	}
}

func (h *Hub) tidy(beat bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for name, p := range h.places {
		p.lapse(h.Clock.Now())
		h.show(p)
		if beat && len(p.visits) > 0 {
			h.say(word{Place: name, Kind: beats, Count: len(p.visits), Digest: p.digest()})
		}
		h.forget(name, p)
	}
}

// Watcher follows one place. It is for one goroutine.
type Watcher struct {
	hub     *Hub
	name    string
	place   *place
	version int64
}

// Next waits for what is new: everybody at first, then the changes, of which several may come at once. It fails with the
// context and with ErrClosed.
func (w *Watcher) Next(ctx context.Context) (*Update, error) {
	for {
		w.hub.mu.Lock()
		u, wait := w.place.since(w.version)
		w.hub.mu.Unlock()
		if u != nil {
			w.version = u.version
			if u.empty() {
				continue
			}
			return u, nil
		}
		select {
		case <-wait:
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-w.hub.closed:
			return nil, ErrClosed
		}
	}
}

// Close gives the watcher's place back.
func (w *Watcher) Close() {
	w.hub.mu.Lock()
	defer w.hub.mu.Unlock()
	if w.place != nil {
		w.place.watchers--
		w.hub.forget(w.name, w.place)
		w.place = nil
	}
}

// Present returns who is at a place, in order, as far as this node knows: it has to have to do with the place.
func (h *Hub) Present(name string) []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	p := h.places[name]
	if p == nil {
		return nil
	}
	return slices.Sorted(maps.Keys(p.present))
}
