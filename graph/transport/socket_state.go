package transport

import (
	"context"
	"sync"

	"github.com/vektah/gqlparser/v2/gqlerror"
)

// state is what the goroutines of a connection share: the protocol, the messages that wait, and the end once there is one.
type state struct {
	mu   sync.Mutex
	room *sync.Cond // there may be room in the outbox, or no need for it any more
	// busy: somebody flushes the outbox.
	busy  bool
	proto protocol
	out   outbox
	end   *CloseError
	// parted: the client has closed; told: it was told the end.
	parted, told bool
	// base is the context of operations.
	base context.Context
}

func (st *state) init(s *Socket) {
	st.room = sync.NewCond(&st.mu)
	st.proto = protocol{limit: s.MaxOperations, active: map[string]*operation{}}
	st.out = outbox{maxFrames: s.MaxQueued, maxBytes: s.MaxQueuedBytes}
}

// receive lets the protocol decide about a message. An operation to start gets its context, one to stop loses what waits.
func (c *conn) receive(m message) (step, *operation, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.end != nil {
		return stepNothing, nil, c.end
	}
	what, op, err := c.proto.receive(m)
	switch what {
	case stepStart:
		op.attach(c)
	case stepStop:
		c.out.drop(op)
		c.room.Broadcast()
	}
	return what, op, err
}

// allow lets operations begin under ctx.
func (c *conn) allow(ctx context.Context) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.base = ctx
	c.proto.acknowledge()
}

// send queues a message about the connection.
func (c *conn) send(build func([]byte) []byte) { c.queue(nil, false, false, build) }

// refuse answers a subscribe that does not become an operation.
func (c *conn) refuse(id string, err error) {
	list := gqlerror.List{c.s.Present(c.s.Begin(c.ctx), err)}
	quoted := quote(id)
	c.send(func(b []byte) []byte { return appendError(b, quoted, list) })
}

// queue builds a message and waits until there is room for it. It reports false when the message is not wanted any more: the
// connection has ended, the operation was completed by the client, or, for an event, it was denied. With last the operation's
// id is free once the message is queued.
func (c *conn) queue(op *operation, event, last bool, build func([]byte) []byte) bool {
	data := c.s.buffers.get()
	*data = build(*data)
	ok := c.put(frame{op: op, data: data, event: event}, last)
	if !ok {
		c.s.buffers.put(data)
	}
	return ok
}

// put waits until there is room for a message, and has it written. See queue.
func (c *conn) put(f frame, last bool) bool {
	ok, mine := c.enqueue(f, last)
	if mine {
		go c.flush()
	}
	return ok
}

// enqueue is put; mine says that the caller has to flush.
func (c *conn) enqueue(f frame, last bool) (ok, mine bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	wanted := func() bool {
		return c.end == nil && (f.op == nil || c.proto.holds(f.op) && (last || !f.op.denied))
	}
	size := f.size()
	for wanted() && c.out.full(size) {
		c.room.Wait()
	}
	if !wanted() {
		return false, false
	}
	f.at = c.s.Clock.Now()
	c.out.put(f)
	if last {
		c.proto.release(f.op)
	}
	return true, c.wake()
}

// wake reports whether nobody flushes, whose turn then is the caller's. The lock is held.
func (st *state) wake() bool {
	if st.busy {
		return false
	}
	st.busy = true
	return true
}

// next takes what waits, as the bytes to write and their number. Where nothing waits the flush is over; with an end it is the
// last one, and the connection is to be closed.
func (c *conn) next() (batch *[]byte, n int, end *CloseError) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.out.frames) == 0 {
		c.busy = c.end != nil
		return nil, 0, c.end
	}
	batch = c.s.buffers.get()
	for n < batchFrames && len(*batch) < batchBytes {
		f, ok := c.out.take()
		if !ok {
			break
		}
		n++
		*batch = appendMessage(*batch, &f)
		if f.event {
			c.s.Observer.Delivered(f.size())
		}
		if f.data != nil {
			c.s.buffers.put(f.data)
		}
	}
	c.room.Broadcast()
	return batch, n, nil
}

// close ends the connection: operations are cancelled, what waits is dropped, and nothing more is queued. The first call
// counts; it reports whether this was it.
func (c *conn) close(end *CloseError) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.closeLocked(end, false)
}

// closeLocked is close with the lock held; with flush what waits is written first.
func (c *conn) closeLocked(end *CloseError, flush bool) bool {
	if c.end != nil {
		return false
	}
	c.end = end
	if !flush {
		c.out.clear()
		c.leaving.set(c.s.Clock.Now())
	}
	for _, op := range c.proto.active {
		op.stop(end)
	}
	c.room.Broadcast()
	c.cancel(end)
	if c.attached.Load() && c.wake() {
		go c.flush()
	}
	return true
}

func (c *conn) closedWith() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.end.Code
}

// begin notes what an operation is; it reports false when it is a subscription and the connection takes no more of them.
func (c *conn) begin(op *operation, name string, subscription bool) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	op.name = name
	if !subscription {
		return true
	}
	if c.end != nil || c.proto.draining {
		return false
	}
	op.subscription = true
	return true
}

// deny takes back what waits for an operation and lets nothing but its error follow.
func (c *conn) deny(op *operation) {
	c.mu.Lock()
	defer c.mu.Unlock()
	op.denied = true
	if c.proto.holds(op) {
		c.out.drop(op)
	}
	c.room.Broadcast()
	op.stop(context.Canceled)
}

// finished notes that an operation works no longer.
func (c *conn) finished(op *operation) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.proto.ended(op)
	c.closeDrained()
}

// drain lets nothing new begin, breaks subscriptions off without a word, and closes the connection when the rest has ended.
func (c *conn) drain() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.proto.draining = true
	for _, op := range c.proto.active {
		if op.subscription {
			c.proto.release(op)
			op.stop(restarting())
		}
	}
	c.room.Broadcast()
	c.closeDrained()
}

func (c *conn) closeDrained() {
	if c.proto.draining && c.proto.running == 0 {
		c.closeLocked(restarting(), true)
	}
}
