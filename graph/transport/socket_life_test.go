package transport

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"karnak/graph/transport/transporttest"
	"karnak/internal/platform/clock"
	"karnak/internal/platform/fault"
)

func manual() *clock.Manual { return clock.NewManual(time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)) }

func TestSocketStreamErrors(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		err  error
		want string
	}{
		"own end":     {nil, `{"id":"a","type":"complete"}`},
		"typed":       {fault.New(fault.CursorExpired, "too old"), `{"id":"a","type":"error","payload":[{"message":"too old","extensions":{"code":"CURSOR_EXPIRED","retryable":false}}]}`},
		"not typed":   {errors.New(secret), `{"id":"a","type":"error","payload":[{"message":"Something went wrong here.","extensions":{"code":"INTERNAL","retryable":false}}]}`},
		"access lost": {fault.New(fault.Forbidden, "no more"), `{"id":"a","type":"error","payload":[{"message":"no more","extensions":{"code":"FORBIDDEN","retryable":false}}]}`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			events := make(chan any)
			contexts := make(chan context.Context, 1)
			p := connect(t, serve(t, streams(map[string]transporttest.Stream{"ticks": func(ctx context.Context, _ map[string]any) (<-chan any, error) {
				contexts <- ctx
				return events, nil
			}}), newSocket(t, SocketConfig{})))
			p.send(subTicks)
			events <- 1
			p.want(`{"id":"a","type":"next","payload":{"data":{"ticks":1}}}`)
			ctx := <-contexts
			SetStreamError(ctx, c.err)
			SetStreamError(ctx, errors.New("a later one"))
			if c.err == nil {
				c.want = `{"id":"a","type":"error","payload":[{"message":"Something went wrong here.","extensions":{"code":"INTERNAL","retryable":false}}]}`
			} else if !errors.Is(StreamError(ctx), c.err) {
				t.Errorf("StreamError is %v", StreamError(ctx))
			}
			close(events)
			p.want(c.want)
			// What the resolver left running under the context is told to stop.
			<-ctx.Done()
			p.alive()
		})
	}
	// Outside a stream nothing happens.
	SetStreamError(context.Background(), errors.New("x"))
	if StreamError(context.Background()) != nil {
		t.Error("an error out of nowhere")
	}
}

func TestSocketPanics(t *testing.T) {
	t.Parallel()
	var presented atomic.Pointer[PanicError]
	events := make(chan any)
	p := connect(t, serve(t, streams(map[string]transporttest.Stream{
		"ticks":  feed(events),
		"panics": func(context.Context, map[string]any) (<-chan any, error) { panic(secret) },
	}), newSocket(t, SocketConfig{Present: func(ctx context.Context, err error) *gqlerror.Error {
		var panicked *PanicError
		if errors.As(err, &panicked) {
			presented.Store(panicked)
		}
		return presentPlain(ctx, err)
	}})))
	p.send(`{"id":"p","type":"subscribe","payload":{"query":"subscription{panics}"}}`)
	p.wantError("p", "INTERNAL")
	if e := presented.Load(); e == nil || e.Value != secret || len(e.Stack) == 0 {
		t.Errorf("presented %v", e)
	}
	p.send(`{"id":"p","type":"subscribe","payload":{"query":"{boom}"}}`)
	p.wantError("p", "INTERNAL")
	p.send(subTicks)
	events <- 1
	p.want(`{"id":"a","type":"next","payload":{"data":{"ticks":1}}}`)
	events <- func() any { panic(secret) }
	p.wantError("a", "INTERNAL")
	p.alive()
}

func TestSocketInitTimeout(t *testing.T) {
	t.Parallel()
	c := manual()
	asked := make(chan context.Context, 1)
	s := newSocket(t, SocketConfig{Clock: c, Init: func(ctx context.Context, payload json.RawMessage, _ *http.Request) (context.Context, *Session, error) {
		if payload != nil {
			asked <- ctx
			<-ctx.Done()
		}
		return ctx, nil, ctx.Err()
	}})
	srv := serve(t, streams(nil), s)
	mute, waiting, good := dial(t, srv), dial(t, srv), connect(t, srv)
	mute.send(`{"type":"ping"}`)
	mute.want(`{"type":"pong"}`)
	waiting.send(`{"type":"connection_init","payload":{}}`)
	ctx := <-asked
	c.Advance(9 * time.Second)
	s.sweep()
	mute.send(`{"type":"ping"}`)
	mute.want(`{"type":"pong"}`)
	c.Advance(time.Second)
	s.sweep()
	mute.wantClose(4408)
	waiting.wantClose(4408)
	<-ctx.Done()
	good.alive()
}

func TestSocketSweepsByItself(t *testing.T) {
	t.Parallel()
	p := dial(t, serve(t, streams(nil), newSocket(t, SocketConfig{InitTimeout: 40 * time.Millisecond})))
	p.wantClose(4408)
}

func TestSocketShutdown(t *testing.T) {
	t.Parallel()
	release := make(chan struct{})
	started := make(chan struct{})
	s := newSocket(t, SocketConfig{})
	quiet := newSilent()
	srv := serve(t, transporttest.Config{
		Fields: map[string]transporttest.Field{"wait": func(ctx context.Context, _ map[string]any) (any, error) {
			close(started)
			select {
			case <-release:
				return "done", nil
			case <-ctx.Done():
				return nil, ctx.Err()
			}
		}},
		Streams: map[string]transporttest.Stream{"ticks": quiet.stream},
	}, s)
	subscriber, mutating, mute := connect(t, srv), connect(t, srv), dial(t, srv)
	subscriber.send(subTicks)
	<-quiet.began
	mutating.send(`{"id":"w","type":"subscribe","payload":{"query":"mutation{wait}"}}`)
	<-started
	down := make(chan error, 1)
	go func() { down <- s.Shutdown(context.Background()) }()
	// A broken-off subscription is not completed: its client shall resume.
	subscriber.wantClose(1012)
	mute.wantClose(1012)
	<-quiet.cancelled
	mutating.send(hello)
	mutating.wantError("h", "UNAVAILABLE")
	_, resp, err := websocket.Dial(context.Background(), srv.URL, &websocket.DialOptions{Subprotocols: []string{Subprotocol}})
	if err == nil || resp.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("taken while shutting down: %v %v", resp, err)
	}
	close(release)
	mutating.want(`{"id":"w","type":"next","payload":{"data":{"wait":"done"}}}`)
	mutating.want(`{"id":"w","type":"complete"}`)
	mutating.wantClose(1012)
	if err := <-down; err != nil {
		t.Error(err)
	}
	if err := s.Shutdown(context.Background()); err != nil {
		t.Error(err)
	}
}

func TestSocketShutdownEndsTheStubborn(t *testing.T) {
	t.Parallel()
	c := manual()
	s := newSocket(t, SocketConfig{Clock: c})
	started := make(chan struct{})
	srv := serve(t, transporttest.Config{Fields: map[string]transporttest.Field{"wait": func(ctx context.Context, _ map[string]any) (any, error) {
		close(started)
		<-ctx.Done()
		return nil, ctx.Err()
	}}}, s)
	p := connect(t, srv)
	rawPeer(t, srv)
	p.send(`{"id":"w","type":"subscribe","payload":{"query":"{wait}"}}`)
	<-started
	ctx, cancel := context.WithCancel(context.Background())
	down := make(chan error, 1)
	go func() { down <- s.Shutdown(ctx) }()
	// The operation does not end, so the drain takes all its time; the silent peer does not answer the close and is cut.
	ending := func() bool {
		for _, x := range s.snapshot() {
			x.mu.Lock()
			still := x.end == nil
			x.mu.Unlock()
			if still {
				return false
			}
		}
		return true
	}
	eventually(t, "the drain to be over", func() bool {
		if ending() {
			return true
		}
		c.Advance(time.Second)
		return false
	})
	p.wantClose(1012)
	cancel()
	if err := <-down; err != nil && !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	eventually(t, "all to be gone", func() bool { return s.Connections() == 0 })
}
