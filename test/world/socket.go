package world

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

// Patience is how long a test waits for what has to come.
const Patience = 10 * time.Second

// Socket is a websocket that speaks graphql-transport-ws.
type Socket struct {
	Conn *websocket.Conn
	ctx  context.Context
	// pumped has what came in, where somebody takes it in.
	pumped chan Arrival
}

// Arrival is a message, or the end of the socket, and when it came.
type Arrival struct {
	Message
	Err error
	At  time.Time
}

// Message is a message of the protocol.
type Message struct {
	ID      string          `json:"id,omitempty"`
	Type    string          `json:"type"`
	Payload json.RawMessage `json:"payload,omitempty"`
}

// Dial opens a socket and waits for the acknowledgement. It ends with the test.
func Dial(t testing.TB, n *apptest.Node, token string) *Socket {
	t.Helper()
	return DialBy(t, n, token, &http.Client{})
}

// DialBy is Dial by a client of one's own.
func DialBy(t testing.TB, n *apptest.Node, token string, client *http.Client) *Socket {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), Patience)
	defer cancel()
	conn, res, err := websocket.Dial(ctx, n.Socket(), &websocket.DialOptions{HTTPClient: client, Subprotocols: []string{"graphql-transport-ws"}})
	if err != nil {
		t.Fatalf("%v %v", err, res)
	}
	conn.SetReadLimit(-1)
	t.Cleanup(func() { _ = conn.CloseNow() })
	s := &Socket{Conn: conn, ctx: t.Context()}
	init := map[string]string{}
	if token != "" {
		init["authorization"] = "Bearer " + token
	}
	s.Write(t, Message{Type: "connection_init", Payload: encode(t, init)})
	if m, err := s.Read(Patience); err != nil || m.Type != "connection_ack" {
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

func (s *Socket) Write(t testing.TB, m Message) {
	t.Helper()
	if err := s.Conn.Write(s.ctx, websocket.MessageText, encode(t, m)); err != nil {
		t.Fatal(err)
	}
}

// Subscribe begins an operation of any kind.
func (s *Socket) Subscribe(t testing.TB, id, query string, vars apptest.Vars) {
	t.Helper()
	s.Write(t, Message{ID: id, Type: "subscribe", Payload: encode(t, map[string]any{"query": query, "variables": vars})})
}

// Pump takes in what comes as soon as it comes, until the socket ends.
func (s *Socket) Pump() {
	in := make(chan Arrival, 256)
	go func() {
		for {
			m, err := s.Read(time.Hour)
			in <- Arrival{m, err, time.Now()}
			if err != nil {
				return
			}
		}
	}()
	s.pumped = in
}

// Arrives waits for the next that was pumped.
func (s *Socket) Arrives(t testing.TB) Arrival {
	t.Helper()
	select {
	case a := <-s.pumped:
		return a
	case <-time.After(Patience):
		return Arrival{Err: context.DeadlineExceeded, At: time.Now()}
	}
}

// Read waits for the next message.
func (s *Socket) Read(within time.Duration) (m Message, err error) {
	ctx, cancel := context.WithTimeout(s.ctx, within)
	defer cancel()
	_, b, err := s.Conn.Read(ctx)
	if err != nil {
		return m, err
	}
	return m, json.Unmarshal(b, &m)
}

// Code is the code of the error that a message brings; empty where it brings none.
func (m Message) Code() string {
	var list []apptest.Error
	if m.Type != "error" || json.Unmarshal(m.Payload, &list) != nil || len(list) == 0 {
		return ""
	}
	return apptest.Answer{Errors: list}.Code()
}

// Once makes an operation over a socket of its own and returns its first answer.
func (w *World) Once(t testing.TB, token, query string, vars apptest.Vars) apptest.Answer {
	t.Helper()
	s := Dial(t, w.Node, token)
	defer func() { _ = s.Conn.CloseNow() }()
	s.Subscribe(t, "once", query, vars)
	m, err := s.Read(Patience)
	if err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	a, err := m.Answer()
	if err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return a
}

// Answer is what a next or an error brings, as if it had come by HTTP.
func (m Message) Answer() (a apptest.Answer, err error) {
	if a.Body = m.Payload; m.Type == "error" {
		return a, json.Unmarshal(m.Payload, &a.Errors)
	}
	return a, json.Unmarshal(m.Payload, &a)
}

// Has reports whether a message holds a text.
func (m Message) Has(text string) bool { return strings.Contains(string(m.Payload), text) }
