package transport

import (
	"context"
	"errors"
	"io"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"karnak/internal/platform/fault"
)

// member is a subscription in its group. While it is parked its shard writes to it and it has no goroutine.
type member struct {
	reading
	c     *conn
	op    *operation
	ctx   context.Context
	shard *shard
	// The shard's lock covers these: whether it is parked, where in the list, and up to which event it was told.
	parked bool
	at     int
	pos    int64
}

// share answers a subscription together with others of its group, and reports false where it has to be answered on its own.
// It returns when the subscription has caught up, or is over; what is left to do at its end is done by then or will be.
func (c *conn) share(ctx context.Context, op *operation, oc *graphql.OperationContext) bool {
	if c.s.Share == nil {
		return false
	}
	sh := c.s.Share(oc)
	if sh == nil {
		return false
	}
	// The operation's own context would remember for good that others hung on it.
	opening, opened := context.WithTimeout(context.WithoutCancel(ctx), renderWithin)
	feed, err := sh.Open(opening)
	opened()
	if err != nil {
		return false // it is refused there, with its place in the document
	}
	g, shard := c.s.groups.join(sh, oc)
	m := &member{reading: reading{g: g, feed: feed, exec: c.exec, present: c.s.Present, clock: c.s.Clock}, c: c, op: op, ctx: ctx, shard: shard}
	c.ops.Add(1)
	m.follow()
	return true
}

// follow tells a member what there is until it has caught up and is parked, or is over.
func (m *member) follow() {
	defer func() {
		if p := recover(); p != nil {
			m.c.fail(m.op, gqlerror.List{m.c.s.Present(m.ctx, recovered(p))})
			m.finish()
		}
	}()
	for idle := 0; ; {
		// Twice: the shard may have read on meanwhile. Then there is nothing to do but to wait: the right has an end.
		more, caught := m.tell(idle == 2)
		switch {
		case !more:
			m.finish()
			return
		case caught && m.shard.park(m):
			return
		case caught:
			idle++
		default:
			idle = 0
		}
	}
}

// left ends a member that is parked.
func (m *member) left() {
	m.shard.mu.Lock()
	parked := m.parked
	if parked {
		m.shard.remove(m)
	}
	m.shard.mu.Unlock()
	if parked {
		m.finish()
	}
}

// finish gives back what a member holds.
func (m *member) finish() {
	m.feed.Close()
	m.c.s.groups.leave(m.g, m.c.s.Clock.Now())
	m.c.s.Observer.Unsubscribed()
	m.c.finished(m.op)
	m.op.cancel(nil)
	m.c.ops.Done()
}

// tell writes the events that are there; where there is none it waits for one, or not: caught says that there was none. It
// reports false when the subscription is over.
func (m *member) tell(wait bool) (more, caught bool) {
	events, err := m.gather(m.ctx, wait)
	payloads, errs := m.answers(events)
	if !m.write(payloads) {
		return false, false
	}
	switch {
	case errs != nil:
		m.c.fail(m.op, errs)
		return false, false
	case err != nil:
		m.end(err)
	}
	return err == nil, len(events) == 0
}

// write queues payloads and writes them, unless somebody else is at it; it reports false when they are not wanted any more.
func (m *member) write(payloads [][]byte) bool {
	mine := false
	for _, p := range payloads {
		f := frame{op: m.op, shared: p, event: true}
		if mine && m.c.crowded(&f) {
			m.c.flush()
			mine = false
		}
		ok, turn := m.c.enqueue(f, false)
		mine = mine || turn
		if !ok {
			if mine {
				m.c.flush()
			}
			return false
		}
	}
	if mine {
		m.c.flush()
	}
	return true
}

// end tells why a feed ended.
func (m *member) end(err error) {
	switch {
	case errors.Is(err, io.EOF):
		m.c.complete(m.op)
	case m.ctx.Err() != nil:
		m.c.fail(m.op, gqlerror.List{m.c.s.Present(m.ctx, cutShort())})
	default:
		SetStreamError(m.ctx, err)
		m.c.fail(m.op, gqlerror.List{m.c.s.Present(m.ctx, err)})
	}
}

func cutShort() error { return fault.New(fault.Unavailable, "The operation was cut short.") }

// crowded reports whether a message would have to wait for room.
func (c *conn) crowded(f *frame) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.out.full(f.size())
}
