package transport

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/coder/websocket"

	"karnak/graph/transport/transporttest"
	"karnak/internal/platform/fault"
)

func TestSocketInit(t *testing.T) {
	t.Parallel()
	type who struct{}
	srv := serve(t, transporttest.Config{Fields: map[string]transporttest.Field{
		"hello": func(ctx context.Context, _ map[string]any) (any, error) { return ctx.Value(who{}), nil },
	}}, newSocket(t, SocketConfig{Init: func(ctx context.Context, payload json.RawMessage, r *http.Request) (context.Context, *Session, error) {
		if r == nil {
			t.Error("no request")
		}
		var in struct{ Authorization string }
		if payload != nil {
			if err := json.Unmarshal(payload, &in); err != nil {
				return nil, nil, err
			}
		}
		switch in.Authorization {
		case "expired":
			return nil, nil, fault.New(fault.Unauthenticated, "token expired")
		case "suspended":
			return nil, nil, fmt.Errorf("wrapped: %w", fault.New(fault.Forbidden, "suspended"))
		case "busy":
			return nil, nil, fault.New(fault.Throttled, "later")
		case "down":
			return nil, nil, fault.New(fault.Unavailable, "later")
		case "own":
			return nil, nil, &CloseError{4777, strings.Repeat("ä", 100)}
		case "broken":
			return nil, nil, errors.New(secret)
		case "internal":
			return nil, nil, fault.New(fault.Internal, secret)
		case "panic":
			panic(secret)
		}
		return context.WithValue(ctx, who{}, in.Authorization), &Session{Ack: json.RawMessage(`{"hi":1}`)}, nil
	}}))
	for in, c := range map[string]struct {
		code   int
		reason string
	}{
		"expired": {4401, "token expired"}, "suspended": {4403, "suspended"}, "busy": {1013, "later"}, "down": {1013, "later"},
		"own": {4777, strings.Repeat("ä", 61)}, "broken": {1011, "Something went wrong here."}, "internal": {1011, "Something went wrong here."},
		"panic": {1011, "Something went wrong here."},
	} {
		t.Run(in, func(t *testing.T) {
			t.Parallel()
			p := dial(t, srv)
			p.send(`{"type":"connection_init","payload":{"authorization":"` + in + `"}}`)
			if reason := p.wantClose(c.code); reason != c.reason {
				t.Errorf("reason %q", reason)
			}
		})
	}
	t.Run("welcome", func(t *testing.T) {
		t.Parallel()
		p := dial(t, srv)
		p.send(`{"type":"connection_init","payload":{"authorization":"anna"}}`)
		p.want(`{"type":"connection_ack","payload":{"hi":1}}`)
		p.send(hello)
		p.want(`{"id":"h","type":"next","payload":{"data":{"hello":"anna"}}}`)
	})
}

func TestSocketSessionEnds(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		cause  error
		code   int
		reason string
	}{
		"with a code":    {&CloseError{4401, "token expired"}, 4401, "token expired"},
		"without a code": {nil, 4403, "session ended"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			life, end := context.WithCancelCause(context.Background())
			quiet := newSilent()
			s := newSocket(t, SocketConfig{Init: func(ctx context.Context, _ json.RawMessage, _ *http.Request) (context.Context, *Session, error) {
				return ctx, &Session{Watch: func(end func(error)) func() {
					stop := context.AfterFunc(life, func() { end(context.Cause(life)) })
					return func() { stop() }
				}}, nil
			}})
			p := connect(t, serve(t, streams(map[string]transporttest.Stream{"ticks": quiet.stream}), s))
			p.send(subTicks)
			<-quiet.began
			end(c.cause)
			if reason := p.wantClose(c.code); reason != c.reason {
				t.Errorf("reason %q", reason)
			}
			<-quiet.cancelled
		})
	}
}

func TestSocketOrigin(t *testing.T) {
	t.Parallel()
	own := serve(t, streams(nil), newSocket(t, SocketConfig{}))
	chosen := serve(t, streams(nil), newSocket(t, SocketConfig{Origin: func(r *http.Request) bool { return r.Header.Get("Origin") == "https://good.example" }}))
	for name, c := range map[string]struct {
		url, origin string
		status      int
	}{
		"none": {own.URL, "", 101}, "same host": {own.URL, own.URL, 101}, "foreign": {own.URL, "https://evil.example", 403},
		"null": {own.URL, "null", 403}, "listed": {chosen.URL, "https://good.example", 101}, "not listed": {chosen.URL, "https://evil.example", 403},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := http.Header{}
			if c.origin != "" {
				h.Set("Origin", c.origin)
			}
			ws, resp, err := websocket.Dial(context.Background(), c.url, &websocket.DialOptions{Subprotocols: []string{Subprotocol}, HTTPHeader: h})
			if err == nil {
				defer ws.CloseNow()
			}
			if resp == nil || resp.StatusCode != c.status {
				t.Fatalf("%v %v", resp, err)
			}
		})
	}
}
