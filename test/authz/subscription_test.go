package authz_test

import (
	"testing"

	"karnak/internal/app/apptest"
)

// feed is a subscription to something that the owner has just done.
type feed struct {
	query string
	vars  apptest.Vars
}

const (
	channelEvents = `subscription($o: ID!, $after: Cursor) { channelEvents(channelId: $o, after: $after) {
		__typename cursor ... on MessagePosted { message { body } } } }`
	activity = `subscription($o: ID!, $after: Cursor) { activity(workspaceId: $o, after: $after) {
		__typename cursor ... on MessagePosted { message { body } } } }`
)

// feeds has one for each subscription, and for each subscription@variant.
func feeds(t *testing.T, w *world) map[string]feed {
	t.Helper()
	after := w.cursor(t, w.owner, w.ids["workspace"])
	of := func(query, name string) feed { return feed{query, apptest.Vars{"o": w.ids[name], "after": after}} }
	all := map[string]feed{
		"channelEvents": of(channelEvents, "public"), "channelEvents@private": of(channelEvents, "private"),
		"channelEvents@direct": of(channelEvents, "direct"), "activity": of(activity, "workspace"),
	}
	for _, name := range []string{"public", "private", "direct"} {
		w.send(t, w.owner, w.ids[name], "live in "+name)
	}
	return all
}

// follow subscribes and tells what came first: an event or an error.
func (w *world) follow(t *testing.T, f feed, p person) outcome {
	t.Helper()
	s := dial(t, w.Node, p.token)
	defer func() { _ = s.conn.CloseNow() }()
	s.subscribe(t, "1", f.query, f.vars)
	m, err := s.read(patience)
	if err != nil {
		t.Fatalf("%s for %s: %v", f.query, p.name, err)
	}
	got := outcome{m.Type, f.query, string(m.Payload)}
	switch {
	case m.Type == "error":
		got.word = m.code()
	case m.Type == "next" && m.has(`"__typename":"MessagePosted"`) && m.has("live in "):
		got.word = allow
	}
	return got
}
