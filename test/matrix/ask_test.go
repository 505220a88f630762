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
	// about is the one tenant that everything asked for is of; nil where it may be several.
	about *world.World
	// key is an idempotency key.
	key string
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
		a := s.Ask(t, p.who.Token, q.text, q.vars, q.headers()...)
		r = reply{a.Status, string(a.Body)}
	}
	s.shows(t, p, way, q, r.body)
	return r
}

func (q request) headers() []string {
	if q.key == "" {
		return nil
	}
	return []string{"Idempotency-Key", q.key}
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
	n := fmt.Sprint(l.n)
	l.Subscribe(t, n, q.text, q.vars)
	var body string
	for {
		m, err := l.Read(world.Patience)
		if err != nil {
			t.Fatalf("%s over the socket: %v\n%s", p.name, err, q.text)
		}
		switch {
		case m.ID != n: // of a subscription that was completed
			continue
		case m.Type == "next" && strings.HasPrefix(q.text, "subscription"):
			l.Write(t, world.Message{ID: n, Type: "complete"})
			return reply{body: string(m.Payload)}
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

// waysOf are those that a document can come by; what is otherwise each time it is asked is asked once.
func (p principal) waysOf(text string) []string {
	switch {
	case strings.HasPrefix(text, "subscription") && p.shut:
		return nil
	case strings.HasPrefix(text, "subscription"):
		return []string{socket}
	case strings.Contains(text, "admin {"):
		return []string{post}
	}
	return p.ways(false)
}

// secrets are texts of private and of direct channels, and the principals who are in them or may read them all.
func secrets() map[string][]string {
	return map[string][]string{
		"a canary in the secret": {"owner", world.Moderator, world.Admin, "superAdmin", "foreign admin", "member of both"},
		"a whisper":              {"owner", "foreign admin"},
	}
}

// shows sees that an answer holds no mark and no id of a tenant that the principal does not belong to, or that was not asked
// about, and no secret of a channel they are not in. Ids that they asked for are theirs to see.
func (s *stage) shows(t *testing.T, p principal, way string, q request, body string) {
	t.Helper()
	foreign := func(w *world.World) bool {
		if q.about != nil {
			return w != nil && w != q.about
		}
		return w != nil && !p.super && !slices.Contains(p.belongs, w)
	}
	asked := fmt.Sprint(q.text, q.vars)
	told := func(what string) {
		t.Errorf("%s by %s is shown %s\n  request: %s %v\n  answer:  %s", p.name, way, what, q.text, q.vars, body)
	}
	for _, text := range texts(q.vars) {
		body = strings.ReplaceAll(body, text, "") // an echo
	}
	for _, w := range s.tenants() {
		if foreign(w) && strings.Contains(body, w.Mark) {
			told(w.Mark)
		}
	}
	for _, x := range anID.FindAllString(body, -1) {
		if w := s.owners[x]; foreign(w) && !strings.Contains(asked, x) && x != p.who.ID {
			told(x + ", which is of " + w.Mark)
		}
	}
	for secret, readers := range secrets() {
		if strings.Contains(body, secret) && !slices.Contains(readers, p.name) {
			told(secret)
		}
	}
}

// texts are what somebody wrote into variables, long enough to be an echo of it.
func texts(v any) (out []string) {
	switch x := v.(type) {
	case string:
		if len(x) > 8 {
			return []string{x}
		}
	case []string:
		return x
	case apptest.Vars:
		for _, y := range x {
			out = append(out, texts(y)...)
		}
	}
	return out
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
