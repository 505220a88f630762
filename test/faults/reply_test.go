package faults_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"

	"karnak/internal/app/apptest"
)

// reply is an answer over HTTP.
type reply struct {
	apptest.Answer
	Header http.Header
	// id is the request id that the caller gave.
	id string
}

// send makes a request of any kind to /graphql; headers come in pairs.
func (w *wall) send(t *testing.T, method, query string, body io.Reader, headers ...string) reply {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, w.URL()+query, body)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	return w.do(t, r)
}

func (w *wall) do(t *testing.T, r *http.Request) reply {
	t.Helper()
	res, err := w.client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	got := reply{Header: res.Header, id: r.Header.Get("X-Request-Id")}
	got.Status = res.StatusCode
	if got.Body, err = io.ReadAll(io.LimitReader(res.Body, 1<<20)); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(res.Header.Get("Content-Type"), "json") {
		if err := json.Unmarshal(got.Body, &got); err != nil {
			t.Fatalf("%v in %.300s", err, got.Body)
		}
	}
	return got
}

// raw posts bytes as JSON.
func (w *wall) raw(t *testing.T, body string, headers ...string) reply {
	t.Helper()
	return w.send(t, http.MethodPost, "", strings.NewReader(body), append([]string{"Content-Type", "application/json"}, headers...)...)
}

// post posts an operation; variables are JSON or empty.
func (w *wall) post(t *testing.T, query, variables string, headers ...string) reply {
	t.Helper()
	return w.raw(t, request(t, query, variables), headers...)
}

// request is the body of an operation.
func request(t *testing.T, query, variables string) string {
	t.Helper()
	m := map[string]any{"query": query}
	if variables != "" {
		m["variables"] = json.RawMessage(variables)
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(m); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// get asks for a page beside the API.
func (w *wall) get(t *testing.T, path string) (status int, body string) {
	t.Helper()
	res, err := w.client.Get("http://" + w.Addr + path)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, string(b)
}
