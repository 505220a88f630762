package faults_test

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
)

// socket is a websocket that speaks graphql-transport-ws, byte by byte as a test wants it.
type socket struct{ conn *websocket.Conn }

type message struct {
	ID      string          `json:"id,omitempty"`
	Type    string          `json:"type"`
	Payload json.RawMessage `json:"payload,omitempty"`
}

// plug opens a socket at an address and says nothing. It ends with the test.
func plug(t *testing.T, url string) *socket {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	conn, res, err := websocket.Dial(ctx, "ws"+strings.TrimPrefix(url, "http"), &websocket.DialOptions{Subprotocols: []string{"graphql-transport-ws"}})
	if err != nil {
		t.Fatalf("%v %v", err, res)
	}
	conn.SetReadLimit(-1)
	t.Cleanup(func() { _ = conn.CloseNow() })
	return &socket{conn}
}

// welcome is plug with the initialisation; an empty token is anonymous.
func welcome(t *testing.T, url, token string) *socket {
	t.Helper()
	s := plug(t, url)
	init := map[string]string{}
	if token != "" {
		init["authorization"] = "Bearer " + token
	}
	s.write(t, "", "connection_init", init)
	if m, err := s.read(t); err != nil || m.Type != "connection_ack" {
		t.Fatalf("no acknowledgement: %+v %v", m, err)
	}
	return s
}

func (w *wall) dial(t *testing.T, token string) *socket {
	t.Helper()
	return welcome(t, w.URL(), token)
}

func (s *socket) write(t *testing.T, id, kind string, payload any) {
	t.Helper()
	b, err := json.Marshal(payload)
	if err != nil {
		t.Fatal(err)
	}
	if b, err = json.Marshal(message{id, kind, b}); err != nil {
		t.Fatal(err)
	}
	s.text(t, string(b))
}

func (s *socket) text(t *testing.T, frame string) {
	t.Helper()
	if err := s.conn.Write(t.Context(), websocket.MessageText, []byte(frame)); err != nil {
		t.Fatal(err)
	}
}

// read waits for the next message, or for the end of the socket.
func (s *socket) read(t *testing.T) (m message, err error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	for {
		_, b, err := s.conn.Read(ctx)
		if err != nil {
			return m, err
		}
		if m = (message{}); json.Unmarshal(b, &m) != nil {
			t.Fatalf("junk: %.200s", b)
		}
		if m.Type != "ping" && m.Type != "pong" {
			return m, nil
		}
	}
}

// reply waits for the answer to an operation that is refused.
func (s *socket) reply(t *testing.T) (r reply) {
	t.Helper()
	m, err := s.read(t)
	if err != nil {
		t.Fatal(err)
	}
	if m.Type != "error" {
		t.Errorf("%s instead of an error: %.300s", m.Type, m.Payload)
	}
	r.Body, r.Status = m.Payload, 400
	if err := json.Unmarshal(m.Payload, &r.Errors); err != nil {
		t.Fatalf("%v in %.300s", err, m.Payload)
	}
	return r
}

// closed waits for the end of the socket and tells its code and how long it took.
func (s *socket) closed(t *testing.T) (code int, took time.Duration) {
	t.Helper()
	began := time.Now()
	for {
		_, err := s.read(t)
		var end websocket.CloseError
		switch {
		case errors.As(err, &end):
			return int(end.Code), time.Since(began)
		case err != nil:
			t.Fatalf("the socket ended without a code: %v", err)
		}
	}
}
