package transport

import (
	"context"
	"sync"
	"time"

	"github.com/vektah/gqlparser/v2/gqlerror"
)

// shard tells those of its group who have caught up what happens next: one goroutine reads each event once and writes it to
// all of them. Who cannot take it, or whose rights it may change, goes on alone from where they were, until they have caught
// up again.
type shard struct {
	mu   sync.Mutex
	live []*member
	// pos is the number up to which the live ones were told.
	pos    int64
	cancel context.CancelFunc
	over   bool
}

// told is an event with its payload; nil where there is none for all.
type told struct {
	Event
	payload []byte
}

// park makes a member one of the live, if it has caught up and may be left alone.
func (s *shard) park(m *member) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	seq, ok := m.feed.Settled()
	if !ok || s.over || m.g.share.All == nil || s.cancel == nil && !s.start(m) || seq < s.pos {
		return false
	}
	m.pos, m.at, m.parked = seq, len(s.live), true
	s.live = append(s.live, m)
	m.op.parked.Store(m)
	if m.op.ctx.Err() != nil { // maybe nobody saw that it is parked
		m.op.wake()
	}
	return true
}

// start opens the feed of all; the lock is held.
func (s *shard) start(m *member) bool {
	ctx, cancel := context.WithCancel(context.Background())
	opening, opened := context.WithTimeout(ctx, renderWithin)
	defer opened()
	feed, err := m.g.share.All(opening)
	if err != nil {
		cancel()
		return false
	}
	s.pos, _ = feed.Settled()
	s.cancel = cancel
	go s.run(ctx, feed)
	return true
}

// stop ends the shard for good.
func (s *shard) stop() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.over = true
	if s.cancel != nil {
		s.cancel()
	}
}

// run reads until the shard is stopped or the feed ends; then everybody finds out alone what there is to find out.
func (s *shard) run(ctx context.Context, feed Feed) {
	defer feed.Close()
	var batch []told
	for {
		e, err := feed.Next(ctx)
		batch = batch[:0]
		for ok := true; ok && err == nil; {
			batch = append(batch, told{e, s.render(e)})
			if len(batch) == gathered {
				break
			}
			e, ok, err = feed.Poll(ctx)
		}
		s.tell(batch)
		if err != nil {
			s.scatter()
			return
		}
	}
}

// render makes the payload of an event for whoever is live.
func (s *shard) render(e Event) []byte {
	s.mu.Lock()
	var m *member
	if len(s.live) > 0 && !e.Silent && e.Seq != 0 {
		m = s.live[0]
	}
	s.mu.Unlock()
	if m == nil {
		return nil
	}
	payload, _ := m.g.render(m.c.s.Clock.Now(), e.Seq, m.feed.Latest(), true, func() ([]byte, bool, gqlerror.List) { return m.render(context.Background(), e) })
	return payload
}

// tell writes events to all who are live.
func (s *shard) tell(batch []told) {
	if len(batch) == 0 {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	var payloads [gathered][]byte
	for i := len(s.live) - 1; i >= 0; i-- {
		m := s.live[i]
		out, seq, alone := m.due(batch, payloads[:0])
		switch m.offer(out) {
		case full:
			s.unpark(m)
		case gone: // left is on its way
		case queued:
			if m.pos = max(m.pos, seq); alone {
				s.unpark(m)
			}
		}
	}
	for _, x := range batch {
		s.pos = max(s.pos, x.Seq)
	}
}

// due returns the payloads that a member is to be told, and the number up to which that goes; alone says that what comes next
// is not for all: the member has to look itself.
func (m *member) due(batch []told, out [][]byte) (_ [][]byte, seq int64, alone bool) {
	for _, x := range batch {
		switch {
		case x.Seq != 0 && x.Seq <= m.pos:
			continue
		case x.Seq == 0, x.Concerns != nil && x.Concerns(m.feed), x.payload == nil && !x.Silent:
			return out, seq, true
		case !x.Silent:
			out = append(out, x.payload)
		}
		seq = x.Seq
	}
	return out, seq, false
}

// unpark has a member go on alone; the lock is held.
func (s *shard) unpark(m *member) {
	s.remove(m)
	m.op.parked.Store(nil)
	m.feed.Skip(m.pos)
	go m.follow()
}

// remove takes a member from the live; the lock is held.
func (s *shard) remove(m *member) {
	last := s.live[len(s.live)-1]
	s.live[m.at], last.at = last, m.at
	s.live[len(s.live)-1] = nil
	s.live = s.live[:len(s.live)-1]
	m.parked = false
}

// scatter has everybody go on alone. A later one may start the shard anew.
func (s *shard) scatter() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.cancel()
	s.cancel = nil
	for len(s.live) > 0 {
		s.unpark(s.live[len(s.live)-1])
	}
}

// taken says what became of payloads that were offered.
type taken int

const (
	queued taken = iota
	// full: there is no room; nothing was taken.
	full
	// gone: the subscription has ended, or is about to.
	gone
)

// offer queues payloads without waiting, and writes as much as the client takes at once; the rest is written by another.
func (m *member) offer(payloads [][]byte) taken {
	if len(payloads) == 0 {
		return queued
	}
	c := m.c
	now := c.s.Clock.Now()
	what, mine := c.accept(m.op, payloads, now)
	if mine {
		c.push()
	}
	return what
}

// accept is enqueue for payloads, without waiting.
func (c *conn) accept(op *operation, payloads [][]byte, now time.Time) (what taken, mine bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.end != nil || op.denied || !c.proto.holds(op) {
		return gone, false
	}
	size := 0
	for _, p := range payloads {
		size += len(op.head) + len(p) + 1
	}
	if c.out.full(size) {
		return full, false
	}
	for _, p := range payloads {
		c.out.put(frame{op: op, shared: p, event: true, at: now})
	}
	return queued, c.wake()
}
