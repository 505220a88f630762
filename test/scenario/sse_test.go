package scenario_test

import (
	"bufio"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"karnak/internal/app/apptest"
	"karnak/internal/platform/clock"
)

// stream is a subscription over server-sent events.
type stream struct {
	res  *http.Response
	text *bufio.Scanner
}

// sent is one event of such a stream.
type sent struct {
	event, id string
	apptest.Answer
}

// head is the place in the log from which a stream misses nothing that is done from now on; without one it begins when it is
// open.
func head(t testing.TB, n *apptest.Node, p apptest.Person, channelID string) string {
	t.Helper()
	return n.Must(t, p.Token, `query($c: ID!) { node(id: $c) { ... on Channel { cursor } } }`, apptest.Vars{"c": channelID}).Text("node.cursor")
}

// listen opens a stream by GET, as an EventSource does.
func listen(t testing.TB, n *apptest.Node, p apptest.Person, query string, vars apptest.Vars, last string) *stream {
	t.Helper()
	b, err := json.Marshal(vars)
	if err != nil {
		t.Fatal(err)
	}
	q := url.Values{"query": {query}, "variables": {string(b)}}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, n.URL+"?"+q.Encode(), nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Accept", "text/event-stream")
	r.Header.Set("Authorization", "Bearer "+p.Token)
	if last != "" {
		r.Header.Set("Last-Event-ID", last)
	}
	res, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = res.Body.Close() })
	return &stream{res, bufio.NewScanner(res.Body)}
}

// next waits for the next event; one without a name is the end of the stream.
func (s *stream) next(t testing.TB) (e sent) {
	t.Helper()
	late := time.AfterFunc(patience, func() { _ = s.res.Body.Close() })
	defer late.Stop()
	for s.text.Scan() {
		name, value, _ := strings.Cut(s.text.Text(), ": ")
		switch name {
		case "event":
			e.event = value
		case "id":
			e.id = value
		case "data":
			e.Body = []byte(value)
		case "":
			if e.event == "" {
				continue
			}
			if err := json.Unmarshal(e.Body, &e.Answer); len(e.Body) > 0 && err != nil {
				t.Fatalf("%v in %s", err, e.Body)
			}
			return e
		}
	}
	return sent{}
}

// body waits for the next message and returns its text.
func (s *stream) body(t testing.TB) (string, sent) {
	t.Helper()
	e := s.next(t)
	if e.event != "next" || len(e.Errors) > 0 || e.id == "" {
		t.Fatalf("%s %q instead of a message: %s", e.event, e.id, e.Body)
	}
	return e.Text("channelEvents.message.body"), e
}

// over expects the end by an error, and returns its code.
func (s *stream) over(t testing.TB) string {
	t.Helper()
	e, end := s.next(t), s.next(t)
	if e.event != "next" || end.event != "complete" {
		t.Fatalf("%s %s, %s instead of an error: %s", e.event, e.id, end.event, e.Body)
	}
	return e.Code()
}

const streamed = `subscription($c: ID!, $after: Cursor) { channelEvents(channelId: $c, after: $after) { ... on MessagePosted { message { body } } } }`

func TestEventStreams(t *testing.T) {
	t.Parallel()
	apptest.Each(t, apptest.Options{}, func(t *testing.T, n *apptest.Node) {
		owner, guest := n.SignUp(t, "Owner"), n.SignUp(t, "Guest")
		w := n.Workspace(t, owner, "streams")
		n.Join(t, owner, guest, w, "user")
		c := n.Channel(t, owner, w, "open", "PUBLIC")
		start := head(t, n, owner, c)
		for _, text := range []string{"one", "two", "three"} {
			n.Send(t, owner, c, text)
		}
		s := listen(t, n, guest, streamed, apptest.Vars{"c": c, "after": start}, "")
		text, first := s.body(t)
		if text != "one" {
			t.Errorf("the first is %q", text)
		}
		// The same request again, as an EventSource repeats it: what was seen does not come again.
		s = listen(t, n, guest, streamed, apptest.Vars{"c": c, "after": start}, first.id)
		for _, want := range []string{"two", "three"} {
			if got, _ := s.body(t); got != want {
				t.Errorf("%q instead of %q", got, want)
			}
		}
		n.Send(t, owner, c, "four")
		if got, _ := s.body(t); got != "four" {
			t.Errorf("%q is live", got)
		}
		n.Must(t, owner.Token, `mutation($w: ID!, $u: ID!) { removeMember(input: {workspaceId: $w, userId: $u}) { userErrors { code } } }`, apptest.Vars{"w": w, "u": guest.ID})
		n.Send(t, owner, c, "not for guests")
		if code := s.over(t); code != "FORBIDDEN" && code != "NOT_FOUND" {
			t.Errorf("removed: %s", code)
		}
		for _, last := range []string{"junk", first.id + "x"} {
			if code := listen(t, n, owner, streamed, apptest.Vars{"c": c}, last).over(t); code != "BAD_USER_INPUT" {
				t.Errorf("after %q: %s", last, code)
			}
		}
		if code := listen(t, n, guest, streamed, apptest.Vars{"c": c}, first.id).over(t); code != "NOT_FOUND" {
			t.Errorf("a foreign channel: %s", code)
		}
	})
}

func TestEventStreamsEndWithTheirSession(t *testing.T) {
	t.Parallel()
	apptest.Each(t, apptest.Options{}, func(t *testing.T, n *apptest.Node) {
		owner := n.SignUp(t, "Owner")
		w := n.Workspace(t, owner, "streams")
		c := n.Channel(t, owner, w, "open", "PUBLIC")
		s := listen(t, n, owner, streamed, apptest.Vars{"c": c}, "")
		n.Must(t, owner.Token, `mutation { signOut(input: {}) { userErrors { code } } }`, nil)
		if code := s.over(t); code != "UNAUTHENTICATED" {
			t.Errorf("signed out: %s", code)
		}
		if s := listen(t, n, owner, streamed, apptest.Vars{"c": c}, ""); s.res.StatusCode != http.StatusUnauthorized {
			t.Errorf("afterwards: %d", s.res.StatusCode)
		}
	})
}

func TestEventStreamsEndWithTheirToken(t *testing.T) {
	t.Parallel()
	clocked(t, time.Now(), apptest.Options{Idle: true}, func(t *testing.T, n *apptest.Node, now *clock.Manual) {
		owner := n.SignUp(t, "Owner")
		w := n.Workspace(t, owner, "streams")
		c := n.Channel(t, owner, w, "open", "PUBLIC")
		start := head(t, n, owner, c)
		s := listen(t, n, owner, streamed, apptest.Vars{"c": c, "after": start}, "")
		n.Send(t, owner, c, "in time")
		if got, _ := s.body(t); got != "in time" {
			t.Errorf("%q", got)
		}
		now.Advance(n.Config.AccessTTL + time.Minute)
		if code := s.over(t); code != "UNAUTHENTICATED" {
			t.Errorf("the token ended: %s", code)
		}
	})
}

func TestEventStreamsBreakOffWhenTheNodeStops(t *testing.T) {
	t.Parallel()
	apptest.Each(t, apptest.Options{}, func(t *testing.T, n *apptest.Node) {
		owner := n.SignUp(t, "Owner")
		w := n.Workspace(t, owner, "streams")
		c := n.Channel(t, owner, w, "open", "PUBLIC")
		s := listen(t, n, owner, streamed, apptest.Vars{"c": c, "after": head(t, n, owner, c)}, "")
		n.Send(t, owner, c, "before")
		if got, _ := s.body(t); got != "before" {
			t.Errorf("%q", got)
		}
		if err := n.Drain(t.Context()); err != nil {
			t.Error(err)
		}
		if e := s.next(t); e.event != "" {
			t.Errorf("%s at the end, which tells clients not to come back", e.event)
		}
	})
}
