package transport

import (
	"sync"
	"time"

	"github.com/vektah/gqlparser/v2/gqlerror"
)

// A payload is kept for whoever asks next, for as long as those who follow live need and no longer.
const (
	keptPayloads = 256
	keptBytes    = 1 << 20
	keptFor      = 2 * time.Second
)

// groups are the subscriptions that share payloads, by their key.
type groups struct {
	mu  sync.Mutex
	all map[string]*group
}

// group is the subscriptions of one key, and the payloads of the last events.
type group struct {
	members int // the lock of groups covers it

	mu    sync.Mutex
	kept  map[int64]*rendering
	order []*rendering // the oldest first
	bytes int
}

// rendering is the payload of one event, made by the first who comes to it. With errors it is not shared.
type rendering struct {
	seq     int64
	at      time.Time
	done    chan struct{}
	payload []byte
	failed  bool
}

func (g *groups) join(key string) *group {
	g.mu.Lock()
	defer g.mu.Unlock()
	x := g.all[key]
	if x == nil {
		x = &group{kept: map[int64]*rendering{}}
		g.all[key] = x
	}
	x.members++
	return x
}

func (g *groups) leave(key string, x *group) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if x.members--; x.members == 0 {
		delete(g.all, key)
	}
}

// sweep lets go of payloads that nobody is likely to ask for any more.
func (g *groups) sweep(now time.Time) {
	g.mu.Lock()
	list := make([]*group, 0, len(g.all))
	for _, x := range g.all {
		list = append(list, x)
	}
	g.mu.Unlock()
	for _, x := range list {
		x.mu.Lock()
		x.trim(now)
		x.mu.Unlock()
	}
}

// render returns the payload of an event, made by do unless another subscriber made it; nil with the errors that end the
// subscription. What has errors is each subscriber's own.
func (g *group) render(now time.Time, seq int64, do func() (payload []byte, clean bool, errs gqlerror.List)) ([]byte, gqlerror.List) {
	if seq == 0 {
		payload, _, errs := do()
		return payload, errs
	}
	g.mu.Lock()
	if r := g.kept[seq]; r != nil {
		g.mu.Unlock()
		if <-r.done; !r.failed {
			return r.payload, nil
		}
		payload, _, errs := do()
		return payload, errs
	}
	r := &rendering{seq: seq, at: now, done: make(chan struct{}), failed: true}
	g.kept[seq] = r
	g.order = append(g.order, r)
	g.mu.Unlock()
	defer close(r.done)
	payload, clean, errs := do()
	g.mu.Lock()
	defer g.mu.Unlock()
	if !clean {
		delete(g.kept, seq)
		return payload, errs
	}
	r.payload, r.failed = payload, false
	if g.kept[seq] == r {
		g.bytes += len(payload)
	}
	g.trim(now)
	return payload, nil
}

// trim drops the oldest; the lock is held.
func (g *group) trim(now time.Time) {
	n := 0
	for n < len(g.order) {
		r := g.order[n]
		if len(g.order)-n <= keptPayloads && g.bytes <= keptBytes && now.Sub(r.at) < keptFor {
			break
		}
		if g.kept[r.seq] == r {
			delete(g.kept, r.seq)
			g.bytes -= len(r.payload)
		}
		n++
	}
	g.order = append(g.order[:0:0], g.order[n:]...)
}
