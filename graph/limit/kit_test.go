package limit_test

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/handler"
	"github.com/99designs/gqlgen/graphql/handler/extension"
	"github.com/99designs/gqlgen/graphql/handler/transport"
	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"

	"karnak/graph/limit"
)

// loadSchema reads the public contract.
func loadSchema(t testing.TB) *ast.Schema {
	t.Helper()
	files, err := filepath.Glob("../../schema/*.graphqls")
	if err != nil || len(files) == 0 {
		t.Fatalf("no schema: %v", err)
	}
	var sources []*ast.Source
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		sources = append(sources, &ast.Source{Name: name, Input: string(text)})
	}
	schema, err := gqlparser.LoadSchema(sources...)
	if err != nil {
		t.Fatal(err)
	}
	return schema
}

func newGuard(t testing.TB, introspection bool) *limit.Guard {
	t.Helper()
	g, err := limit.New(limit.Config{Schema: loadSchema(t), Introspection: introspection})
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// executable stands for the resolvers: it counts what gets through to them.
type executable struct {
	schema *ast.Schema
	ran    atomic.Int64
	info   atomic.Pointer[limit.Info]
	hidden atomic.Bool
}

func (e *executable) Schema() *ast.Schema { return e.schema }

func (e *executable) Complexity(context.Context, string, string, int, map[string]any) (int, bool) {
	return 0, false
}

func (e *executable) Exec(ctx context.Context) graphql.ResponseHandler {
	e.ran.Add(1)
	info := limit.InfoOf(ctx)
	e.info.Store(&info)
	e.hidden.Store(graphql.GetOperationContext(ctx).DisableIntrospection)
	return graphql.OneShot(&graphql.Response{Data: json.RawMessage(`{}`)})
}

// server is a gqlgen server behind the guard, with persisted queries.
type server struct {
	*handler.Server
	exec      *executable
	documents *limit.Documents
}

func newServer(t testing.TB, introspection bool) *server {
	t.Helper()
	g := newGuard(t, introspection)
	documents, err := limit.NewDocuments(1 << 20)
	if err != nil {
		t.Fatal(err)
	}
	x, err := limit.NewExtension(g, documents)
	if err != nil {
		t.Fatal(err)
	}
	exec := &executable{schema: loadSchema(t)}
	s := handler.New(exec)
	s.AddTransport(transport.POST{})
	s.Use(extension.AutomaticPersistedQuery{Cache: graphql.MapCache[string]{}})
	x.Install(s)
	return &server{Server: s, exec: exec, documents: documents}
}

type answer struct {
	Data   json.RawMessage
	Errors []struct {
		Message    string
		Extensions struct{ Code string }
	}
	bytes int
}

// code is the code of the first error, "" for none.
func (a answer) code() string {
	if len(a.Errors) == 0 {
		return ""
	}
	return a.Errors[0].Extensions.Code
}

func (s *server) post(t testing.TB, body []byte) answer {
	t.Helper()
	r := httptest.NewRequest(http.MethodPost, "/graphql", bytes.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	a := answer{bytes: w.Body.Len()}
	if err := json.Unmarshal(w.Body.Bytes(), &a); err != nil {
		t.Fatalf("answer %.200q: %v", w.Body.String(), err)
	}
	return a
}

// request makes a body; variables are JSON or "".
func request(t testing.TB, query, variables string) []byte {
	t.Helper()
	m := map[string]any{"query": query}
	if variables != "" {
		m["variables"] = json.RawMessage(variables)
	}
	body, err := json.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	return body
}

// budget is the processor time that a request may take before it is refused.
const budget = 20 * time.Millisecond * slack

// cpu returns the processor time of the whole process that f takes, the best of three means, so that the garbage
// collector counts and a busy machine does not.
func cpu(f func()) time.Duration {
	const rounds, times = 3, 4
	f()
	best := time.Hour
	for range rounds {
		before := used()
		for range times {
			f()
		}
		best = min(best, (used()-before)/times)
	}
	return best
}

func used() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
