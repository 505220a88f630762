package authz_test

import (
	"testing"
	"time"

	"karnak/internal/app/apptest"
	"karnak/test/world"
)

// The streams that a scene has open.
const (
	onPublic  = "public"
	onPrivate = "private"
	onFeed    = "feed"
)

// scene is a reader with open streams, from whom something is about to be taken.
type scene struct {
	*world.World
	reader, other world.Person
	role, grant   string
	socket        *world.Socket
	later         []world.Arrival
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
		w := world.New(apptest.Start(t, engine, apptest.Options{Args: []string{world.Trusting}}), nil)
		for _, x := range revocations() {
			t.Run(x.name, func(t *testing.T) {
				t.Parallel()
				x.run(t, w.Beside())
			})
		}
	})
}

func (x revocation) run(t *testing.T, w *world.World) {
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

func (x revocation) open(t *testing.T, w *world.World) *scene {
	t.Helper()
	s := &scene{World: w}
	s.Owner, s.reader = w.SignUp(t, "Owner"), w.SignUp(t, "Reader")
	ws := w.Workspace(t, s.Owner)
	w.IDs["workspace"] = ws
	w.Join(t, s.Owner, s.reader, ws, "user")
	w.IDs[onPublic], w.IDs[onPrivate] = w.Channel(t, s.Owner, ws, "PUBLIC"), w.Channel(t, s.Owner, ws, "PRIVATE")
	if !x.outside {
		w.Enter(t, s.Owner, s.reader, w.IDs[onPrivate])
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
	after := s.Cursor(t, s.Owner, s.IDs["workspace"])
	s.socket = world.Dial(t, s.Node, s.reader.Token)
	s.socket.Subscribe(t, onPublic, world.ChannelEvents, apptest.Vars{"o": s.IDs[onPublic], "after": after})
	s.socket.Subscribe(t, onPrivate, world.ChannelEvents, apptest.Vars{"o": s.IDs[onPrivate], "after": after})
	s.socket.Subscribe(t, onFeed, world.Activity, apptest.Vars{"o": s.IDs["workspace"], "after": after})
	s.socket.Pump()
}

func (s *scene) assign(t *testing.T, role string) {
	t.Helper()
	s.Run(t, s.Owner, "assignRole", "member { id }", apptest.Vars{"workspaceId": s.IDs["workspace"], "userId": s.reader.ID, "role": role})
}

// makeRole makes a role like user, with denials.
func (s *scene) makeRole(t *testing.T, name string, deny ...string) {
	t.Helper()
	input := apptest.Vars{"workspaceId": s.IDs["workspace"], "name": name, "parents": []string{"user"}, "deny": append([]string{}, deny...)}
	s.role = s.Run(t, s.Owner, "createRole", "role { id }", input).Text("createRole.role.id")
}

// say posts to the private channel and then to the public one.
func (s *scene) say(t *testing.T, word string) {
	t.Helper()
	s.Send(t, s.Owner, s.IDs[onPrivate], word+" in private")
	s.Send(t, s.Owner, s.IDs[onPublic], word+" in public")
}

// hear reads until each stream has had as many messages with a word as it should.
func (s *scene) hear(t *testing.T, word string, want map[string]int) {
	t.Helper()
	for len(want) > 0 {
		m := s.socket.Arrives(t)
		if m.Err != nil || m.Type != "next" {
			t.Fatalf("waiting for %q on %v: %s %s %s %v", word, want, m.ID, m.Type, m.Payload, m.Err)
		}
		if m.Has(word) {
			if want[m.ID]--; want[m.ID] == 0 {
				delete(want, m.ID)
			}
		}
	}
}
