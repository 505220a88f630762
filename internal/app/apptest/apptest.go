// Package apptest runs whole nodes for tests, on both engines, and talks GraphQL to them.
package apptest

import (
	"bytes"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"entgo.io/ent/dialect"

	"karnak/ent/enttest"
	"karnak/internal/app"
	"karnak/internal/core/llm"
	"karnak/internal/platform/clock"
	"karnak/internal/platform/config"
)

// Node is a running node.
type Node struct {
	*app.App
	// URL is the address of /graphql.
	URL    string
	Engine string
	Config *config.Config
	server *httptest.Server
	over   bool
}

// Options change what a node is made of.
type Options struct {
	// Clock is the machine's where it is nil.
	Clock clock.Clock
	// Args are flags, as of karnak serve.
	Args []string
	// Logger drops everything where it is nil.
	Logger *slog.Logger
	// Idle runs no jobs and makes no answers.
	Idle bool
	// Models answer in place of the stand-in.
	Models *llm.Catalogue
}

// Each runs a test on a fresh node of each engine.
func Each(t *testing.T, o Options, f func(t *testing.T, n *Node)) {
	t.Helper()
	for _, e := range enttest.Engines {
		t.Run(e, func(t *testing.T) {
			t.Parallel()
			f(t, Start(t, e, o))
		})
	}
}

// Start starts a node on a fresh database of an engine; it ends with the test.
func Start(t testing.TB, engine string, o Options) *Node {
	t.Helper()
	args := []string{"--data-dir=" + t.TempDir(), "--addr=127.0.0.1:0"}
	if engine == dialect.Postgres {
		args = append(args, "--database-url="+enttest.Postgres(t), "--postgres-pool=10")
	}
	return Open(t, engine, append(args, o.Args...), o)
}

// Open starts a node of given flags; several may share a PostgreSQL database and a NATS server.
func Open(t testing.TB, engine string, args []string, o Options) *Node {
	t.Helper()
	cfg, err := config.Load(args, nil)
	if err != nil {
		t.Fatal(err)
	}
	if o.Clock == nil {
		o.Clock = clock.System{}
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	a, err := app.Open(t.Context(), app.Options{Config: cfg, Clock: o.Clock, Logger: o.Logger, Idle: o.Idle, Models: o.Models})
	if err != nil {
		t.Fatal(err)
	}
	n := &Node{App: a, Engine: engine, Config: cfg, server: httptest.NewServer(a.Handler())}
	n.URL = n.server.URL + "/graphql"
	t.Cleanup(func() { n.Stop(t) })
	return n
}

// Stop ends the node, before the test does where it is called.
func (n *Node) Stop(t testing.TB) {
	if n.over {
		return
	}
	n.over = true
	if err := n.Drain(t.Context()); err != nil && t.Context().Err() == nil {
		t.Error(err)
	}
	n.server.CloseClientConnections()
	n.server.Close()
	if err := n.Close(t.Context()); err != nil {
		t.Error(err)
	}
}

// Socket returns the address of the websocket.
func (n *Node) Socket() string { return "ws" + strings.TrimPrefix(n.URL, "http") }

// Error is a top-level error of an answer.
type Error struct {
	Message    string         `json:"message"`
	Path       []any          `json:"path"`
	Extensions map[string]any `json:"extensions"`
}

// Answer is an answer to a request.
type Answer struct {
	Status int
	Body   []byte
	Data   map[string]any `json:"data"`
	Errors []Error        `json:"errors"`
}

// Code returns the code of the first error; empty for none.
func (a Answer) Code() string {
	if len(a.Errors) == 0 {
		return ""
	}
	c, _ := a.Errors[0].Extensions["code"].(string)
	return c
}

// Get returns a value by its path, with dots; nil where there is none. A number picks from a list.
func (a Answer) Get(path string) any {
	var v any = a.Data
	for _, k := range strings.Split(path, ".") {
		switch x := v.(type) {
		case map[string]any:
			v = x[k]
		case []any:
			i := 0
			for _, r := range k {
				i = i*10 + int(r-'0')
			}
			if i >= len(x) {
				return nil
			}
			v = x[i]
		default:
			return nil
		}
	}
	return v
}

// Text returns a string by its path; empty where there is none.
func (a Answer) Text(path string) string {
	s, _ := a.Get(path).(string)
	return s
}

// UserErrors returns the codes of a mutation's user errors.
func (a Answer) UserErrors(mutation string) (codes []string) {
	list, _ := a.Get(mutation + ".userErrors").([]any)
	for _, x := range list {
		m, _ := x.(map[string]any)
		c, _ := m["code"].(string)
		codes = append(codes, c)
	}
	return codes
}

// Vars are the variables of an operation.
type Vars map[string]any

// Do sends an operation by POST. An empty token is anonymous.
func (n *Node) Do(t testing.TB, token, query string, vars Vars, headers ...string) Answer {
	t.Helper()
	b, err := json.Marshal(map[string]any{"query": query, "variables": vars})
	if err != nil {
		t.Fatal(err)
	}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, n.URL, bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	res, err := n.server.Client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	a := Answer{Status: res.StatusCode}
	if a.Body, err = io.ReadAll(res.Body); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(a.Body, &a); err != nil {
		t.Fatalf("%v in %s", err, a.Body)
	}
	return a
}

// Must is Do for an operation that has to go well: no errors, and no user errors of the first field.
func (n *Node) Must(t testing.TB, token, query string, vars Vars, headers ...string) Answer {
	t.Helper()
	a := n.Do(t, token, query, vars, headers...)
	if len(a.Errors) > 0 {
		t.Fatalf("%s\n%s", query, a.Body)
	}
	for field := range a.Data {
		if codes := a.UserErrors(field); len(codes) > 0 {
			t.Fatalf("%s\n%s", query, a.Body)
		}
	}
	return a
}
