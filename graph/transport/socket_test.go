package transport

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/coder/websocket"

	"karnak/graph/transport/transporttest"
	"karnak/internal/platform/fault"
)

// feed is a stream that a test drives: what it sends comes as events, closing it ends the stream.
func feed(events <-chan any) transporttest.Stream {
	return func(context.Context, map[string]any) (<-chan any, error) { return events, nil }
}

// silent is a stream without events that tells when it began and when it was cancelled.
type silent struct{ began, cancelled chan struct{} }

func newSilent() silent { return silent{make(chan struct{}, 1), make(chan struct{}, 1)} }

func (s silent) stream(ctx context.Context, _ map[string]any) (<-chan any, error) {
	s.began <- struct{}{}
	context.AfterFunc(ctx, func() { s.cancelled <- struct{}{} })
	return make(chan any), nil
}

func streams(s map[string]transporttest.Stream) transporttest.Config {
	return transporttest.Config{Streams: s, Fields: fields(nil)}
}

const (
	subTicks = `{"id":"a","type":"subscribe","payload":{"query":"subscription{ticks}"}}`
	hello    = `{"id":"h","type":"subscribe","payload":{"query":"{hello}"}}`
)

// alive shows that the connection still works.
func (p *peer) alive() {
	p.t.Helper()
	p.send(hello)
	p.want(`{"id":"h","type":"next","payload":{"data":{"hello":"world"}}}`)
	p.want(`{"id":"h","type":"complete"}`)
}

func TestSocketOperations(t *testing.T) {
	t.Parallel()
	events := make(chan any)
	srv := serve(t, streams(map[string]transporttest.Stream{
		"ticks": feed(events),
		"denied": func(context.Context, map[string]any) (<-chan any, error) {
			return nil, fault.New(fault.Forbidden, "no")
		},
	}), newSocket(t, SocketConfig{}))
	p := connect(t, srv)

	p.alive()
	p.send(`{"id":"q","type":"subscribe","payload":{"query":"query($t:String){echo(text:$t)}","variables":{"t":"ä"},"operationName":null,"extensions":{}}}`)
	p.want(`{"id":"q","type":"next","payload":{"data":{"echo":"ä"}}}`)
	p.want(`{"id":"q","type":"complete"}`)

	p.send(subTicks)
	for i := range 3 {
		events <- i
		p.want(fmt.Sprintf(`{"id":"a","type":"next","payload":{"data":{"ticks":%d}}}`, i))
	}
	p.alive()
	close(events)
	p.want(`{"id":"a","type":"complete"}`)

	// Faults of a document are an error, which is the last message; the id is free again.
	p.send(`{"id":"a","type":"subscribe","payload":{"query":"subscription{nope}"}}`)
	p.wantError("a", "GRAPHQL_VALIDATION_FAILED")
	p.send(`{"id":"a","type":"subscribe","payload":{"query":"{"}}`)
	p.wantError("a", "GRAPHQL_PARSE_FAILED")
	p.send(`{"id":"a","type":"subscribe","payload":{"query":"{hello ... @defer {hello}}"}}`)
	p.wantError("a", "BAD_USER_INPUT")
	p.send(`{"id":"a","type":"subscribe","payload":{"query":"subscription{denied}"}}`)
	p.want(`{"id":"a","type":"error","payload":[{"message":"FORBIDDEN: no"}]}`)
	// Errors of fields come with the data.
	p.send(`{"id":"a","type":"subscribe","payload":{"query":"{nothing}"}}`)
	p.want(`{"id":"a","type":"next","payload":{"errors":[{"message":"UNAVAILABLE: gone","path":["nothing"]}],"data":null}}`)
	p.want(`{"id":"a","type":"complete"}`)
	p.alive()
}

func TestSocketPings(t *testing.T) {
	t.Parallel()
	p := dial(t, serve(t, streams(nil), newSocket(t, SocketConfig{})))
	p.send(`{"type":"ping"}`)
	p.want(`{"type":"pong"}`)
	p.send(`{"type":"ping","payload":{"a": [1, "ä"]}}`)
	p.want(`{"type":"pong","payload":{"a": [1, "ä"]}}`)
	p.send(`{"type":"ping","payload":null}`)
	p.want(`{"type":"pong"}`)
	p.send(`{"type":"pong"}`)
	p.send(`{"type":"complete","id":"unknown"}`)
	p.send(`{"type":"connection_init"}`)
	p.want(`{"type":"connection_ack"}`)
	p.alive()
}

func TestSocketClientCompletes(t *testing.T) {
	t.Parallel()
	quiet := newSilent()
	events := make(chan any, 1)
	srv := serve(t, streams(map[string]transporttest.Stream{"ticks": quiet.stream, "many": feed(events)}), newSocket(t, SocketConfig{}))
	p := connect(t, srv)
	p.send(subTicks)
	<-quiet.began
	p.send(`{"id":"a","type":"complete"}`)
	<-quiet.cancelled
	// The id is free at once, and nothing of the old operation comes any more.
	p.send(`{"id":"a","type":"subscribe","payload":{"query":"subscription{many}"}}`)
	events <- 7
	p.want(`{"id":"a","type":"next","payload":{"data":{"many":7}}}`)
	p.alive()
}

// TestSocketIdIsFreeOnComplete: who has seen the complete may use the id again, whatever is still being tidied up.
func TestSocketIdIsFreeOnComplete(t *testing.T) {
	t.Parallel()
	o := tidying{done: make(chan struct{})}
	first := make(chan any)
	close(first)
	p := connect(t, serve(t, streams(map[string]transporttest.Stream{"ticks": feed(first)}), newSocket(t, SocketConfig{Observer: o})))
	for range 3 {
		p.send(subTicks)
		p.want(`{"id":"a","type":"complete"}`)
	}
	close(o.done)
}

// tidying is an Observer that holds the end of subscriptions up.
type tidying struct {
	NoObserver
	done chan struct{}
}

func (o tidying) Unsubscribed() { <-o.done }

func TestSocketCloseCodes(t *testing.T) {
	t.Parallel()
	srv := serve(t, streams(map[string]transporttest.Stream{"ticks": feed(nil)}), newSocket(t, SocketConfig{MaxMessage: 4 << 10}))
	start := `{"type":"connection_init"}`
	for name, c := range map[string]struct {
		frames []string
		code   int
		reason string
	}{
		"second init":                  {[]string{start, start}, 4429, "Too many initialisation requests"},
		"subscribe before init":        {[]string{subTicks}, 4401, "Unauthorized"},
		"id that still runs":           {[]string{start, subTicks, subTicks}, 4409, "Subscriber for a already exists"},
		"no JSON":                      {[]string{`hello`}, 4400, ""},
		"empty":                        {[]string{``}, 4400, ""},
		"list":                         {[]string{`[]`}, 4400, ""},
		"no type":                      {[]string{`{}`}, 4400, ""},
		"unknown type":                 {[]string{`{"type":"xyzzy"}`}, 4400, ""},
		"type of servers":              {[]string{start, `{"type":"next","id":"a"}`}, 4400, ""},
		"ack by the client":            {[]string{`{"type":"connection_ack"}`}, 4400, ""},
		"type is a number":             {[]string{`{"type":1}`}, 4400, ""},
		"key twice":                    {[]string{`{"type":"ping","type":"connection_init"}`}, 4400, ""},
		"trailing bytes":               {[]string{`{"type":"ping"}}`}, 4400, ""},
		"bad UTF-8":                    {[]string{"{\"type\":\"ping\",\"payload\":{\"a\":\"\xff\"}}"}, 4400, ""},
		"init payload is text":         {[]string{`{"type":"connection_init","payload":"x"}`}, 4400, ""},
		"subscribe without id":         {[]string{start, `{"type":"subscribe","payload":{"query":"{hello}"}}`}, 4400, ""},
		"subscribe with empty id":      {[]string{start, `{"id":"","type":"subscribe","payload":{"query":"{hello}"}}`}, 4400, ""},
		"subscribe with number for id": {[]string{start, `{"id":1,"type":"subscribe","payload":{"query":"{hello}"}}`}, 4400, ""},
		"subscribe with giant id":      {[]string{start, `{"id":"` + strings.Repeat("x", 257) + `","type":"subscribe","payload":{"query":"{hello}"}}`}, 4400, ""},
		"subscribe without payload":    {[]string{start, `{"id":"a","type":"subscribe"}`}, 4400, ""},
		"subscribe without query":      {[]string{start, `{"id":"a","type":"subscribe","payload":{}}`}, 4400, ""},
		"variables are text":           {[]string{start, `{"id":"a","type":"subscribe","payload":{"query":"{hello}","variables":"x"}}`}, 4400, ""},
		"deep variables":               {[]string{start, `{"id":"a","type":"subscribe","payload":{"query":"{hello}","variables":` + nested(33) + `}}`}, 4400, ""},
		"complete without id":          {[]string{start, `{"type":"complete"}`}, 4400, ""},
		"over the limit":               {[]string{`{"type":"ping","payload":{"a":"` + strings.Repeat("x", 4<<10) + `"}}`}, 1009, "Message too big: it has at most 4096 bytes"},
		"one byte over the limit":      {[]string{`{"type":"ping"}` + strings.Repeat(" ", 4<<10-14)}, 1009, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := dial(t, srv)
			for _, f := range c.frames {
				p.send(f)
				if f == start && len(c.frames) > 1 {
					p.want(`{"type":"connection_ack"}`)
					if c.code == 4429 {
						p.send(start)
						break
					}
				}
			}
			reason := p.wantClose(c.code)
			if c.reason != "" && reason != c.reason || strings.Contains(reason, "xyzzy") {
				t.Errorf("reason %q", reason)
			}
			if c.code == 4400 && !strings.HasPrefix(reason, "Invalid message received") {
				t.Errorf("reason %q", reason)
			}
		})
	}
	t.Run("at the limit", func(t *testing.T) {
		t.Parallel()
		p := dial(t, srv)
		p.send(`{"type":"ping"}` + strings.Repeat(" ", 4<<10-15))
		p.want(`{"type":"pong"}`)
	})
	t.Run("binary", func(t *testing.T) {
		t.Parallel()
		p := dial(t, srv)
		if err := p.ws.Write(context.Background(), websocket.MessageBinary, []byte(start)); err != nil {
			t.Fatal(err)
		}
		p.wantClose(4400)
	})
	for name, protocols := range map[string][]string{"no subprotocol": nil, "other subprotocol": {"graphql-ws"}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := dialWith(t, srv, &websocket.DialOptions{Subprotocols: protocols})
			p.wantClose(4406)
		})
	}
}

func TestSocketLimits(t *testing.T) {
	t.Parallel()
	s := newSocket(t, SocketConfig{MaxConnections: 2})
	srv := serve(t, streams(map[string]transporttest.Stream{"ticks": feed(nil)}), s)
	p := connect(t, srv)
	for i := range 100 {
		p.send(fmt.Sprintf(`{"id":"s%d","type":"subscribe","payload":{"query":"subscription{ticks}"}}`, i))
	}
	p.send(`{"id":"one more","type":"subscribe","payload":{"query":"subscription{ticks}"}}`)
	p.wantError("one more", "THROTTLED")
	p.send(`{"id":"s7","type":"complete"}`)
	p.alive()

	connect(t, srv)
	_, resp, err := websocket.Dial(context.Background(), srv.URL, &websocket.DialOptions{Subprotocols: []string{Subprotocol}})
	if err == nil || resp.StatusCode != http.StatusServiceUnavailable || resp.Header.Get("Retry-After") == "" {
		t.Fatalf("third connection: %v %v", resp, err)
	}
	_ = p.ws.Close(1000, "")
	eventually(t, "the first connection to be gone", func() bool { return s.Connections() == 1 })
	connect(t, srv).alive()
}

func TestSocketBegin(t *testing.T) {
	t.Parallel()
	type key struct{}
	n := 0
	srv := serve(t, transporttest.Config{Fields: map[string]transporttest.Field{
		"hello": func(ctx context.Context, _ map[string]any) (any, error) { return ctx.Value(key{}), nil },
	}}, newSocket(t, SocketConfig{Begin: func(ctx context.Context) context.Context {
		n++
		return context.WithValue(ctx, key{}, fmt.Sprint("request ", n))
	}}))
	p := connect(t, srv)
	for i := range 2 {
		p.send(hello)
		p.want(fmt.Sprintf(`{"id":"h","type":"next","payload":{"data":{"hello":"request %d"}}}`, i+1))
		p.want(`{"id":"h","type":"complete"}`)
	}
}
