package matrix_test

import (
	"fmt"
	"strings"
	"testing"

	"karnak/internal/app/apptest"
	"karnak/test/world"
)

// streams are subscriptions: $$names are ids of the tenant that listens, $names of the one in which everything happens.
func streams(after string) map[string]string {
	feed := func(filter string) string {
		return fmt.Sprintf("activity(workspaceId: $$workspace, after: %q%s)", after, filter)
	}
	channel := func(name string) string { return fmt.Sprintf("channelEvents(channelId: $$%s, after: %q)", name, after) }
	return map[string]string{
		"feed": feed(""), "feed of everything": feed(`, filter: { types: ["chat.*", "workspace.*", "access.*"] }`),
		"feed of a foreign channel": feed(", filter: { channelIds: [$public] }"), "feed of foreign people": feed(", filter: { actorIds: [$owner, $target] }"),
		"public": channel("public"), "private": channel("private"), "direct": channel("direct"),
		"presence": "presence(channelId: $$public)", "answer": "generationEvents(generationId: $$waiting)", "run": "toolInvocationEvents(toolInvocationId: $$running)",
	}
}

// listen keeps all streams of one tenant open while every mutation of another is made: nothing of it arrives. What is said
// afterwards at home does, so that the streams are known to have been open.
func (s *stage) listen(t *testing.T) {
	p := s.principal("owner")
	l, covered := world.Dial(t, s.Node, p.who.Token), map[string]bool{}
	after := s.Cursor(t, s.a.Owner, s.a.IDs["workspace"])
	s.Send(t, s.a.Owner, s.a.IDs["public"], "said before") // so that the streams begin with what is kept
	for _, w := range s.tenants() {                        // that nobody makes
		w.IDs["waiting"], _ = w.Begin(t, w.Owner, w.IDs["conversation"], "wait "+w.Mark)
		w.IDs["running"], _ = w.Invoke(t, w.Owner, w.IDs["workspace"], "double", 1)
	}
	for name, text := range streams(after) {
		l.Subscribe(t, name, "subscription { "+s.fill(t, p, text, s.b.IDs)+s.selection(name)+" }", nil)
		field, _, _ := strings.Cut(text, "(")
		covered[field] = true
	}
	for field := range s.schema["Subscription"] {
		if !covered[field] {
			t.Errorf("no stream of %s is open: give streams() in test/matrix/live_test.go one", field)
		}
	}
	for _, m := range s.mutations() {
		s.happen(t, m)
	}
	s.own(t)
	want := map[string]string{"feed": "said in direct", "feed of everything": "said in direct"}
	for _, name := range []string{"public", "private", "direct"} {
		want[name] = "said in " + name
		s.Send(t, s.a.Owner, s.a.IDs[name], want[name])
	}
	for len(want) > 0 {
		m, err := l.Read(world.Patience)
		if err != nil || m.Type != "next" {
			t.Fatalf("waiting for %v: %s %s %s %v", want, m.ID, m.Type, m.Payload, err)
		}
		s.shows(t, p, socket, request{text: m.ID, about: s.a}, string(m.Payload))
		if strings.Contains(m.ID, "foreign") {
			t.Errorf("%s brought %s", m.ID, m.Payload)
		}
		if want[m.ID] != "" && m.Has(want[m.ID]) {
			delete(want, m.ID)
		}
	}
}

// selection is what is asked of a stream.
func (s *stage) selection(stream string) string {
	switch stream {
	case "presence":
		return s.deep("PresenceUpdate", 1)
	case "answer":
		return s.deep("GenerationEvent", 1)
	case "run":
		return s.deep("ToolInvocationEvent", 1)
	}
	return s.events()
}

// events selects what every event has, and all that a message event shows.
func (s *stage) events() string {
	return "{ __typename id cursor seq type clientMutationId actor { id displayName } ... on MessagePosted { message " + s.deep("Message", 1) + " } }"
}

// happen makes a mutation in the tenant that is not listened to, by whoever owns what it is about there.
func (s *stage) happen(t *testing.T, m string) {
	t.Helper()
	who := maker(s.b, m)
	try := world.Providers()[m](t, s.b, who)
	if try.As != nil {
		who = *try.As
	}
	try.Input["clientMutationId"] = s.b.Mark
	ask := s.Once
	if !try.Live {
		ask = func(t testing.TB, token, query string, vars apptest.Vars) apptest.Answer {
			return s.Ask(t, token, query, vars)
		}
	}
	a := ask(t, who.Token, s.call(m, try.Input).text, apptest.Vars{"input": try.Input})
	if len(a.Errors) > 0 || len(a.UserErrors(m)) > 0 {
		t.Errorf("%s: %s", m, a.Body)
	}
	if try.After != nil {
		try.After()
	}
}
