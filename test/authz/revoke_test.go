package authz_test

import (
	"testing"
	"time"

	"karnak/internal/app/apptest"
)

// The streams that a scene has open.
const (
	onPublic  = "public"
	onPrivate = "private"
	onFeed    = "feed"
)

// scene is a reader with open streams, from whom something is about to be taken.
type scene struct {
	*world
	reader, other person
	role, grant   string
	socket        *socket
	later         []arrival
}

// revocation takes something away from the reader. What is in ends is over within a second; the rest goes on.
type revocation struct {
	name string
	// role is the reader's, user where it is left out; outside says that they are no member of the private channel.
	role    string
	outside bool
	// prepare is done before the streams are opened.
	prepare func(*testing.T, *scene)
	revoke  func(*testing.T, *scene)
	ends    []string
	// closes is the code that the whole socket is closed with.
	closes int
	// quiet says that nothing happens until the streams have ended.
	quiet bool
}

// promptly is how soon a revocation has to be felt.
const promptly = time.Second

// TestRevocation takes rights away from somebody who is listening. What they may no longer read ends within a second, and
// nothing that was committed afterwards is delivered.
func TestRevocation(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, engine string) {
		w := newWorld(apptest.Start(t, engine, apptest.Options{Args: []string{trusting}}), nil)
		for _, x := range revocations() {
			t.Run(x.name, func(t *testing.T) {
				t.Parallel()
				x.run(t, w.beside())
			})
		}
	})
}

func (x revocation) run(t *testing.T, w *world) {
	t.Helper()
	s := x.open(t, w)
	s.say(t, "before")
	streams := map[string]bool{onPublic: true, onPrivate: true, onFeed: true}
	s.hear(t, "before", map[string]int{onPublic: 1, onPrivate: 1, onFeed: 2})
	x.revoke(t, s)
	at := time.Now()
	if x.quiet {
		s.end(t, x.ends, at)
	}
	s.say(t, "after")
	if x.closes != 0 {
		s.closed(t, x.closes, at)
		return
	}
	for _, id := range x.ends {
		delete(streams, id)
	}
	if !x.quiet {
		s.end(t, x.ends, at)
	}
	s.goOn(t, streams, x.ends)
}

func (x revocation) open(t *testing.T, w *world) *scene {
	t.Helper()
	s := &scene{world: w}
	s.owner, s.reader = w.signUp(t, "Owner"), w.signUp(t, "Reader")
	ws := w.workspace(t, s.owner)
	w.ids["workspace"] = ws
	w.join(t, s.owner, s.reader, ws, "user")
	w.ids[onPublic], w.ids[onPrivate] = w.channel(t, s.owner, ws, "PUBLIC"), w.channel(t, s.owner, ws, "PRIVATE")
	if !x.outside {
		w.enter(t, s.owner, s.reader, w.ids[onPrivate])
	}
	if x.role != "" {
		s.assign(t, x.role)
	}
	if x.prepare != nil {
		x.prepare(t, s)
	}
	s.listen(t)
	return s
}

// listen opens the three streams, each from here on.
func (s *scene) listen(t *testing.T) {
	t.Helper()
	after := s.cursor(t, s.owner, s.ids["workspace"])
	s.socket = dial(t, s.Node, s.reader.token)
	s.socket.subscribe(t, onPublic, channelEvents, apptest.Vars{"o": s.ids[onPublic], "after": after})
	s.socket.subscribe(t, onPrivate, channelEvents, apptest.Vars{"o": s.ids[onPrivate], "after": after})
	s.socket.subscribe(t, onFeed, activity, apptest.Vars{"o": s.ids["workspace"], "after": after})
	s.socket.pump()
}

func (s *scene) assign(t *testing.T, role string) {
	t.Helper()
	s.run(t, s.owner, "assignRole", "member { id }", apptest.Vars{"workspaceId": s.ids["workspace"], "userId": s.reader.id, "role": role})
}

// makeRole makes a role like user, with denials.
func (s *scene) makeRole(t *testing.T, name string, deny ...string) {
	t.Helper()
	input := apptest.Vars{"workspaceId": s.ids["workspace"], "name": name, "parents": []string{"user"}, "deny": append([]string{}, deny...)}
	s.role = s.run(t, s.owner, "createRole", "role { id }", input).Text("createRole.role.id")
}

// say posts to the private channel and then to the public one.
func (s *scene) say(t *testing.T, word string) {
	t.Helper()
	s.send(t, s.owner, s.ids[onPrivate], word+" in private")
	s.send(t, s.owner, s.ids[onPublic], word+" in public")
}

// hear reads until each stream has had as many messages with a word as it should.
func (s *scene) hear(t *testing.T, word string, want map[string]int) {
	t.Helper()
	for len(want) > 0 {
		m := s.socket.arrives(t)
		if m.err != nil || m.Type != "next" {
			t.Fatalf("waiting for %q on %v: %s %s %s %v", word, want, m.ID, m.Type, m.Payload, m.err)
		}
		if m.has(word) {
			if want[m.ID]--; want[m.ID] == 0 {
				delete(want, m.ID)
			}
		}
	}
}
