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
	"github.com/coder/websocket"

	"karnak/internal/platform/id"
)

// conn is one connection. A goroutine reads; whoever has a message writes it, with all that wait, unless somebody is at it;
// operations have goroutines of their own, but for subscriptions that their group tells. What they share is in state; the times
// are for the sweeper.
type conn struct {
	id string
	s  *Socket
	// r is the handshake, until Init was asked; its header stays.
	r      *http.Request
	header http.Header
	exec   graphql.GraphExecutor
	ctx    context.Context
	cancel context.CancelCauseFunc
	ops    sync.WaitGroup
	state

	// ws and raw are set once, before attached is; nothing but the handler uses them before that.
	ws  *websocket.Conn
	raw *pipe
	// written is closed when nothing is written any more.
	written  chan struct{}
	attached atomic.Bool

	// Instants, 0 for never: the handshake; the last sign of life; the last ping; the write that is under way; since when the
	// other side may answer our close.
	opened, heard, pinged, writing, leaving instant
	pinging                                 atomic.Bool
}

func newConn(s *Socket, r *http.Request, exec graphql.GraphExecutor) *conn {
	// Values of the request stay, its end does not count: a server that limits the time of requests must not cut sockets.
	ctx, cancel := context.WithCancelCause(context.WithoutCancel(r.Context()))
	c := &conn{id: id.New(id.Connection), written: make(chan struct{}), s: s, r: r, header: r.Header, exec: exec, ctx: ctx, cancel: cancel}
	c.state.init(s)
	return c
}

func (c *conn) attach(ws *websocket.Conn, raw *pipe) {
	c.ws, c.raw = ws, raw
	now := c.s.Clock.Now()
	c.opened.set(now)
	c.heard.set(now)
	c.attached.Store(true)
}

func (c *conn) hear() { c.heard.set(c.s.Clock.Now()) }

// serve answers a connection until it has ended.
func (c *conn) serve() {
	c.mu.Lock()
	if c.end != nil && c.wake() { // it ended before it began
		go c.flush()
	}
	c.mu.Unlock()
	c.read()
	<-c.written
	c.ops.Wait()
	c.cancel(nil)
}

// read takes in messages until the connection ends.
func (c *conn) read() {
	for {
		if end := c.readOne(); end != nil {
			c.close(end)
			return
		}
	}
}

// readOne waits for a message and does what it asks for. Waiting holds no buffer: most connections wait most of the time.
func (c *conn) readOne() (end *CloseError) {
	defer func() {
		if p := recover(); p != nil {
			end = c.broken(p)
		}
	}()
	kind, reader, err := c.ws.Reader(context.Background())
	if err != nil {
		return lost(err)
	}
	buf := c.s.buffers.get()
	defer c.s.buffers.put(buf)
	// The library ends messages that are over the limit; its error comes with the byte after those it allows.
	if *buf, err = readAll(*buf, reader, c.s.MaxMessage+2); err != nil {
		return lost(err)
	}
	c.hear()
	if kind != websocket.MessageText {
		return badMessage("it has to be text")
	}
	// In a goroutine of its own, which takes the stack that this needs along when it ends: the one that waits stays small.
	// Nothing else is read meanwhile.
	done := make(chan *CloseError, 1)
	go func() {
		defer func() {
			if p := recover(); p != nil {
				done <- c.broken(p)
			}
		}()
		done <- c.take(*buf)
	}()
	return <-done
}

// broken is how a connection ends in which something panicked.
func (c *conn) broken(p any) *CloseError {
	_ = c.s.Present(c.ctx, recovered(p)) // gets it logged
	return closing(CloseInternal, "Something went wrong here.")
}

// lost is how a connection ended that could not be read any more.
func lost(err error) *CloseError {
	if errors.Is(err, websocket.ErrMessageTooBig) {
		return closing(CloseTooBig, "Message too big")
	}
	if code := websocket.CloseStatus(err); code > 0 {
		return &CloseError{Code: int(code)}
	}
	return &CloseError{Code: codeLost}
}

// take does what a message asks for.
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
		m.params.Headers = c.header
		c.ops.Go(func() { c.run(op, m.params) })
	case stepStop:
		op.cancel(context.Canceled)
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
	if session != nil && session.Lifetime != nil {
		stop := context.AfterFunc(session.Lifetime, func() { c.close(endedSession(session.Lifetime)) })
		context.AfterFunc(c.ctx, func() { stop() })
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
		_ = c.raw.Close()
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
