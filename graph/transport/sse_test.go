package transport

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/99designs/gqlgen/graphql"

	"karnak/graph/transport/transporttest"
	"karnak/internal/platform/fault"
)

func newSSE(t testing.TB, c SSEConfig) *SSE {
	t.Helper()
	if c.HTTP == nil {
		c.HTTP = newHTTP(t, HTTPConfig{})
	}
	if c.Session == nil {
		c.Session = func(*http.Request) (context.Context, error) { return nil, nil }
	}
	s, err := NewSSE(c)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// events is a client of an event stream.
type events struct {
	t    testing.TB
	res  *http.Response
	text *bufio.Reader
}

func listen(t testing.TB, srv *httptest.Server, query string, headers ...string) *events {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	t.Cleanup(cancel)
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, srv.URL+"?query="+url.QueryEscape(query), nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Accept", mediaStream)
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	return opened(t, srv, r)
}

func opened(t testing.TB, srv *httptest.Server, r *http.Request) *events {
	t.Helper()
	res, err := srv.Client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = res.Body.Close() })
	return &events{t, res, bufio.NewReader(res.Body)}
}

// piece returns the next piece, "" at the end of the stream.
func (e *events) piece() string {
	var b strings.Builder
	for {
		line, err := e.text.ReadString('\n')
		if err != nil || line == "\n" {
			return b.String()
		}
		b.WriteString(line)
	}
}

func (e *events) want(pieces ...string) {
	e.t.Helper()
	for _, want := range pieces {
		got := e.piece()
		if wait, ok := strings.CutPrefix(got, "retry: "); ok {
			got = "retry: " + strings.TrimLeft(wait, "0123456789")
		}
		if got != want {
			e.t.Fatalf("want %q\n got %q", want, got)
		}
	}
}

// wantFailure expects errors with a code, complete, and the end.
func (e *events) wantFailure(code fault.Code) {
	e.t.Helper()
	got := e.piece()
	if !strings.HasPrefix(got, "event: next\ndata: {\"errors\":[") || !strings.Contains(got, `"code":"`+string(code)+`"`) {
		e.t.Fatalf("want %s, got %q", code, got)
	}
	e.want(complete, "")
}

// given is a stream of these values.
func given(values ...any) <-chan any {
	out := make(chan any, len(values))
	for _, v := range values {
		out <- v
	}
	close(out)
	return out
}

const (
	beat     = ":\n"
	retry    = "retry: \n" // without its number
	complete = "event: complete\ndata: \n"
)

func TestSSEStreams(t *testing.T) {
	t.Parallel()
	srv := serve(t, streams(map[string]transporttest.Stream{"ticks": feed(given(1, 2))}), newSSE(t, SSEConfig{}), newHTTP(t, HTTPConfig{}))
	e := listen(t, srv, "subscription{ticks}")
	for k, v := range map[string]string{"Content-Type": "text/event-stream; charset=utf-8", "Cache-Control": "no-store, no-transform", "X-Accel-Buffering": "no"} {
		if got := e.res.Header.Get(k); got != v {
			t.Errorf("%s is %q", k, got)
		}
	}
	e.want(retry, "event: next\ndata: {\"data\":{\"ticks\":1}}\n", "event: next\ndata: {\"data\":{\"ticks\":2}}\n", complete, "")
}

func TestSSEAnswersQueriesToo(t *testing.T) {
	t.Parallel()
	c := transporttest.Config{Fields: map[string]transporttest.Field{
		"hello": func(context.Context, map[string]any) (any, error) { return "wor\nld", nil },
		"touch": func(context.Context, map[string]any) (any, error) { return 7, nil },
		"boom":  func(context.Context, map[string]any) (any, error) { panic("boom") },
	}}
	srv := serve(t, c, newSSE(t, SSEConfig{}), newHTTP(t, HTTPConfig{}))
	listen(t, srv, "{hello}").want(retry, "event: next\ndata: {\"data\":{\"hello\":\"wor\\nld\"}}\n", complete, "")
	e := listen(t, srv, "{nonsense}")
	e.want(retry)
	if got := e.piece(); !strings.Contains(got, "nonsense") {
		t.Errorf("%q", got)
	}
	e.want(complete, "")
	e = listen(t, srv, "{boom}")
	e.want(retry)
	e.wantFailure(fault.Internal)
	for _, tt := range []struct {
		method, path, body, kind, accept string
		status                           int
		content                          string
	}{
		{"POST", "", `{"query":"mutation{touch}"}`, mediaJSON, mediaStream, 200, mediaStream},
		{"POST", "", `{"query":"{hello}"}`, mediaJSON, mediaJSON + "," + mediaStream, 200, mediaJSON},
		{"POST", "", `{"query":"{hello}"}`, mediaJSON, mediaJSON + ";q=0.5," + mediaStream, 200, mediaStream},
		{"POST", "", `{"query":"subscription{ticks}"}`, mediaJSON, mediaJSON + "," + mediaStream, 200, mediaStream},
		{"POST", "", `{"query":"subscription{ticks}"}`, mediaJSON, mediaJSON + "," + mediaStream + ";q=0", 400, mediaJSON},
		{"POST", "", `query=subscription{ticks}`, "application/x-www-form-urlencoded", mediaStream, 415, mediaJSON},
		{"POST", "", `{"query":`, mediaJSON, mediaStream, 400, mediaJSON},
		{"GET", "?query=mutation{touch}", "", "", mediaStream, 405, mediaJSON},
		{"GET", "?query={hello}&query={hello}", "", "", mediaStream, 400, mediaJSON},
		{"PUT", "", `{"query":"{hello}"}`, mediaJSON, mediaStream, 405, mediaJSON},
	} {
		res, body := do(t, srv, tt.method, tt.path, tt.body, map[string]string{"Accept": tt.accept, "Content-Type": tt.kind})
		if res.StatusCode != tt.status || !strings.HasPrefix(res.Header.Get("Content-Type"), tt.content) {
			t.Errorf("%s %s %s for %s: %d %s %s", tt.method, tt.path, tt.body, tt.accept, res.StatusCode, res.Header.Get("Content-Type"), body)
		}
	}
}

func TestSSEResumes(t *testing.T) {
	t.Parallel()
	after := make(chan any, 1)
	srv := serve(t, streams(map[string]transporttest.Stream{"other": func(ctx context.Context, args map[string]any) (<-chan any, error) {
		after <- args["after"]
		out := make(chan any)
		go func() {
			defer close(out)
			for _, at := range []string{"c1", "", "c3"} {
				Mark(ctx, at)
				select {
				case out <- "event":
				case <-ctx.Done():
				}
			}
		}()
		return out, nil
	}}), newSSE(t, SSEConfig{}), newHTTP(t, HTTPConfig{}))
	next := func(id string) string { return "event: next\n" + id + "data: {\"data\":{\"other\":\"event\"}}\n" }
	for _, tt := range []struct {
		query string
		last  string
		want  any
	}{
		{`subscription{other}`, "", nil},
		{`subscription{other}`, "c9", "c9"},
		{`subscription{other(after:null)}`, "c9", "c9"},
		{`subscription{other(after:"c1")}`, "c9", "c9"},
		{`subscription{other(after:"c1")}`, "", "c1"},
		{`subscription($a:String="c2"){other(after:$a)}`, "c9", "c9"},
		{`subscription{...on Subscription{other}}`, "c9", "c9"},
		{`subscription{...f} fragment f on Subscription{other(after:"c1")}`, "c9", "c9"},
		{`subscription{...f} fragment f on Subscription{other(after:"c1")}`, "", "c1"},
	} {
		e := listen(t, srv, tt.query, "Last-Event-ID", tt.last)
		e.want(retry, next("id: c1\n"), next(""), next("id: c3\n"), complete, "")
		if got := <-after; got != tt.want {
			t.Errorf("%s after %q: began after %v", tt.query, tt.last, got)
		}
	}
	listen(t, srv, "subscription{ticks}", "Last-Event-ID", "c9").want(retry)
}

func TestSSEDenied(t *testing.T) {
	t.Parallel()
	srv := serve(t, streams(map[string]transporttest.Stream{"denied": func(ctx context.Context, _ map[string]any) (<-chan any, error) {
		out := make(chan any)
		go func() {
			defer close(out)
			out <- 1
			SetStreamError(ctx, fault.New(fault.Forbidden, "No more."))
		}()
		return out, nil
	}}), newSSE(t, SSEConfig{}), newHTTP(t, HTTPConfig{}))
	e := listen(t, srv, "subscription{denied}")
	e.want(retry)
	if got := e.piece(); got == "event: next\ndata: {\"data\":{\"denied\":1}}\n" {
		e.wantFailure(fault.Forbidden)
	} else if !strings.Contains(got, `"FORBIDDEN"`) {
		t.Errorf("%q", got)
	}
}

func TestSSEEndsWithItsSession(t *testing.T) {
	t.Parallel()
	life, end := context.WithCancelCause(context.Background())
	o := &observed{}
	s := newSSE(t, SSEConfig{Observer: o, Session: func(r *http.Request) (context.Context, error) {
		if r.Header.Get("Authorization") == "" {
			return nil, fault.New(fault.Unauthenticated, "Sign in.")
		}
		return life, nil
	}})
	srv := serve(t, streams(map[string]transporttest.Stream{"ticks": feed(nil)}), s, newHTTP(t, HTTPConfig{}))
	if e := listen(t, srv, "subscription{ticks}"); e.res.StatusCode != http.StatusUnauthorized {
		t.Errorf("nobody: %d", e.res.StatusCode)
	}
	e := listen(t, srv, "subscription{ticks}", "Authorization", "me")
	e.want(retry)
	end(&CloseError{Code: CloseUnauthorized, Reason: "the token has ended"})
	e.wantFailure(fault.Unauthenticated)
	eventually(t, "the stream to be counted off", func() bool { return o.unsubscribed.Load() == 1 })
}

func TestSSEBeatsAndBreaksOff(t *testing.T) {
	t.Parallel()
	c := manual()
	s := newSSE(t, SSEConfig{Clock: c, MaxStreams: 1})
	gone := make(chan struct{})
	srv := serve(t, streams(map[string]transporttest.Stream{"ticks": func(ctx context.Context, _ map[string]any) (<-chan any, error) {
		context.AfterFunc(ctx, func() { close(gone) })
		return make(chan any), nil
	}}), s, newHTTP(t, HTTPConfig{}))
	e := listen(t, srv, "subscription{ticks}")
	e.want(retry)
	if res, _ := do(t, srv, "GET", "?query=subscription{ticks}", "", map[string]string{"Accept": mediaStream}); res.StatusCode != 503 || res.Header.Get("Retry-After") == "" {
		t.Errorf("one more: %d", res.StatusCode)
	}
	sweep := func() { s.each(func(st *eventStream) { st.check(c.Now()) }) }
	eventually(t, "the first write to end", func() bool {
		idle := false
		s.each(func(st *eventStream) { idle = st.writing.never() && !st.wrote.never() })
		return idle
	})
	c.Advance(15 * time.Second)
	sweep()
	e.want(beat)
	if err := s.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
	// A break is the end without complete; the sweeper itself may have asked for one more beat.
	got := e.piece()
	for got == beat {
		got = e.piece()
	}
	if got != "" {
		t.Errorf("after the shutdown: %q", got)
	}
	<-gone
	if res, _ := do(t, srv, "GET", "?query={hello}", "", map[string]string{"Accept": mediaStream}); res.StatusCode != 503 {
		t.Errorf("after the shutdown: %d", res.StatusCode)
	}
}

func TestSSESlowReader(t *testing.T) {
	t.Parallel()
	c := manual()
	o := &observed{}
	s := newSSE(t, SSEConfig{Clock: c, Observer: o})
	var taken atomic.Int64
	stuck := make(chan struct{})
	event := strings.Repeat("x", 256<<10)
	srv := serve(t, streams(map[string]transporttest.Stream{"many": func(ctx context.Context, _ map[string]any) (<-chan any, error) {
		out := make(chan any)
		go func() {
			defer close(stuck)
			for {
				select {
				case out <- event:
					taken.Add(1)
				case <-ctx.Done():
					return
				}
			}
		}()
		return out, nil
	}, "ticks": feed(given(1))}), s, newHTTP(t, HTTPConfig{}))
	slow := listen(t, srv, "subscription{many}")
	settled(t, &taken)
	check := func() { s.each(func(st *eventStream) { st.check(c.Now()) }) }
	check()
	c.Advance(9 * time.Second)
	check()
	listen(t, srv, "subscription{ticks}").want(retry, "event: next\ndata: {\"data\":{\"ticks\":1}}\n", complete, "")
	if o.slow.Load() != 0 {
		t.Error("cut before its time")
	}
	// The system may still have found room for the write that seemed stuck; then the next one is.
	eventually(t, "the slow one to be cut", func() bool {
		c.Advance(time.Second)
		check()
		return o.slow.Load() > 0
	})
	<-stuck
	if o.slow.Load() != 1 {
		t.Errorf("%d are called slow", o.slow.Load())
	}
	if _, err := io.Copy(io.Discard, slow.text); err == nil {
		t.Error("the stream ended as if it were whole")
	}
}

func TestNewSSERefuses(t *testing.T) {
	t.Parallel()
	h := newHTTP(t, HTTPConfig{})
	session := func(*http.Request) (context.Context, error) { return nil, nil }
	for _, c := range []SSEConfig{{}, {HTTP: h}, {Session: session}, {HTTP: h, Session: session, MaxStreams: -1}, {HTTP: h, Session: session, BeatEvery: -1}} {
		if _, err := NewSSE(c); err == nil {
			t.Errorf("%+v is accepted", c)
		}
	}
}

func TestEventsKeepToTheirLine(t *testing.T) {
	t.Parallel()
	got := string(appendEvent(nil, "a\nb", &graphql.Response{Data: json.RawMessage("{\n\"a\":\r1}")}))
	if got != "event: next\ndata: {\"data\":{ \"a\": 1}}\n\n" {
		t.Errorf("%q", got)
	}
}
