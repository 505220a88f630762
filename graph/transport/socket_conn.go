package transport

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/99designs/gqlgen/graphql"

	"karnak/internal/platform/id"
)

// conn is one connection. It is read when there is something to read; whoever has a message writes it, with all that wait,
// unless somebody is at it; operations have goroutines of their own, but for subscriptions that their group tells. So a
// connection that is silent has no goroutine. What they share is in state; the times are for the sweeper.
type conn struct {
	id string
	s  *Socket
	// r is the handshake, until Init was asked.
	r      *http.Request
	exec   graphql.GraphExecutor
	ctx    context.Context
	cancel context.CancelCauseFunc
	ops    sync.WaitGroup
	// stop ends the wait for the session's end; the reader sets it.
	stop func()
	state

	// raw is set once, before attached is; nothing but the handler uses it before that.
	raw      *pipe
	attached atomic.Bool

	poll   *poller
	reader reader
	in     inbox
	// parts counts the reader and the writer that have ended.
	parts atomic.Int32

	// Instants, 0 for never: the handshake; the last sign of life; the last ping; the write that is under way; since when the
	// other side may answer our close.
	opened, heard, pinged, writing, leaving instant
}

func newConn(s *Socket, r *http.Request, exec graphql.GraphExecutor) *conn {
	// Values of the request stay, its end does not count: a server that limits the time of requests must not cut sockets.
	ctx, cancel := context.WithCancelCause(context.WithoutCancel(s.Keep(r)))
	c := &conn{id: id.New(id.Connection), s: s, r: r, exec: exec, ctx: ctx, cancel: cancel}
	c.state.init(s)
	return c
}

func (c *conn) attach(raw *pipe) {
	c.raw = raw
	now := c.s.Clock.Now()
	c.opened.set(now)
	c.heard.set(now)
	c.attached.Store(true)
}

func (c *conn) hear() { c.heard.set(c.s.Clock.Now()) }

// serve answers a connection, whose first bytes may have come already.
func (c *conn) serve(early []byte) {
	c.mu.Lock()
	if c.end != nil && c.wake() { // it ended before it began
		go c.flush()
	}
	c.mu.Unlock()
	c.listen(early)
}

// part notes that the reader or the writer has ended. After both, and all operations, the connection is no more.
func (c *conn) part() {
	if c.parts.Add(1) < 2 {
		return
	}
	go func() {
		defer c.s.leave(c)
		c.ops.Wait()
		if c.stop != nil {
			c.stop()
		}
		c.cancel(nil)
		c.s.Observer.Disconnected(c.closedWith())
	}()
}

// message does what a message asks for.
func (c *conn) message(frame []byte) {
	if end := c.take(frame); end != nil {
		c.close(end)
	}
}

// broken is how a connection ends in which something panicked.
func (c *conn) broken(p any) *CloseError {
	_ = c.s.Present(c.ctx, recovered(p)) // gets it logged
	return closing(CloseInternal, "Something went wrong here.")
}

// take tells what ends the connection, nil for nothing.
func (c *conn) take(frame []byte) *CloseError {
	m, err := decodeMessage(frame, c.s.MaxDepth)
	if err != nil {
		return asClose(err)
	}
	step, op, err := c.receive(m)
	switch step {
	case stepInit:
		return c.initialise(slices.Clone(m.payload))
	case stepPong:
		c.send(func(b []byte) []byte { return appendPong(b, m.payload) })
	case stepStart:
		c.ops.Go(func() { c.run(op, m.params) })
	case stepStop:
		op.stop(context.Canceled)
	case stepRefuse:
		c.refuse(m.id, err)
	case stepNothing:
		if err != nil {
			return asClose(err)
		}
	}
	return nil
}

func asClose(err error) *CloseError {
	var c *CloseError
	if errors.As(err, &c) {
		return c
	}
	return closing(CloseInternal, "Something went wrong here.")
}

// initialise asks Init and acknowledges the connection. While it asks nothing else is read.
func (c *conn) initialise(payload json.RawMessage) *CloseError {
	ctx, session, err := c.askInit(payload)
	if err != nil {
		end := refusedInit(err)
		if end.Code == CloseInternal {
			// The client sees only the close; presenting is what gets the cause logged.
			_ = c.s.Present(c.ctx, err)
		}
		return end
	}
	if session != nil && session.Watch != nil {
		c.stop = session.Watch(func(err error) { c.close(endedSession(err)) })
	}
	c.allow(ctx)
	c.send(func(b []byte) []byte {
		if session == nil {
			return appendAck(b, nil)
		}
		return appendAck(b, session.Ack)
	})
	return nil
}

func (c *conn) askInit(payload json.RawMessage) (ctx context.Context, s *Session, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = recovered(p)
		}
	}()
	r := c.r
	c.r = nil
	ctx, s, err = c.s.Init(c.ctx, payload, r)
	if err == nil && ctx == nil {
		ctx = c.ctx
	}
	return ctx, s, err
}

// cut ends the connection without a word.
func (c *conn) cut() {
	c.close(&CloseError{Code: codeLost})
	if c.attached.Load() {
		c.shut()
	}
}

// instant is a time that goroutines share; the zero value is never.
type instant struct{ at atomic.Int64 }

func (i *instant) set(t time.Time) { i.at.Store(t.UnixNano()) }
func (i *instant) clear()          { i.at.Store(0) }
func (i *instant) never() bool     { return i.at.Load() == 0 }

func (i *instant) time() time.Time { return time.Unix(0, i.at.Load()).UTC() }

// age is how long ago it was, 0 for never.
func (i *instant) age(now time.Time) time.Duration {
	at := i.at.Load()
	if at == 0 {
		return 0
	}
	return time.Duration(now.UnixNano() - at)
}
