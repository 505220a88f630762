package authz_test

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"karnak/internal/app/apptest"
)

// patience is how long a test waits for what has to come.
const patience = 10 * time.Second

// socket is a websocket that speaks graphql-transport-ws.
type socket struct {
	conn *websocket.Conn
	ctx  context.Context
	// pumped has what came in, where somebody takes it in.
	pumped chan arrival
}

// arrival is a message, or the end of the socket, and when it came.
type arrival struct {
	message
	err error
	at  time.Time
}

// message is a message of the protocol.
type message struct {
	ID      string          `json:"id,omitempty"`
	Type    string          `json:"type"`
	Payload json.RawMessage `json:"payload,omitempty"`
}

// dial opens a socket and waits for the acknowledgement. It ends with the test.
func dial(t testing.TB, n *apptest.Node, token string) *socket {
	t.Helper()
	return dialBy(t, n, token, &http.Client{})
}

func dialBy(t testing.TB, n *apptest.Node, token string, client *http.Client) *socket {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	conn, res, err := websocket.Dial(ctx, n.Socket(), &websocket.DialOptions{HTTPClient: client, Subprotocols: []string{"graphql-transport-ws"}})
	if err != nil {
		t.Fatalf("%v %v", err, res)
	}
	conn.SetReadLimit(-1)
	t.Cleanup(func() { _ = conn.CloseNow() })
	s := &socket{conn: conn, ctx: t.Context()}
	init := map[string]string{}
	if token != "" {
		init["authorization"] = "Bearer " + token
	}
	s.write(t, message{Type: "connection_init", Payload: encode(t, init)})
	if m, err := s.read(patience); err != nil || m.Type != "connection_ack" {
		t.Fatalf("no acknowledgement: %+v %v", m, err)
	}
	return s
}

func encode(t testing.TB, v any) json.RawMessage {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func (s *socket) write(t testing.TB, m message) {
	t.Helper()
	if err := s.conn.Write(s.ctx, websocket.MessageText, encode(t, m)); err != nil {
		t.Fatal(err)
	}
}

func (s *socket) subscribe(t testing.TB, id, query string, vars apptest.Vars) {
	t.Helper()
	s.write(t, message{ID: id, Type: "subscribe", Payload: encode(t, map[string]any{"query": query, "variables": vars})})
}

// pump takes in what comes as soon as it comes, until the socket ends.
func (s *socket) pump() {
	in := make(chan arrival, 256)
	go func() {
		for {
			m, err := s.read(time.Hour)
			in <- arrival{m, err, time.Now()}
			if err != nil {
				return
			}
		}
	}()
	s.pumped = in
}

// arrives waits for the next that was pumped.
func (s *socket) arrives(t testing.TB) arrival {
	t.Helper()
	select {
	case a := <-s.pumped:
		return a
	case <-time.After(patience):
		return arrival{err: context.DeadlineExceeded, at: time.Now()}
	}
}

// read waits for the next message.
func (s *socket) read(within time.Duration) (m message, err error) {
	ctx, cancel := context.WithTimeout(s.ctx, within)
	defer cancel()
	_, b, err := s.conn.Read(ctx)
	if err != nil {
		return m, err
	}
	return m, json.Unmarshal(b, &m)
}

// code is the code of the error that a message brings; empty where it brings none.
func (m message) code() string {
	var list []apptest.Error
	if m.Type != "error" || json.Unmarshal(m.Payload, &list) != nil || len(list) == 0 {
		return ""
	}
	return apptest.Answer{Errors: list}.Code()
}

// has reports whether a message holds a text.
func (m message) has(text string) bool { return strings.Contains(string(m.Payload), text) }
