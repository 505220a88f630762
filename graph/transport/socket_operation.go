package transport

import (
	"context"
	"encoding/json"
	"strings"
	"sync/atomic"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"karnak/internal/platform/fault"
)

// operation is one subscribe of a client, from the message on until its goroutine has ended.
type operation struct {
	id, quoted string
	// head is what a next with a shared payload begins with.
	head   string
	ctx    context.Context
	cancel context.CancelCauseFunc
	stream stream
	// parked is what is to be told that the operation is cancelled, while it has no goroutine.
	parked atomic.Pointer[member]

	// The connection's lock guards these.
	name                 string
	subscription, denied bool
	// held: its id is taken by it.
	held bool
}

func newOperation(id string) *operation {
	quoted := quote(id)
	return &operation{id: id, quoted: quoted, head: string(appendHead(nil, quoted, typeNext)) + `,"payload":`}
}

func quote(s string) string {
	// A string always encodes.
	b, _ := json.Marshal(s)
	return string(b)
}

// attach gives the operation its context; the connection's lock is held.
func (op *operation) attach(c *conn) {
	// The end of the connection stops its operations one by one: what hangs on its context would have to be remembered there.
	op.ctx, op.cancel = context.WithCancelCause(context.WithoutCancel(c.base))
	op.stream.denied = func() { c.deny(op) }
}

// stop cancels the operation.
func (op *operation) stop(cause error) {
	op.cancel(cause)
	op.wake()
}

// wake tells who is parked that the operation is cancelled.
func (op *operation) wake() {
	if m := op.parked.Swap(nil); m != nil {
		go m.left()
	}
}

// run executes an operation and sends what comes of it: for each response a next, then complete; or an error, which is the
// last message. A panic ends only this operation.
func (c *conn) run(op *operation, params *graphql.RawParams) {
	ctx := op.ctx
	shared := false
	defer func() {
		if !shared {
			c.finished(op)
			op.cancel(nil)
		}
	}()
	defer func() {
		if p := recover(); p != nil {
			c.fail(op, gqlerror.List{c.s.Present(ctx, recovered(p))})
		}
	}()
	now := c.s.Clock.Now()
	params.ReadTime = graphql.TraceTiming{Start: now, End: now}
	own := withStream(c.s.Begin(ctx), &op.stream)
	ctx = graphql.StartOperationTrace(own)
	oc, errs := c.exec.CreateOperationContext(ctx, params)
	ctx = graphql.WithOperationContext(ctx, oc)
	if errs != nil {
		c.fail(op, c.exec.DispatchError(ctx, errs).Errors)
		return
	}
	if strings.Contains(oc.RawQuery, "defer") && defers(oc.Doc) {
		c.fail(op, gqlerror.List{c.s.Present(ctx, fault.New(fault.BadUserInput, "@defer needs an answer in several parts, which this transport does not give."))})
		return
	}
	subscription := oc.Operation.Operation == ast.Subscription
	if !c.begin(op, nameOf(oc), subscription) {
		return
	}
	if subscription {
		c.s.Observer.Subscribed()
		if shared = c.share(own, op, oc); shared {
			return
		}
		defer c.s.Observer.Unsubscribed()
	}
	c.pull(ctx, op, oc, subscription)
}

// pull takes response after response from the executor, the next one only when the one before it is queued.
func (c *conn) pull(ctx context.Context, op *operation, oc *graphql.OperationContext, subscription bool) {
	next, dispatched := c.exec.DispatchOperation(ctx, oc)
	for {
		resp := next(dispatched)
		if resp == nil {
			break
		}
		if len(resp.Data) == 0 && len(resp.Errors) > 0 {
			c.fail(op, resp.Errors)
			return
		}
		if !c.queue(op, subscription, false, func(b []byte) []byte { return appendNext(b, op.quoted, resp) }) {
			break
		}
		if !subscription {
			c.complete(op)
			return
		}
	}
	if err := StreamError(ctx); err != nil {
		c.fail(op, gqlerror.List{c.s.Present(ctx, err)})
		return
	}
	if dispatched.Err() != nil {
		// Not the client's wish, and not the end of the stream.
		c.fail(op, gqlerror.List{c.s.Present(ctx, cutShort())})
		return
	}
	c.complete(op)
}

func (c *conn) complete(op *operation) {
	c.queue(op, false, true, func(b []byte) []byte { return appendComplete(b, op.quoted) })
}

func (c *conn) fail(op *operation, list gqlerror.List) {
	c.queue(op, false, true, func(b []byte) []byte { return appendError(b, op.quoted, list) })
}
