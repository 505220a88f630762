package transport

import (
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/99designs/gqlgen/graphql"
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
	share *Share
	// oc is the operation of whoever came first: but for where they begin, it is that of all.
	oc *graphql.OperationContext
	// The lock of groups covers these.
	members, next int
	shards        []*shard

	// latest is the number of the newest event that anybody here has met.
	latest atomic.Int64

	mu    sync.Mutex
	kept  map[int64]*rendering
	order []*rendering // the oldest first
	bytes int
}

// rendering is the payload of one event, made by the first who comes to it. With errors it is not shared.
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
		x = &group{share: sh, oc: oc, kept: map[int64]*rendering{}, shards: make([]*shard, runtime.GOMAXPROCS(0))}
		for i := range x.shards {
			x.shards[i] = &shard{}
		}
		g.all[sh.Key] = x
	}
	x.members++
	x.next++
	return x, x.shards[x.next%len(x.shards)]
}

// leave takes a subscription out; with the last one its group ends.
func (g *groups) leave(x *group) {
	g.mu.Lock()
	x.members--
	last := x.members == 0
	if last {
		delete(g.all, x.share.Key)
	}
	g.mu.Unlock()
	if last {
		for _, s := range x.shards {
			s.stop()
		}
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

// meet notes that an event was met.
func (g *group) meet(seq int64) {
	for {
		old := g.latest.Load()
		if seq <= old || g.latest.CompareAndSwap(old, seq) {
			return
		}
	}
}

// render returns the payload of an event, made by do unless another subscriber made it; nil with the errors that end the
// subscription. Those who are told live take what another has made; who catches up is shown things as they are now, and so
// takes it only when nothing has happened since. What has errors is each subscriber's own.
func (g *group) render(now time.Time, seq int64, live bool, do func() (payload []byte, clean bool, errs gqlerror.List)) ([]byte, gqlerror.List) {
	if seq == 0 {
		payload, _, errs := do()
		return payload, errs
	}
	g.meet(seq)
	r, mine := g.find(now, seq, live)
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
func (g *group) find(now time.Time, seq int64, live bool) (r *rendering, mine bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	latest := g.latest.Load()
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
