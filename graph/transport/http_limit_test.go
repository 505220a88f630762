package transport

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"karnak/graph/transport/transporttest"
)

func TestHTTPTooLarge(t *testing.T) {
	t.Parallel()
	srv := serve(t, transporttest.Config{}, newHTTP(t, HTTPConfig{MaxBody: 1 << 10}))
	for name, c := range map[string]struct {
		size   int64
		length bool
		status int
	}{
		"at the limit":               {1 << 10, true, 200},
		"at the limit, no length":    {1 << 10, false, 200},
		"one over, with a length":    {1<<10 + 1, true, 413},
		"one over, without a length": {1<<10 + 1, false, 413},
		"300 MB, with a length":      {300 << 20, true, 413},
		"300 MB, without a length":   {300 << 20, false, 413},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			head := `{"query":"{__typename}"`
			padding := io.LimitReader(spaces{}, c.size-int64(len(head))-1)
			sent := &counter{r: io.MultiReader(strings.NewReader(head), padding, strings.NewReader("}"))}
			r, err := http.NewRequest("POST", srv.URL, sent)
			if err != nil {
				t.Fatal(err)
			}
			if c.length {
				r.ContentLength = c.size
			}
			r.Header.Set("Content-Type", "application/json")
			resp, err := (&http.Transport{}).RoundTrip(r)
			if err != nil {
				t.Fatal(err)
			}
			defer resp.Body.Close()
			body, _ := io.ReadAll(resp.Body)
			if resp.StatusCode != c.status || c.status == 413 && !strings.Contains(string(body), `"BAD_USER_INPUT"`) {
				t.Errorf("%d %s", resp.StatusCode, body)
			}
			if c.status == 413 && !resp.Close {
				t.Error("the connection stays open")
			}
			// What the kernel buffered may have been sent, no more.
			if n := sent.n.Load(); n > 64<<20 {
				t.Errorf("%d bytes were taken", n)
			}
		})
	}
}

type spaces struct{}

func (spaces) Read(b []byte) (int, error) {
	for i := range b {
		b[i] = ' '
	}
	return len(b), nil
}

func (c *counter) Read(b []byte) (int, error) {
	n, err := c.r.Read(b)
	c.n.Add(int64(n))
	return n, err
}

func TestHTTPReadsNoFurther(t *testing.T) {
	t.Parallel()
	h := newHTTP(t, HTTPConfig{})
	sent := &counter{r: spaces{}}
	r := httptest.NewRequest("POST", "/", sent)
	r.Header.Set("Content-Type", "application/json")
	w := httptest.NewRecorder()
	h.Do(w, r, newExecutor(t, transporttest.Config{}))
	if w.Code != 413 || sent.n.Load() != 128<<10+1 {
		t.Errorf("%d after %d bytes", w.Code, sent.n.Load())
	}
}

func TestHTTPBoundsErrors(t *testing.T) {
	t.Parallel()
	srv := serve(t, transporttest.Config{}, newHTTP(t, HTTPConfig{}))
	query := "{"
	for i := range 300 {
		query += fmt.Sprintf(" unknown%d_%s", i, strings.Repeat("x", 200))
	}
	b, _ := json.Marshal(map[string]string{"query": query + "}"})
	_, body := do(t, srv, "POST", "/", string(b), map[string]string{"Content-Type": "application/json"})
	var answer struct {
		Errors     []any
		Extensions struct{ ErrorsOmitted int }
	}
	if err := json.Unmarshal([]byte(body), &answer); err != nil {
		t.Fatal(err)
	}
	if n := len(answer.Errors); n == 0 || n > 20 || len(body) > 8<<10 || n+answer.Extensions.ErrorsOmitted != 300 {
		t.Errorf("%d errors, %d left out, %d bytes", n, answer.Extensions.ErrorsOmitted, len(body))
	}
}

func TestHTTPTooLate(t *testing.T) {
	t.Parallel()
	h := newHTTP(t, HTTPConfig{})
	exec := newExecutor(t, transporttest.Config{})
	for name, c := range map[string]struct {
		cause  func(context.Context) (context.Context, context.CancelFunc)
		status int
		empty  bool
	}{
		"deadline": {func(ctx context.Context) (context.Context, context.CancelFunc) { return context.WithTimeout(ctx, -1) }, 503, false},
		"client gone": {func(ctx context.Context) (context.Context, context.CancelFunc) {
			ctx, stop := context.WithCancel(ctx)
			stop()
			return ctx, stop
		}, 200, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx, cancel := c.cause(graphql.StartOperationTrace(context.Background()))
			defer cancel()
			r := httptest.NewRequestWithContext(ctx, "POST", "/", strings.NewReader(`{"query":"{hello}"}`))
			r.Header.Set("Content-Type", "application/json")
			w := httptest.NewRecorder()
			h.Do(w, r, exec)
			if w.Code != c.status || (w.Body.Len() == 0) != c.empty {
				t.Errorf("%d %s", w.Code, w.Body)
			}
		})
	}
}

func TestHTTPPresents(t *testing.T) {
	t.Parallel()
	seen := make(chan error, 1)
	h := newHTTP(t, HTTPConfig{Present: func(_ context.Context, err error) *gqlerror.Error {
		seen <- err
		return gqlerror.Errorf("shown")
	}})
	srv := serve(t, transporttest.Config{Fields: fields(nil)}, h)
	_, body := do(t, srv, "POST", "/", `{"query":"{boom}"}`, map[string]string{"Content-Type": "application/json"})
	var p *PanicError
	if err := <-seen; !errors.As(err, &p) || p.Value != secret || !bytes.Contains(p.Stack, []byte("http_test.go")) {
		t.Errorf("presented %v", err)
	}
	if body != `{"errors":[{"message":"shown"}]}` {
		t.Errorf("answer %s", body)
	}
}

func TestNegotiate(t *testing.T) {
	t.Parallel()
	for accept, want := range map[string]string{
		"": mediaJSON, "*/*": mediaJSON, "application/*": mediaJSON, "application/json": mediaJSON, mediaResponse: mediaResponse,
		"application/graphql-response+json, application/json":                                  mediaResponse,
		"application/json, application/graphql-response+json":                                  mediaResponse,
		"application/graphql-response+json;charset=utf-8, application/json;charset=utf-8;q=.9": mediaResponse,
		"application/graphql-response+json;q=0.1, application/json":                            mediaJSON,
		"application/graphql-response+json, */*":                                               mediaResponse,
		"application/json, */*;q=0.5":                                                          mediaJSON,
		"application/json;q=0, */*":                                                            mediaResponse,
		"application/graphql-response+json;q=0, application/json;q=0":                          "",
		"application/json;charset=utf-16":                                                      "",
		"text/html":                                                                            "",
		"text/html, */*;q=0.1":                                                                 mediaJSON,
		"nonsense;;;":                                                                          "",
		"application/json;q=7":                                                                 "",
	} {
		h := http.Header{}
		if accept != "" {
			h.Set("Accept", accept)
		}
		if got, ok := negotiate(h); ok != (want != "") || ok && got != want {
			t.Errorf("%q: %s %v, want %q", accept, got, ok, want)
		}
	}
}

func TestHTTPConfig(t *testing.T) {
	t.Parallel()
	for _, c := range []HTTPConfig{{MaxBody: -1}, {MaxDepth: -1}} {
		if _, err := NewHTTP(c); err == nil {
			t.Errorf("%+v is taken", c)
		}
	}
	if _, err := NewSocket(SocketConfig{}); err == nil {
		t.Error("a socket without Init is taken")
	}
	for _, c := range []SocketConfig{{MaxMessage: -1}, {MaxQueued: -1}, {WriteTimeout: -time.Second}} {
		c.Init = welcome
		if _, err := NewSocket(c); err == nil {
			t.Errorf("%+v is taken", c)
		}
	}
}

type counter struct {
	r io.Reader
	n atomic.Int64
}
