package transport

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"

	"karnak/graph/transport/transporttest"
	"karnak/internal/platform/fault"
)

// TestSSESharedOnceForAll has many streams follow, some of them from the beginning: an event is executed once for all who are there
// for it, and each has its position. Who is put out is told, and the others go on.
func TestSSESharedOnceForAll(t *testing.T) {
	t.Parallel()
	b := newBoard()
	s := newSSE(t, SSEConfig{Share: b.share})
	srv := serve(t, streams(map[string]transporttest.Stream{"other": b.stream}), s, newHTTP(t, HTTPConfig{}))
	for i := range 5 {
		b.post(posted(i + 1))
	}
	const many = 30
	var all []*events
	for i := range many {
		e := follow(t, srv, fmt.Sprint("user ", i), i%6)
		for seq := i%6 + 1; seq <= 5; seq++ {
			e.post(seq)
		}
		all = append(all, e)
	}
	before := b.rendered.Load()
	for seq := 6; seq <= 25; seq++ {
		b.post(posted(seq))
		for _, e := range all {
			e.post(seq)
		}
	}
	if n := b.rendered.Load() - before; n != 20 {
		t.Errorf("20 events were executed %d times for %d streams", n, many)
	}
	b.post(post{putOut: "user 7"})
	all[7].wantFailure(fault.Forbidden)
	b.post(posted(27))
	for i, e := range all {
		if i != 7 {
			e.post(27)
		}
	}
	follow(t, srv, "user 7", 0).want("event: next\ndata: {\"errors\":[{\"message\":\"FORBIDDEN: put out\"}]}\n", complete, "")
	if n := b.alone.Load(); n != 1 {
		t.Errorf("who may not subscribe was refused %d times by the operation itself, with its place in the document", n)
	}
}

// TestSSESharedBreaksOff ends streams as ones of their own end: without complete when the server goes down.
func TestSSESharedBreaksOff(t *testing.T) {
	t.Parallel()
	b := newBoard()
	s := newSSE(t, SSEConfig{Share: b.share})
	e := follow(t, serve(t, streams(map[string]transporttest.Stream{"other": b.stream}), s, newHTTP(t, HTTPConfig{})), "user", 0)
	b.post(posted(1))
	e.post(1)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if err := s.Shutdown(ctx); err != nil {
		t.Fatal(err)
	}
	e.want("")
}

// follow opens a stream of a board behind a number; the first piece, when to come back, is taken.
func follow(t *testing.T, srv *httptest.Server, who string, after int) *events {
	t.Helper()
	q := url.Values{
		"query":     {"subscription($after:String){other(after:$after)}"},
		"variables": {fmt.Sprintf(`{"after":"%d %s"}`, after, who)},
	}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, srv.URL+"?"+q.Encode(), nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Accept", mediaStream)
	return opened(t, srv, r).began()
}

func (e *events) began() *events {
	e.t.Helper()
	e.want(retry)
	return e
}

func (e *events) post(seq int) {
	e.t.Helper()
	e.want(fmt.Sprintf("event: next\nid: cursor %d\ndata: {\"data\":{\"other\":\"post %d\"}}\n", seq, seq))
}
