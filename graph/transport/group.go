package transport

import (
	"runtime"
	"slices"
	"sync"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/gqlerror"
)

// A payload is kept for whoever asks next: those who follow live, and those who come back at the same time, as after a cut of
// the network, and have missed the same.
const (
	keptPayloads = 2048
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
	share *Share
	// oc is the operation of whoever came first: but for where they begin, it is that of all. Executing it changes nothing in it but
	// what it remembers of its document.
	oc *graphql.OperationContext
	// The lock of groups covers these. A group without members, since idle, is kept for a while: they may be cut off, and back soon.
	members, next int
	shards        []*shard
	idle          time.Time

	mu    sync.Mutex
	kept  map[int64]*rendering
	order []*rendering // the oldest first
	bytes int
}

// rendering is the payload of one event, made by the first who comes to it, when so much was known to have happened. With errors
// it is not shared.
type rendering struct {
	seq, latest int64
	at          time.Time
	done        chan struct{}
	payload     []byte
	failed      bool
}

// join takes a subscription into its group and one of the group's shards, in turn.
func (g *groups) join(sh *Share, oc *graphql.OperationContext) (*group, *shard) {
	g.mu.Lock()
	defer g.mu.Unlock()
	x := g.all[sh.Key]
	if x == nil {
		x = &group{share: sh, oc: again(oc), kept: map[int64]*rendering{}}
		g.all[sh.Key] = x
	}
	if x.members == 0 {
		x.shards = make([]*shard, runtime.GOMAXPROCS(0))
		for i := range x.shards {
			x.shards[i] = &shard{}
		}
	}
	x.members++
	x.next++
	return x, x.shards[x.next%len(x.shards)]
}

// leave takes a subscription out; with the last one its group reads no more.
func (g *groups) leave(x *group, now time.Time) {
	g.mu.Lock()
	var over []*shard
	if x.members--; x.members == 0 {
		over, x.shards, x.idle = x.shards, nil, now
	}
	g.mu.Unlock()
	for _, s := range over {
		s.stop()
	}
}

// sweep lets go of groups and payloads that nobody is likely to ask for any more.
func (g *groups) sweep(now time.Time) {
	g.mu.Lock()
	list := make([]*group, 0, len(g.all))
	for key, x := range g.all {
		if x.members == 0 && now.Sub(x.idle) >= keptFor {
			delete(g.all, key)
			continue
		}
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
// subscription. Those who are told live take what another has made; who catches up is shown things as they are now, and so
// takes it only when nothing has happened since: latest is what the caller knows of, before it looks anything up. What has errors
// is each subscriber's own.
func (g *group) render(now time.Time, seq, latest int64, live bool, do func() (payload []byte, clean bool, errs gqlerror.List)) ([]byte, gqlerror.List) {
	if seq == 0 {
		payload, _, errs := do()
		return payload, errs
	}
	r, mine := g.find(now, seq, latest, live)
	if !mine {
		if <-r.done; !r.failed {
			return r.payload, nil
		}
		payload, _, errs := do()
		return payload, errs
	}
	defer close(r.done)
	payload, clean, errs := do()
	g.mu.Lock()
	defer g.mu.Unlock()
	if !clean {
		g.forget(r)
		return payload, errs
	}
	r.payload, r.failed = payload, false
	if g.kept[seq] == r {
		g.bytes += len(payload)
	}
	g.trim(now)
	return payload, nil
}

// find returns the rendering of an event to wait for, or one that is the caller's to make.
func (g *group) find(now time.Time, seq, latest int64, live bool) (r *rendering, mine bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if r = g.kept[seq]; r != nil && (live || r.latest == latest) {
		return r, false
	}
	if r != nil {
		g.forget(r)
	}
	r = &rendering{seq: seq, latest: latest, at: now, done: make(chan struct{}), failed: true}
	g.kept[seq] = r
	g.order = append(g.order, r)
	return r, true
}

// forget gives a rendering to nobody any more; the lock is held.
func (g *group) forget(r *rendering) {
	if g.kept[r.seq] == r {
		delete(g.kept, r.seq)
		g.bytes -= len(r.payload)
	}
}

// trim drops the oldest; the lock is held.
func (g *group) trim(now time.Time) {
	n := 0
	for n < len(g.order) {
		r := g.order[n]
		if len(g.order)-n <= keptPayloads && g.bytes <= keptBytes && now.Sub(r.at) < keptFor {
			break
		}
		g.forget(r)
		n++
	}
	g.order = slices.Delete(g.order, 0, n)
}
