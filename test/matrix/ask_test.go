package matrix_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"karnak/internal/app/apptest"
	"karnak/test/world"
)

// The ways a request comes by.
const (
	post   = "POST"
	get    = "GET"
	socket = "socket"
)

// reply is an answer, by whichever way it came.
type reply struct {
	status int
	body   string
}

func (r reply) answer(t *testing.T) (a apptest.Answer) {
	t.Helper()
	if err := json.Unmarshal([]byte(r.body), &a); err != nil {
		t.Fatalf("%v in %s", err, r.body)
	}
	return a
}

// failed reports whether an answer has errors.
func (r reply) failed(t *testing.T) bool {
	t.Helper()
	return len(r.answer(t).Errors) > 0
}

// request is a document with its variables.
type request struct {
	text string
	vars apptest.Vars
}

// send asks by one way, and sees that the answer shows nothing of a tenant that the principal does not belong to.
func (s *stage) send(t *testing.T, p principal, way string, q request) reply {
	t.Helper()
	var r reply
	switch way {
	case get:
		r = s.get(t, p, q)
	case socket:
		r = s.overSocket(t, p, q)
	default:
		a := s.Ask(t, p.who.Token, q.text, q.vars)
		r = reply{a.Status, string(a.Body)}
	}
	s.shows(t, p, way, q, r.body)
	return r
}

func (s *stage) get(t *testing.T, p principal, q request) reply {
	t.Helper()
	vars, err := json.Marshal(q.vars)
	if err != nil {
		t.Fatal(err)
	}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.URL+"?"+url.Values{"query": {q.text}, "variables": {string(vars)}}.Encode(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if p.who.Token != "" {
		r.Header.Set("Authorization", "Bearer "+p.who.Token)
	}
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return reply{res.StatusCode, string(b)}
}

// line is a principal's socket; n counts the operations on it.
type line struct {
	*world.Socket
	n int
}

// overSocket asks over the principal's socket.
func (s *stage) overSocket(t *testing.T, p principal, q request) reply {
	t.Helper()
	l := s.lines[p.name]
	l.n++
	l.Subscribe(t, fmt.Sprint(l.n), q.text, q.vars)
	var body string
	for {
		m, err := l.Read(world.Patience)
		if err != nil {
			t.Fatalf("%s over the socket: %v\n%s", p.name, err, q.text)
		}
		switch m.Type {
		case "next":
			body = string(m.Payload)
		case "error":
			return reply{body: fmt.Sprintf(`{"errors":%s}`, m.Payload)}
		case "complete":
			return reply{body: body}
		}
	}
}

// ways are those that a request of a principal can come by.
func (p principal) ways(mutation bool) []string {
	switch {
	case p.shut && mutation:
		return []string{post}
	case p.shut:
		return []string{post, get}
	case mutation:
		return []string{post, socket}
	}
	return []string{post, get, socket}
}

// shows sees that an answer holds no mark and no id of a tenant that the principal does not belong to; ids that they asked
// for are theirs to see.
func (s *stage) shows(t *testing.T, p principal, way string, q request, body string) {
	t.Helper()
	if p.super {
		return
	}
	foreign := func(w *world.World) bool {
		for _, x := range p.belongs {
			if x == w {
				return false
			}
		}
		return w != nil
	}
	asked := fmt.Sprint(q.text, q.vars)
	for _, w := range s.tenants() {
		if foreign(w) && strings.Contains(body, w.Mark) {
			t.Errorf("%s by %s is shown %s\n  request: %s %v\n  answer:  %s", p.name, way, w.Mark, q.text, q.vars, body)
		}
	}
	for _, x := range anID.FindAllString(body, -1) {
		if foreign(s.owners[x]) && !strings.Contains(asked, x) && x != p.who.ID {
			t.Errorf("%s by %s is shown %s, which is of %s\n  request: %s %v\n  answer:  %s", p.name, way, x, s.owners[x].Mark, q.text, q.vars, body)
		}
	}
}

var requestID = regexp.MustCompile(`"requestId":"[^"]*"`)

// ordered puts the errors of an answer into one order: fields that fail side by side fail in any.
func ordered(body string) string {
	var a struct {
		Errors []json.RawMessage `json:"errors"`
		Data   json.RawMessage   `json:"data,omitempty"`
	}
	if json.Unmarshal([]byte(body), &a) != nil || len(a.Errors) < 2 {
		return body
	}
	slices.SortFunc(a.Errors, func(x, y json.RawMessage) int { return strings.Compare(string(x), string(y)) })
	b, err := json.Marshal(a)
	if err != nil {
		return body
	}
	return string(b)
}

// masked is an answer without what may differ: the id of the request, and the ids that were asked for.
func masked(r reply, names map[string]string) string {
	out := ordered(requestID.ReplaceAllString(r.body, `"requestId":""`))
	for name, x := range names {
		out = strings.ReplaceAll(out, x, "<"+name+">")
	}
	return fmt.Sprint(r.status, " ", out)
}

// same sees that a foreign answer is that of what is missing, byte for byte.
func same(t *testing.T, what string, p principal, way string, q request, foreign, missing string) {
	t.Helper()
	if foreign != missing {
		t.Errorf("%s for %s by %s: what is foreign and what is missing are told apart\n  request: %s %v\n  foreign: %s\n  missing: %s",
			what, p.name, way, q.text, q.vars, foreign, missing)
	}
}
