package scenario_test

import (
	"context"
	"encoding/json"
	"net/http"
	"testing"
	"time"

	"github.com/coder/websocket"

	"karnak/internal/app/apptest"
)

// patience is how long a test waits for what has to come.
const patience = 10 * time.Second

// socket is a websocket that speaks graphql-transport-ws, with one subscription.
type socket struct{ conn *websocket.Conn }

type frame struct {
	ID      string          `json:"id,omitempty"`
	Type    string          `json:"type"`
	Payload json.RawMessage `json:"payload,omitempty"`
}

// subscribe opens a socket with a subscription; it ends with the test.
func subscribe(t testing.TB, n *apptest.Node, p apptest.Person, query string, vars apptest.Vars) *socket {
	t.Helper()
	s := connect(t, n, p, nil)
	s.write(t, "1", "subscribe", map[string]any{"query": query, "variables": vars})
	return s
}

// connect opens a socket, of nobody where there is no token, by a handshake with further headers; it ends with the test.
func connect(t testing.TB, n *apptest.Node, p apptest.Person, header http.Header) *socket {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	conn, res, err := websocket.Dial(ctx, n.Socket(), &websocket.DialOptions{Subprotocols: []string{"graphql-transport-ws"}, HTTPHeader: header})
	if err != nil {
		t.Fatalf("%v %v", err, res)
	}
	t.Cleanup(func() { _ = conn.CloseNow() })
	s := &socket{conn}
	init := map[string]string{}
	if p.Token != "" {
		init["authorization"] = "Bearer " + p.Token
	}
	s.write(t, "", "connection_init", init)
	if f := s.read(t); f.Type != "connection_ack" {
		t.Fatalf("no acknowledgement: %+v", f)
	}
	return s
}

func (s *socket) write(t testing.TB, id, kind string, payload any) {
	t.Helper()
	b, err := json.Marshal(payload)
	if err != nil {
		t.Fatal(err)
	}
	if b, err = json.Marshal(frame{id, kind, b}); err != nil {
		t.Fatal(err)
	}
	if err := s.conn.Write(t.Context(), websocket.MessageText, b); err != nil {
		t.Fatal(err)
	}
}

func (s *socket) read(t testing.TB) (f frame) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	for {
		_, b, err := s.conn.Read(ctx)
		if err != nil {
			t.Fatal(err)
		}
		if f = (frame{}); json.Unmarshal(b, &f) != nil {
			t.Fatalf("junk: %s", b)
		}
		if f.Type != "ping" && f.Type != "pong" {
			return f
		}
	}
}

// next waits for the next event and returns it as an answer.
func (s *socket) next(t testing.TB) (a apptest.Answer) {
	t.Helper()
	f := s.read(t)
	if f.Type != "next" {
		t.Fatalf("%s instead of an event: %s", f.Type, f.Payload)
	}
	a.Body = f.Payload
	if err := json.Unmarshal(f.Payload, &a); err != nil || len(a.Errors) > 0 {
		t.Fatalf("%v in %s", err, f.Payload)
	}
	return a
}

// refusal waits for the end of the subscription by an error and returns its code.
func (s *socket) refusal(t testing.TB) string {
	t.Helper()
	f := s.read(t)
	var list []apptest.Error
	if f.Type != "error" || json.Unmarshal(f.Payload, &list) != nil {
		t.Fatalf("%s instead of an error: %s", f.Type, f.Payload)
	}
	return apptest.Answer{Errors: list}.Code()
}

// TestTheHandshakeHasNoKey sends two messages over a socket whose handshake has an idempotency key: it is that of neither.
func TestTheHandshakeHasNoKey(t *testing.T) {
	t.Parallel()
	apptest.Each(t, apptest.Options{Idle: true}, func(t *testing.T, n *apptest.Node) {
		owner := n.SignUp(t, "Owner")
		c := n.Channel(t, owner, n.Workspace(t, owner, "acme"), "general", "PUBLIC")
		s := connect(t, n, owner, http.Header{"Idempotency-Key": {"one-for-all"}})
		for i, body := range []string{"first", "second"} {
			s.write(t, string(rune('a'+i)), "subscribe", map[string]any{
				"query":     `mutation($c: ID!, $b: String!) { sendMessage(input: {channelId: $c, body: $b}) { message { body } userErrors { code } } }`,
				"variables": apptest.Vars{"c": c, "b": body},
			})
			is(t, s.next(t), "sendMessage.message.body", body)
			if f := s.read(t); f.Type != "complete" {
				t.Errorf("after the answer came %+v", f)
			}
		}
	})
}

// TestTheHandshakeHasAToken opens sockets whose handshake has a token, as clients outside of browsers do: they are its user's, and end
// with its session as any other. What connection_init says goes before it.
func TestTheHandshakeHasAToken(t *testing.T) {
	t.Parallel()
	apptest.Each(t, apptest.Options{Idle: true}, func(t *testing.T, n *apptest.Node) {
		owner, mo := n.SignUp(t, "Owner"), n.SignUp(t, "Mo")
		header := http.Header{"Authorization": {"Bearer " + owner.Token}}
		viewer := func(s *socket, want string) {
			t.Helper()
			s.write(t, "1", "subscribe", map[string]any{"query": `{ viewer { user { id } } }`})
			is(t, s.next(t), "viewer.user.id", want)
			if f := s.read(t); f.Type != "complete" {
				t.Errorf("after the answer came %+v", f)
			}
		}
		s, of := connect(t, n, apptest.Person{}, header), connect(t, n, mo, header)
		viewer(s, owner.ID)
		viewer(of, mo.ID)
		n.Must(t, owner.Token, `mutation { signOut(input: {}) { userErrors { code } } }`, nil)
		if end := s.closing(t); end.Code != 4403 {
			t.Errorf("the socket of a session that has ended ends with %v", end)
		}
		viewer(of, mo.ID)
	})
}
