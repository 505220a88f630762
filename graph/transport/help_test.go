package transport

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/executor"
	"github.com/99designs/gqlgen/graphql/handler"
	"github.com/coder/websocket"

	"karnak/graph/transport/transporttest"
)

// patience is how long a test waits for something that has to come.
const patience = 20 * time.Second

func newHTTP(t testing.TB, c HTTPConfig) *HTTP {
	t.Helper()
	h, err := NewHTTP(c)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func newSocket(t testing.TB, c SocketConfig) *Socket {
	t.Helper()
	if c.Init == nil {
		c.Init = welcome
	}
	s, err := NewSocket(c)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func welcome(ctx context.Context, _ json.RawMessage, _ *http.Request) (context.Context, *Session, error) {
	return ctx, nil, nil
}

func newExecutor(t testing.TB, c transporttest.Config) *executor.Executor {
	t.Helper()
	schema, err := transporttest.New(c)
	if err != nil {
		t.Fatal(err)
	}
	return executor.New(schema)
}

// serve runs a server with the transports over the schema.
func serve(t testing.TB, c transporttest.Config, transports ...graphql.Transport) *httptest.Server {
	t.Helper()
	schema, err := transporttest.New(c)
	if err != nil {
		t.Fatal(err)
	}
	h := handler.New(schema)
	for _, tr := range transports {
		h.AddTransport(tr)
	}
	srv := httptest.NewServer(h)
	t.Cleanup(srv.Close)
	return srv
}

// peer is a client of a websocket.
type peer struct {
	t  testing.TB
	ws *websocket.Conn
}

func dial(t testing.TB, srv *httptest.Server) *peer {
	t.Helper()
	return dialWith(t, srv, &websocket.DialOptions{Subprotocols: []string{Subprotocol}})
}

func dialWith(t testing.TB, srv *httptest.Server, o *websocket.DialOptions) *peer {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	ws, _, err := websocket.Dial(ctx, "ws"+strings.TrimPrefix(srv.URL, "http"), o)
	if err != nil {
		t.Fatalf("dial: %v", err)
	}
	ws.SetReadLimit(8 << 20)
	t.Cleanup(func() { _ = ws.CloseNow() })
	return &peer{t, ws}
}

// connect dials and goes through the handshake of the protocol.
func connect(t testing.TB, srv *httptest.Server) *peer {
	t.Helper()
	p := dial(t, srv)
	p.send(`{"type":"connection_init"}`)
	p.want(`{"type":"connection_ack"}`)
	return p
}

func (p *peer) send(frame string) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := p.ws.Write(ctx, websocket.MessageText, []byte(frame)); err != nil {
		p.t.Fatalf("send %.80s: %v", frame, err)
	}
}

func (p *peer) read() (string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	_, b, err := p.ws.Read(ctx)
	return string(b), err
}

// want expects exactly this message next.
func (p *peer) want(frame string) {
	p.t.Helper()
	got, err := p.read()
	if err != nil {
		p.t.Fatalf("want %s, got %v", frame, err)
	}
	if got != frame {
		p.t.Fatalf("want %s\n got %s", frame, got)
	}
}

// wantError expects an error message for the operation with this code.
func (p *peer) wantError(id, code string) {
	p.t.Helper()
	got, err := p.read()
	if err != nil {
		p.t.Fatalf("want an error, got %v", err)
	}
	var m struct {
		ID, Type string
		Payload  []struct {
			Message    string
			Extensions struct{ Code string }
		}
	}
	if err := json.Unmarshal([]byte(got), &m); err != nil {
		p.t.Fatalf("want an error, got %s", got)
	}
	if m.ID != id || m.Type != "error" || len(m.Payload) == 0 || m.Payload[0].Message == "" || m.Payload[0].Extensions.Code != code {
		p.t.Fatalf("want error %s for %s, got %s", code, id, got)
	}
}

// wantClose expects the connection to end with this code before any other message, and returns the reason.
func (p *peer) wantClose(code int) string {
	p.t.Helper()
	got, err := p.read()
	if err == nil {
		p.t.Fatalf("want close %d, got %s", code, got)
	}
	var c websocket.CloseError
	if !errors.As(err, &c) || int(c.Code) != code {
		p.t.Fatalf("want close %d, got %v", code, err)
	}
	return c.Reason
}

func do(t testing.TB, srv *httptest.Server, method, path, body string, header map[string]string) (*http.Response, string) {
	t.Helper()
	r, err := http.NewRequest(method, srv.URL+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for k, v := range header {
		r.Header.Set(k, v)
	}
	resp, err := srv.Client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp, string(b)
}

// eventually waits until a condition holds that other goroutines bring about; it is for what gives no signal, like counts.
func eventually(t testing.TB, what string, holds func() bool) {
	t.Helper()
	late := time.After(patience)
	every := time.NewTicker(2 * time.Millisecond)
	defer every.Stop()
	for !holds() {
		select {
		case <-late:
			t.Fatalf("waited in vain: %s", what)
		case <-every.C:
		}
	}
}
