package authz_test

import (
	"slices"
	"testing"
	"time"

	"github.com/coder/websocket"

	"karnak/test/world"
)

// end waits until streams have ended with FORBIDDEN, in time, and without a word of what came afterwards. What the other
// streams bring meanwhile is kept for later.
func (s *scene) end(t *testing.T, streams []string, at time.Time) {
	t.Helper()
	left := slices.Clone(streams)
	for len(left) > 0 {
		m := s.socket.Arrives(t)
		if m.Err != nil {
			t.Fatalf("%v did not end: %v", left, m.Err)
		}
		if !slices.Contains(streams, m.ID) {
			s.later = append(s.later, m)
			continue
		}
		if m.Type == "next" && m.Has("after in") {
			t.Errorf("%s brought what was committed after the revocation: %s", m.ID, m.Payload)
		}
		if m.Type == "next" {
			continue
		}
		if took := m.At.Sub(at); m.Code() != "FORBIDDEN" || took > promptly {
			t.Errorf("%s ended after %s with %s %s", m.ID, took, m.Type, m.Payload)
		}
		left = slices.DeleteFunc(left, func(x string) bool { return x == m.ID })
	}
}

// goOn checks that the remaining streams bring what was said in public afterwards, what was said in private only where
// that stream goes on, and that those which ended stay silent.
func (s *scene) goOn(t *testing.T, open map[string]bool, ended []string) {
	t.Helper()
	want := map[string]string{}
	for id := range open {
		want[id] = "after in " + id
		if id == onFeed && !slices.Contains(ended, onPublic) {
			want[id] = "after in public"
		}
		if id == onFeed && slices.Contains(ended, onPublic) {
			delete(want, id)
		}
	}
	s.ping(t)
	for done := false; !done || len(want) > 0; {
		m := s.next(t, want)
		switch {
		case m.Type == "pong":
			done = true
		case m.Type != "next" || slices.Contains(ended, m.ID):
			t.Fatalf("%s after the revocation: %s %s", m.ID, m.Type, m.Payload)
		case m.ID == onFeed && m.Has("after in private") && slices.Contains(ended, onPrivate):
			t.Errorf("the feed brought what was said in private: %s", m.Payload)
		case m.ID == onFeed && m.Has("after in public") && slices.Contains(ended, onPublic):
			t.Errorf("the feed brought what was said in public: %s", m.Payload)
		}
		if want[m.ID] != "" && m.Has(want[m.ID]) {
			delete(want, m.ID)
		}
	}
}

// ping asks for an answer that comes after everything the server has sent before.
func (s *scene) ping(t *testing.T) {
	t.Helper()
	s.socket.Write(t, world.Message{Type: "ping"})
}

// next is what was kept, and then what comes.
func (s *scene) next(t *testing.T, want map[string]string) world.Arrival {
	t.Helper()
	if len(s.later) > 0 {
		m := s.later[0]
		s.later = s.later[1:]
		return m
	}
	m := s.socket.Arrives(t)
	if m.Err != nil {
		t.Fatalf("waiting for %v: %v", want, m.Err)
	}
	return m
}

// closed waits for the end of the socket, in time, and without a word of what came afterwards.
func (s *scene) closed(t *testing.T, code int, at time.Time) {
	t.Helper()
	for {
		m := s.socket.Arrives(t)
		if m.Err == nil {
			if m.Has("after in") {
				t.Errorf("%s brought what was committed after the revocation: %s", m.ID, m.Payload)
			}
			continue
		}
		if took := m.At.Sub(at); websocket.CloseStatus(m.Err) != websocket.StatusCode(code) || took > promptly {
			t.Errorf("the socket ended after %s with %v; %d is wanted", took, m.Err, code)
		}
		if a := s.Ask(t, s.reader.Token, "{ viewer { user { id } } }", nil); a.Code() != "UNAUTHENTICATED" {
			t.Errorf("the session answers: %s", a.Body)
		}
		return
	}
}
