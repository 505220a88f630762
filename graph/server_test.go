package graph

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"karnak/authz"
	"karnak/graph/graphgen"
	"karnak/graph/model"
	"karnak/graph/transport"
	"karnak/internal/domain/chat"
	"karnak/internal/platform/clock"
)

// stub answers sendMessage and serverInfo with given functions; it has no other resolvers.
type stub struct {
	graphgen.ResolverRoot
	send func(ctx context.Context, in chat.SendMessageInput) (*chat.SendMessagePayload, error)
	info func(ctx context.Context) (*model.ServerInfo, error)
}

func (s *stub) Mutation() graphgen.MutationResolver { return mutationStub{stub: s} }
func (s *stub) Query() graphgen.QueryResolver       { return queryStub{stub: s} }

type mutationStub struct {
	graphgen.MutationResolver
	stub *stub
}

func (m mutationStub) SendMessage(ctx context.Context, in chat.SendMessageInput) (*chat.SendMessagePayload, error) {
	return m.stub.send(ctx, in)
}

type queryStub struct {
	graphgen.QueryResolver
	stub *stub
}

func (q queryStub) ServerInfo(ctx context.Context) (*model.ServerInfo, error) {
	return q.stub.info(ctx)
}

func config(s *stub) Config {
	return Config{
		Resolvers: s, Require: func(context.Context, any, authz.Permission) error { return nil },
		Logger: slog.New(slog.DiscardHandler), Clock: clock.System{}, Timeout: time.Minute, MaxBody: 1 << 17,
		Socket: transport.SocketConfig{Init: func(ctx context.Context, _ json.RawMessage, _ *http.Request) (context.Context, *transport.Session, error) {
			return ctx, &transport.Session{}, nil
		}},
		Events: transport.SSEConfig{Session: func(*http.Request) (context.Context, error) { return nil, nil }},
	}
}

// answer is what a client gets.
type answer struct {
	status int
	body   string
	Data   struct{ SendMessage *payload }
	Errors []struct {
		Message    string
		Extensions struct {
			Code      string
			Retryable bool
		}
	}
}

type payload struct {
	UserErrors []struct {
		Code    string
		Field   []string
		Message string
	}
	ClientMutationID *string
}

func (a answer) code() string {
	if len(a.Errors) == 0 {
		return ""
	}
	return a.Errors[0].Extensions.Code
}

// ask sends an operation to a server, as somebody who is signed in.
func ask(t *testing.T, s *Server, query string, variables map[string]any, headers ...string) (a answer) {
	t.Helper()
	b, err := json.Marshal(map[string]any{"query": query, "variables": variables})
	if err != nil {
		t.Fatal(err)
	}
	r := httptest.NewRequestWithContext(authz.WithActor(t.Context(), &authz.Actor{UserID: "user_a"}), http.MethodPost, "/graphql", bytes.NewReader(b))
	r.Header.Set("Content-Type", "application/json")
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	text, err := io.ReadAll(w.Result().Body)
	if err != nil {
		t.Fatal(err)
	}
	a.status, a.body = w.Code, string(text)
	if err := json.Unmarshal(text, &a); err != nil {
		t.Fatalf("%v in %s", err, text)
	}
	return a
}

func serve(t *testing.T, c Config) *Server {
	t.Helper()
	s, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

const info = `{ serverInfo { version } }`

func TestASlowResolverIsUnavailable(t *testing.T) {
	t.Parallel()
	s := &stub{info: func(ctx context.Context) (*model.ServerInfo, error) { <-ctx.Done(); return nil, ctx.Err() }}
	c := config(s)
	c.Timeout = 10 * time.Millisecond
	var heard []Answered
	c.Answered = func(a Answered) { heard = append(heard, a) }
	a := ask(t, serve(t, c), info, nil)
	if a.code() != "UNAVAILABLE" || !a.Errors[0].Extensions.Retryable || !strings.Contains(a.Errors[0].Message, "too long") {
		t.Errorf("%d: %s", a.status, a.body)
	}
	if len(heard) != 1 || heard[0].Code != "UNAVAILABLE" || heard[0].Type != "query" || heard[0].Took <= 0 || heard[0].Cost <= 0 {
		t.Errorf("heard %+v", heard)
	}
}

func nobody() *model.ServerInfo { return nil }

func TestAPanicEndsOneAnswerOnly(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	broken := true
	c := config(&stub{info: func(context.Context) (*model.ServerInfo, error) {
		if broken {
			nobody().Version = secret
		}
		return &model.ServerInfo{Version: "1"}, nil
	}})
	c.Logger = slog.New(slog.NewJSONHandler(&log, nil))
	var heard []Answered
	c.Answered = func(a Answered) { heard = append(heard, a) }
	s := serve(t, c)
	a := ask(t, s, info, nil)
	if a.code() != "INTERNAL" || strings.Contains(a.body, "nil pointer") || strings.Contains(a.body, ".go") {
		t.Errorf("%d: %s", a.status, a.body)
	}
	if !strings.Contains(log.String(), "nil pointer") || !strings.Contains(log.String(), "server_test.go") {
		t.Errorf("log: %s", log.String())
	}
	broken = false
	if a := ask(t, s, info, nil); a.status != http.StatusOK || len(a.Errors) > 0 || !strings.Contains(a.body, `"version":"1"`) {
		t.Errorf("afterwards %d: %s", a.status, a.body)
	}
	if a := ask(t, s, `{ nothing }`, nil); a.code() != "BAD_USER_INPUT" {
		t.Errorf("a broken document: %s", a.body)
	}
	var codes []string
	for _, h := range heard {
		codes = append(codes, h.Type+" "+h.Code)
	}
	if got := strings.Join(codes, ", "); !strings.HasPrefix(got, "query INTERNAL, query OK") {
		t.Errorf("heard %s", got)
	}
}

func TestNewWantsWhatItStandsOn(t *testing.T) {
	t.Parallel()
	for name, take := range map[string]func(*Config){
		"resolvers": func(c *Config) { c.Resolvers = nil }, "require": func(c *Config) { c.Require = nil },
		"logger": func(c *Config) { c.Logger = nil }, "clock": func(c *Config) { c.Clock = nil },
		"timeout": func(c *Config) { c.Timeout = 0 }, "good limits": func(c *Config) { c.Limits.Depth = -1 },
	} {
		c := config(&stub{})
		take(&c)
		if s, err := New(c); err == nil || s != nil {
			t.Errorf("without %s: %v", name, err)
		}
	}
}
