package transport

import (
	"context"
	"math/rand/v2"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"karnak/internal/platform/fault"
	"karnak/internal/platform/id"
)

// Do answers one request.
func (s *SSE) Do(w http.ResponseWriter, r *http.Request, exec graphql.GraphExecutor) {
	media, plain := negotiate(r.Header)
	a := answer{h: s.HTTP, w: w, ctx: r.Context(), media: media}
	defer func() {
		if p := recover(); p != nil {
			a.refuse(&refusal{status: http.StatusInternalServerError, err: recovered(p)})
		}
	}()
	params, refused := s.HTTP.read(r, true)
	if refused != nil {
		a.refuse(refused)
		return
	}
	st := s.newStream(r.Context(), w)
	defer st.cancel(nil)
	op, errs := exec.CreateOperationContext(st.ctx, params)
	subscribes := errs == nil && op.Operation.Operation == ast.Subscription
	switch {
	case plain && !subscribes && weighs(r.Header, mediaStream) <= max(weighs(r.Header, mediaJSON), weighs(r.Header, mediaResponse)):
		a.run(r, exec, op, errs)
		return
	case errs == nil && !subscribes:
		if refused := unsuited(r.Method, op); refused != nil {
			a.refuse(refused)
			return
		}
	case subscribes:
		life, err := s.Session(r)
		if err != nil {
			shown := s.HTTP.present(r.Context(), err)
			a.write(statusOf(mediaResponse, gqlerror.List{shown}), &graphql.Response{Errors: gqlerror.List{shown}})
			return
		}
		st.subscribe(life)
		resume(op, r.Header.Get("Last-Event-ID"))
	}
	st.name = nameOf(op)
	if !s.join(st) {
		w.Header().Set("Retry-After", "5")
		a.refuse(&refusal{status: http.StatusServiceUnavailable, err: fault.New(fault.Unavailable, "No more streams are taken now.")})
		return
	}
	defer s.leave(st)
	st.serve(func() { st.run(exec, op, errs) })
}

// eventStream is the answer to one request: the goroutine of its handler writes, one more takes responses from the executor.
type eventStream struct {
	id     string
	began  time.Time
	s      *SSE
	w      http.ResponseWriter
	rc     *http.ResponseController
	ctx    context.Context
	cancel context.CancelCauseFunc
	stream stream
	denied atomic.Bool
	// name is what the operation is called. ended breaks the stream off, with an error or without; parting says that somebody
	// has sent there.
	name    string
	ended   chan error
	parting atomic.Bool
	// subscription has an end of its own, life, and is broken off by a shutdown.
	subscription bool
	life         <-chan struct{}
	why          func() *CloseError
	drain        <-chan struct{}
	// frames hands over what is to be written: nothing waits but the one frame that is offered.
	frames chan chunk
	beat   chan struct{}
	// Instants for the sweeper: the write that is under way, and the last one; the one that it saw under way, and when it saw it
	// first.
	writing, wrote, seen, since instant
}

// chunk is a piece of a stream; event says that it is a next of a subscription.
type chunk struct {
	data  *[]byte
	event bool
}

func (s *SSE) newStream(ctx context.Context, w http.ResponseWriter) *eventStream {
	st := &eventStream{
		id: id.New(id.Connection), began: s.Clock.Now(), ended: make(chan error, 1), s: s, w: w, rc: http.NewResponseController(w), frames: make(chan chunk), beat: make(chan struct{}, 1),
	}
	st.stream.marked = true
	st.stream.denied = func() {
		st.denied.Store(true)
		st.cancel(context.Canceled)
	}
	ctx, st.cancel = context.WithCancelCause(ctx)
	st.ctx = withStream(ctx, &st.stream)
	return st
}

// subscribe makes it a subscription's stream.
func (st *eventStream) subscribe(life context.Context) {
	st.subscription, st.drain = true, st.s.drain
	if life != nil {
		st.life, st.why = life.Done(), func() *CloseError { return endedSession(context.Cause(life)) }
	}
}

// When an EventSource connects again after a cut.
const soonest, latest = 500 * time.Millisecond, 2 * time.Second

// serve writes what run offers until there is no more, or the stream has to end.
func (st *eventStream) serve(run func()) {
	// The limits of the server are for requests that end.
	_ = st.rc.SetReadDeadline(time.Time{})
	_ = st.rc.SetWriteDeadline(time.Time{})
	h := st.w.Header()
	h.Set("Content-Type", mediaStream+"; charset=utf-8")
	h.Set("Cache-Control", "no-store, no-transform")
	h.Set("X-Accel-Buffering", "no")
	if st.subscription {
		st.s.Observer.Subscribed()
		defer st.s.Observer.Unsubscribed()
	}
	go func() {
		defer close(st.frames)
		run()
	}()
	// Who is cut off together does not come back together.
	st.write(appendRetry(nil, soonest+rand.N(latest-soonest))) //nolint:gosec // spreads them, hides nothing
	for st.step() {
	}
	st.cancel(context.Canceled)
	for f := range st.frames {
		st.s.HTTP.buffers.put(f.data)
	}
}

// step writes one piece; it reports false when that was the last one.
func (st *eventStream) step() bool {
	select {
	case f, more := <-st.frames:
		if !more {
			return false
		}
		defer st.s.HTTP.buffers.put(f.data)
		if f.event && st.denied.Load() {
			return true
		}
		ok := st.write(*f.data)
		if ok && f.event {
			st.s.Observer.Delivered(len(*f.data))
		}
		return ok
	case <-st.beat:
		return st.write(appendBeat(nil))
	case <-st.life:
		err := fault.New(fault.Unauthenticated, "The stream has ended: %s.", st.why().Reason)
		st.write(appendFailure(nil, gqlerror.List{st.s.HTTP.present(st.ctx, err)}))
		return false
	case <-st.drain:
		return false
	case err := <-st.ended:
		if err != nil {
			st.write(appendFailure(nil, gqlerror.List{st.s.HTTP.present(st.ctx, err)}))
		}
		return false
	case <-st.ctx.Done():
		// The client is gone, or the right to read: then its error follows.
		return st.denied.Load() && st.last()
	}
}

// last writes the end of a stream whose context is over.
func (st *eventStream) last() bool {
	for f := range st.frames {
		ok := f.event || st.write(*f.data)
		st.s.HTTP.buffers.put(f.data)
		if !ok {
			break
		}
	}
	return false
}

func (st *eventStream) write(b []byte) bool {
	st.writing.set(st.s.Clock.Now())
	_, err := st.w.Write(b)
	if err == nil {
		err = st.rc.Flush()
	}
	st.writing.clear()
	st.wrote.set(st.s.Clock.Now())
	return err == nil
}

// check cuts a stream whose client does not read, and keeps a silent one alive. A write's time counts from when it was seen
// first: a clock that jumps, as after a machine slept, must not make one that is a moment from its end look stuck.
func (st *eventStream) check(now time.Time) {
	if at := st.writing.at.Load(); at != st.seen.at.Swap(at) {
		st.since.set(now)
	}
	switch {
	case !st.seen.never() && st.since.age(now) >= st.s.WriteTimeout:
		st.s.Observer.Slow()
		st.cut()
	case st.writing.never() && st.wrote.age(now) >= st.s.BeatEvery:
		select {
		case st.beat <- struct{}{}:
		default:
		}
	}
}

// cut ends the stream without a word, also when it is stuck in a write.
func (st *eventStream) cut() {
	st.writing.clear()
	st.cancel(context.Canceled)
	_ = st.rc.SetWriteDeadline(time.Unix(1, 0))
}

// run executes the operation and offers what comes of it. A panic ends only this stream.
func (st *eventStream) run(exec graphql.GraphExecutor, op *graphql.OperationContext, errs gqlerror.List) {
	ctx := st.ctx
	defer func() {
		if p := recover(); p != nil {
			st.fail(gqlerror.List{st.s.HTTP.present(ctx, recovered(p))})
		}
	}()
	if errs != nil {
		st.fail(exec.DispatchError(graphql.WithOperationContext(ctx, op), errs).Errors)
		return
	}
	if st.together(exec, op) {
		return
	}
	next, dispatched := exec.DispatchOperation(ctx, op)
	for {
		resp := next(dispatched)
		if resp == nil {
			break
		}
		if len(resp.Data) == 0 && len(resp.Errors) > 0 {
			st.fail(resp.Errors)
			return
		}
		cursor := st.stream.mark()
		if !st.offer(st.subscription, func(b []byte) []byte { return appendEvent(b, cursor, resp) }) {
			break
		}
		if !st.subscription {
			st.offer(false, appendEnd)
			return
		}
	}
	st.conclude(dispatched.Err() != nil)
}

// conclude tells how a subscription ends; cut says that it took too long.
func (st *eventStream) conclude(cut bool) {
	switch err := StreamError(st.ctx); {
	case err != nil:
		st.fail(gqlerror.List{st.s.HTTP.present(st.ctx, err)})
	case st.ctx.Err() == nil && cut:
		st.fail(gqlerror.List{st.s.HTTP.present(st.ctx, cutShort())})
	case st.ctx.Err() == nil && !st.closing():
		st.offer(false, appendEnd)
	}
}

// closing reports whether the node shuts down: then a subscription's end is not the end of its events.
func (st *eventStream) closing() bool {
	select {
	case <-st.drain:
		return true
	default:
		return false
	}
}

func (st *eventStream) fail(list gqlerror.List) {
	st.offer(false, func(b []byte) []byte { return appendFailure(b, list) })
}

// offer hands a piece to the writer; it reports false when it is not wanted any more.
func (st *eventStream) offer(event bool, build func([]byte) []byte) bool {
	data := st.s.HTTP.buffers.get()
	*data = build(*data)
	var over <-chan struct{}
	if event {
		over = st.ctx.Done()
	}
	select {
	case st.frames <- chunk{data, event}:
		return true
	case <-over:
		st.s.HTTP.buffers.put(data)
		return false
	}
}
