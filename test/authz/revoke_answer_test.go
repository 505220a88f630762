package authz_test

import (
	"testing"
	"time"

	"karnak/internal/adapter/llmtwin"
	"karnak/internal/app/apptest"
	"karnak/test/world"
)

// TestAnswersEnd takes the right to follow an answer away from somebody who does, while nothing more of it comes: the stream ends
// within a second.
func TestAnswersEnd(t *testing.T) {
	t.Parallel()
	silent := func(*llmtwin.Call) llmtwin.Script {
		return llmtwin.Script{Steps: []llmtwin.Step{{Text: "one"}, {Silence: true}}}
	}
	revokes := map[string]func(t *testing.T, s *scene){
		"a role that denies it": func(t *testing.T, s *scene) {
			s.makeRole(t, "mute", "assistant:read")
			s.assign(t, "mute")
		},
		"a member no more": func(t *testing.T, s *scene) {
			s.Run(t, s.Owner, "removeMember", "userId", apptest.Vars{"workspaceId": s.IDs["workspace"], "userId": s.reader.ID})
		},
	}
	each(t, func(t *testing.T, engine string) {
		_, models := apptest.Twin(t, llmtwin.Config{Script: silent})
		n := apptest.Start(t, engine, apptest.Options{Args: []string{world.Trusting}, Models: models})
		first := world.New(n, nil)
		for name, revoke := range revokes {
			w := first.Beside()
			s := &scene{World: w}
			s.Owner, s.reader = w.SignUp(t, "Owner"), w.SignUp(t, "Reader")
			w.IDs["workspace"] = w.Workspace(t, s.Owner)
			w.Join(t, s.Owner, s.reader, w.IDs["workspace"], "user")
			generation, _ := w.Begin(t, s.reader, w.Talk(t, w.IDs["workspace"], s.reader), "hello")
			l := world.Dial(t, n, s.reader.Token)
			l.Subscribe(t, "1", `subscription($g: ID!) { generationEvents(generationId: $g) { __typename ... on TextDelta { text } } }`, apptest.Vars{"g": generation})
			for {
				m, err := l.Read(world.Patience)
				if err != nil || m.Type != "next" {
					t.Fatalf("%s: %s %s %v", name, m.Type, m.Payload, err)
				}
				if m.Has("one") {
					break
				}
			}
			revoke(t, s)
			at := time.Now()
			m, err := l.Read(world.Patience)
			if code := m.Code(); err != nil || code != "FORBIDDEN" && code != "NOT_FOUND" {
				t.Errorf("%s: %s %s %v", name, m.Type, m.Payload, err)
			}
			if took := time.Since(at); took > promptly {
				t.Errorf("%s: it took %s", name, took)
			}
		}
	})
}
