package transport

import (
	"context"
	"errors"
	"io"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"karnak/internal/platform/fault"
)

const (
	// gathered is how many events that are there already are written at once.
	gathered = 32
	// renderWithin bounds the execution of one event.
	renderWithin = 10 * time.Second
)

// share answers a subscription together with others of its group, and reports false where it has to be answered on its own.
func (c *conn) share(ctx context.Context, op *operation, oc *graphql.OperationContext) bool {
	if c.s.Share == nil {
		return false
	}
	sh := c.s.Share(oc)
	if sh == nil {
		return false
	}
	feed, err := sh.Open(ctx)
	if err != nil {
		return false // it is refused there, with its place in the document
	}
	defer feed.Close()
	g := c.s.groups.join(sh.Key)
	defer c.s.groups.leave(sh.Key, g)
	m := &member{c, op, oc, sh, feed, g}
	for m.tell(ctx) {
	}
	return true
}

// member is a subscription in its group.
type member struct {
	c    *conn
	op   *operation
	oc   *graphql.OperationContext
	sh   *Share
	feed Feed
	g    *group
}

// tell waits for an event and writes it with those that are there already. It reports false when the subscription is over.
func (m *member) tell(ctx context.Context) bool {
	var payloads [gathered][]byte
	n := 0
	e, err := m.feed.Next(ctx)
	for ok := true; ok && err == nil; {
		payload, errs := m.g.render(m.c.s.Clock.Now(), e.Seq, func() ([]byte, bool, gqlerror.List) { return m.render(e) })
		if payload == nil {
			m.write(payloads[:n])
			m.c.fail(m.op, errs)
			return false
		}
		payloads[n] = payload
		if n++; n == gathered {
			break
		}
		e, ok, err = m.feed.Poll(ctx)
	}
	if err != nil && denies(err) {
		n = 0 // what was seen and not yet written is not told any more
	}
	if !m.write(payloads[:n]) {
		return false
	}
	if err != nil {
		m.end(ctx, err)
	}
	return err == nil
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
func (m *member) end(ctx context.Context, err error) {
	switch {
	case errors.Is(err, io.EOF):
		m.c.complete(m.op)
	case ctx.Err() != nil:
		m.c.fail(m.op, gqlerror.List{m.c.s.Present(ctx, cutShort())})
	default:
		SetStreamError(ctx, err)
		m.c.fail(m.op, gqlerror.List{m.c.s.Present(ctx, err)})
	}
}

func cutShort() error { return fault.New(fault.Unavailable, "The operation was cut short.") }

// render executes the operation for one event, on behalf of all. It is clean when there are no errors in it.
func (m *member) render(e Event) (payload []byte, clean bool, errs gqlerror.List) {
	ctx, cancel := context.WithTimeout(m.sh.For(context.Background(), e), renderWithin)
	defer cancel()
	defer func() {
		if p := recover(); p != nil {
			payload, clean, errs = nil, false, gqlerror.List{m.c.s.Present(ctx, recovered(p))}
		}
	}()
	ctx = withStream(graphql.StartOperationTrace(ctx), &stream{denied: func() {}})
	next, dispatched := m.c.exec.DispatchOperation(ctx, m.oc)
	resp := next(dispatched)
	switch {
	case resp == nil:
		return nil, false, gqlerror.List{m.c.s.Present(ctx, cutShort())}
	case len(resp.Data) == 0 && len(resp.Errors) > 0:
		return nil, false, resp.Errors
	}
	return appendResponse(nil, resp), len(resp.Errors) == 0, nil
}

// crowded reports whether a message would have to wait for room.
func (c *conn) crowded(f *frame) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.out.full(f.size())
}
