package scenario_test

import (
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"karnak/internal/app/apptest"
)

// parts asks by GET and returns the parts of the answer, and its status.
func parts(t testing.TB, n *apptest.Node, p apptest.Person, query, accept string) (int, []string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, n.URL+"?"+url.Values{"query": {query}}.Encode(), nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Accept", accept)
	r.Header.Set("Authorization", "Bearer "+p.Token)
	res, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	kind, params, err := mime.ParseMediaType(res.Header.Get("Content-Type"))
	if err != nil {
		t.Fatal(err)
	}
	if kind != "multipart/mixed" {
		b, _ := io.ReadAll(res.Body)
		return res.StatusCode, []string{string(b)}
	}
	var list []string
	for m := multipart.NewReader(res.Body, params["boundary"]); ; {
		part, err := m.NextPart()
		if errors.Is(err, io.EOF) {
			return res.StatusCode, list
		}
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(part)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, string(b))
	}
}

func TestDefer(t *testing.T) {
	t.Parallel()
	apptest.Each(t, apptest.Options{}, func(t *testing.T, n *apptest.Node) {
		owner, stranger := n.SignUp(t, "Owner"), n.SignUp(t, "Stranger")
		w := n.Workspace(t, owner, "parts")
		c := n.Channel(t, owner, w, "open", "PUBLIC")
		n.Send(t, owner, c, "hello")
		both := "multipart/mixed;deferSpec=20220824,application/json"
		late := `{ node(id: "` + c + `") { ... on Channel { id name ...@defer(label: "m") { messages(last: 1) { nodes { body } } } } } }`
		status, got := parts(t, n, owner, late, both)
		if status != 200 || len(got) != 2 || !strings.HasSuffix(got[0], `"name":"open"}},"hasNext":true}`) ||
			!strings.Contains(got[1], `"data":{"messages":{"nodes":[{"body":"hello"}]}},"path":["node"],"label":"m"`) || !strings.HasSuffix(got[1], `"hasNext":false}`) {
			t.Errorf("%d %q", status, got)
		}
		// Each element of a list has its part.
		status, got = parts(t, n, owner, `{ workspace(slug: "parts") { channels { nodes { id ...@defer { unreadCount cursor } } } } }`, both)
		if status != 200 || len(got) != 2 || !strings.Contains(got[1], `"path":["workspace","channels","nodes",0]`) {
			t.Errorf("%d %q", status, got)
		}
		// What is refused is refused in one.
		for query, code := range map[string]string{
			`{ nonsense ...@defer { viewer { user { id } } } }`:                                                     "BAD_USER_INPUT",
			`{ workspaces(first: 100) { nodes { channels(first: 100) { nodes { ...@defer { unreadCount } } } } } }`: "COST_LIMIT",
			`mutation { signOut(input: {}) { ...@defer { userErrors { code } } } }`:                                 "BAD_USER_INPUT",
			`subscription { channelEvents(channelId: "` + c + `") { ...@defer { id } } }`:                           "BAD_USER_INPUT",
		} {
			if _, got := parts(t, n, owner, query, both); len(got) != 1 || !strings.Contains(got[0], code) {
				t.Errorf("%s: %q", query, got)
			}
		}
		// Nobody sees more later than at once.
		if _, got := parts(t, n, stranger, late, both); strings.Contains(strings.Join(got, ""), "hello") || !strings.Contains(got[0], `"node":null`) {
			t.Errorf("a stranger: %q", got)
		}
		for _, accept := range []string{"application/json", "multipart/mixed;incrementalSpec=v0.2,application/json", "text/event-stream"} {
			if _, got := parts(t, n, owner, late, accept); len(got) != 1 || !strings.Contains(got[0], "@defer") {
				t.Errorf("%s: %q", accept, got)
			}
		}
	})
}
