package scenario_test

import (
	"testing"
	"time"

	"karnak/internal/app/apptest"
	"karnak/internal/platform/clock"
)

func TestEventRetention(t *testing.T) {
	t.Parallel()
	apptest.Each(t, apptest.Options{}, func(t *testing.T, n *apptest.Node) {
		owner, user := n.SignUp(t, "Owner"), n.SignUp(t, "User")
		w := n.Workspace(t, owner, "kept")
		n.Join(t, owner, user, w, "user")
		const shown = "workspace { eventRetention version }"
		set := func(more ...any) apptest.Vars {
			in := apptest.Vars{"workspaceId": w}
			for i := 0; i+1 < len(more); i += 2 {
				in[more[i].(string)] = more[i+1]
			}
			return in
		}
		a := must(t, n, owner, "setEventRetention", shown+" cursor", set("retention", "P7DT12H", "expectedVersion", 1))
		is(t, a, "setEventRetention.workspace", map[string]any{"eventRetention": "P7DT12H", "version": 2.0})
		refuse(t, n, owner, "CONFLICT expectedVersion", "setEventRetention", shown, set("retention", "P1D", "expectedVersion", 1))
		refuse(t, n, owner, "TOO_SHORT retention", "setEventRetention", shown, set("retention", "PT59M"))
		refuse(t, n, owner, "TOO_LONG retention", "setEventRetention", shown, set("retention", "P36501D"))
		refuse(t, n, owner, "!BAD_USER_INPUT", "setEventRetention", shown, set("retention", "P1M"))
		refuse(t, n, user, "!FORBIDDEN", "setEventRetention", shown, set("retention", "P1D"))
		is(t, n.Must(t, user.Token, `query($w: ID!) { workspace(id: $w) { eventRetention } }`, apptest.Vars{"w": w}), "workspace.eventRetention", "P7DT12H")
		a = must(t, n, owner, "setEventRetention", shown, set())
		is(t, a, "setEventRetention.workspace", map[string]any{"eventRetention": nil, "version": 3.0})
	})
}

// TestRetentionIsTheWorkspaces lets three workspaces of one node keep their events for as long as each says.
func TestRetentionIsTheWorkspaces(t *testing.T) {
	t.Parallel()
	for _, node := range []struct{ name, flag string }{{"for ever", "0s"}, {"for eight hours", "8h"}} {
		t.Run(node.name, func(t *testing.T) {
			t.Parallel()
			args := []string{"--event-retention=" + node.flag, "--access-ttl=24h"}
			clocked(t, time.Now(), apptest.Options{Idle: true, Args: args}, func(t *testing.T, n *apptest.Node, now *clock.Manual) {
				owner := n.SignUp(t, "Owner")
				type place struct{ workspace, channel, start string }
				places := map[string]place{}
				for name, kept := range map[string]any{"short": "PT2H", "long": "PT12H", "plain": nil} {
					p := place{workspace: n.Workspace(t, owner, name)}
					p.channel = n.Channel(t, owner, p.workspace, "open", "PUBLIC")
					must(t, n, owner, "setEventRetention", "cursor", apptest.Vars{"workspaceId": p.workspace, "retention": kept})
					p.start = n.Must(t, owner.Token, `query($w: ID!) { workspace(id: $w) { cursor } }`, apptest.Vars{"w": p.workspace}).Text("workspace.cursor")
					n.Send(t, owner, p.channel, "old in "+name)
					places[name] = p
				}
				// It follows from before, and is behind when the past is removed.
				behind := listen(t, n, owner, streamed, apptest.Vars{"c": places["short"].channel, "after": places["short"].start}, "")
				is(t, behind.next(t).Answer, "channelEvents.message.body", "old in short")
				trim := func(after time.Duration) {
					t.Helper()
					now.Advance(after)
					if err := n.Trim(t.Context()); err != nil {
						t.Fatal(err)
					}
				}
				resumes := func(name string, want bool) {
					t.Helper()
					s := listen(t, n, owner, streamed, apptest.Vars{"c": places[name].channel, "after": places[name].start}, "")
					if !want {
						if code := s.over(t); code != "CURSOR_EXPIRED" {
							t.Errorf("%s: %s", name, code)
						}
						return
					}
					is(t, s.next(t).Answer, "channelEvents.message.body", "old in "+name)
				}
				trim(time.Hour)
				resumes("short", true)
				trim(2 * time.Hour)
				resumes("short", false)
				resumes("plain", true)
				n.Send(t, owner, places["short"].channel, "new")
				is(t, behind.next(t).Answer, "channelEvents.message.body", "new")
				trim(6 * time.Hour)
				resumes("long", true)
				resumes("plain", node.flag == "0s")
				trim(5 * time.Hour)
				resumes("long", false)
			})
		})
	}
}
