package faults_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"karnak/internal/app/apptest"
)

// following is a subscription to a personal workspace.
func following(p apptest.Person) map[string]any {
	return map[string]any{"query": `subscription($w:ID!){activity(workspaceId:$w){id}}`, "variables": map[string]string{"w": p.Personal}}
}

// TestSocketFaults breaks the protocol in every way that has a code. graph/transport holds many more against a server of its
// own.
func TestSocketFaults(t *testing.T) {
	t.Parallel()
	w := production(t)
	p := w.signedUp(t, "caller")
	const start = `{"type":"connection_init"}`
	closes := func(code int, frames ...string) func(t *testing.T) {
		return func(t *testing.T) {
			s := plug(t, w.URL())
			for _, f := range frames {
				s.text(t, f)
			}
			if got, _ := s.closed(t); got != code {
				t.Errorf("closed with %d, want %d", got, code)
			}
		}
	}
	quiet := `{"id":"a","type":"subscribe","payload":{"query":"subscription{activity(workspaceId:\"` + p.Personal + `\"){id}}"}}`
	for name, attack := range map[string]func(t *testing.T){
		"a second init":           closes(4429, start, start),
		"an operation before":     closes(4401, quiet),
		"junk":                    closes(4400, "zzyzx"),
		"junk after init":         closes(4400, start, `{"type":"subscribe"`),
		"a key twice":             closes(4400, `{"type":"ping","type":"connection_init"}`),
		"bad UTF-8":               closes(4400, "{\"type\":\"ping\",\"payload\":{\"a\":\"\xff\"}}"),
		"200 KB":                  closes(1009, `{"type":"ping","payload":{"a":"`+strings.Repeat("z", 200<<10)+`"}}`),
		"the payload a text":      closes(4400, `{"type":"connection_init","payload":"zzyzx"}`),
		"a token that is none":    closes(4401, `{"type":"connection_init","payload":{"authorization":"Bearer zzyzx"}}`),
		"a token without Bearer":  closes(4401, `{"type":"connection_init","payload":{"authorization":"`+p.Token+`"}}`),
		"a refresh token":         closes(4401, `{"type":"connection_init","payload":{"authorization":"Bearer `+p.Refresh+`"}}`),
		"a token that is a list":  closes(4400, `{"type":"connection_init","payload":{"authorization":["Bearer `+p.Token+`"]}}`),
		"variables 10,000 deep":   closes(4400, start, `{"id":"a","type":"subscribe","payload":{"query":"{__typename}","variables":{"a":`+nested("[", 10_000, "", "]")+`}}}`),
		"a message of the server": closes(4400, start, `{"id":"a","type":"next","payload":{}}`),
		"an id in use": func(t *testing.T) {
			s := w.dial(t, p.Token)
			s.text(t, quiet)
			s.text(t, quiet)
			if got, _ := s.closed(t); got != 4409 {
				t.Errorf("closed with %d", got)
			}
		},
		"no init": func(t *testing.T) {
			s := plug(t, w.URL())
			if got, took := s.closed(t); got != 4408 || took < 9*time.Second || took > 12*time.Second {
				t.Errorf("closed with %d after %s", got, took)
			}
		},
		"101 subscriptions": func(t *testing.T) {
			s := w.dial(t, p.Token)
			for i := range 100 {
				s.write(t, fmt.Sprint(i), "subscribe", following(p))
			}
			s.write(t, "one more", "subscribe", following(p))
			r := s.reply(t)
			if w.refused(t, r); r.Code() != "THROTTLED" {
				t.Errorf("%s", r.Body)
			}
			s.write(t, "7", "complete", nil)
			s.write(t, "q", "subscribe", map[string]string{"query": "{__typename}"})
			if m, err := s.read(t); err != nil || m.ID != "q" || m.Type != "next" {
				t.Errorf("afterwards: %+v %v", m, err)
			}
		},
		"another's workspace": func(t *testing.T) {
			s, stranger := w.dial(t, p.Token), w.signedUp(t, "stranger")
			answers := map[string]bool{}
			for _, id := range []string{stranger.Personal, "ws_01h455vb4pex5vsknk084sn02q"} {
				s.write(t, "a", "subscribe", following(apptest.Person{Personal: id}))
				r := s.reply(t)
				w.refused(t, r)
				answers[r.Code()+r.Errors[0].Message] = true
			}
			if len(answers) != 1 {
				t.Errorf("a foreign id and a missing one differ: %v", answers)
			}
		},
		"a binary frame": func(t *testing.T) {
			s := plug(t, w.URL())
			if err := s.conn.Write(t.Context(), websocket.MessageBinary, []byte(start)); err != nil {
				t.Fatal(err)
			}
			if got, _ := s.closed(t); got != 4400 {
				t.Errorf("closed with %d", got)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			attack(t)
			w.stands(t)
		})
	}
}
