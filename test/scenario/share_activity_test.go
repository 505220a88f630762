package scenario_test

import (
	"runtime"
	"slices"
	"strings"
	"testing"

	"karnak/internal/app/apptest"
)

const activityOf = "subscription($w: ID!, $after: Cursor) { activity(workspaceId: $w, after: $after) { "

// TestActivityIsReadOnce counts what the database is asked for when something happens in a workspace whose activity many follow, over
// sockets and as event streams.
func TestActivityIsReadOnce(t *testing.T) {
	t.Parallel()
	const query = activityOf + `seq cursor actor { ... on User { displayName } } ... on MessagePosted { message { seq body author { id displayName } } } } }`
	apptest.Each(t, apptest.Options{Idle: true}, func(t *testing.T, n *apptest.Node) {
		owner, mo := n.SignUp(t, "Owner"), n.SignUp(t, "Mo")
		w := n.Workspace(t, owner, "acme")
		n.Join(t, owner, mo, w, "user")
		c := n.Channel(t, owner, w, "general", "PUBLIC")
		ask := func(followers int) uint64 {
			vars := apptest.Vars{"w": w, "after": head(t, n, owner, c)}
			var sockets []*socket
			var streams []*stream
			for i := range followers {
				p := []apptest.Person{owner, mo}[i%2]
				sockets = append(sockets, subscribe(t, n, p, query, vars))
				streams = append(streams, listen(t, n, p, query, vars, ""))
			}
			asked := ^uint64(0)
			for range 5 {
				before := n.DB().Reads()
				n.Send(t, owner, c, "once for all")
				for i := range followers {
					is(t, sockets[i].next(t), "activity.message.body", "once for all")
					if e := streams[i].next(t); !strings.Contains(string(e.Body), "once for all") {
						t.Errorf("a stream is told %s", e.Body)
					}
				}
				asked = min(asked, n.DB().Reads()-before)
			}
			for i := range followers {
				_ = sockets[i].conn.CloseNow()
			}
			return asked
		}
		one, many := ask(1), ask(30)
		// Sockets and streams execute it once each; the node reads the heads once a second.
		if many > one+uint64(runtime.GOMAXPROCS(0)) {
			t.Errorf("one of each costs %d reads, 30 of each cost %d", one, many)
		}
	})
}

// TestSharedActivityIsWhatEachWouldSee makes events of all kinds, some of them in a channel that not everybody may read, and has people
// of all rights follow the workspace's activity: with everything that is marked @shared, and with the same and what is the
// viewer's own, which is executed for each. Each is told the same both times, and nobody what they may not see.
func TestSharedActivityIsWhatEachWouldSee(t *testing.T) {
	t.Parallel()
	apptest.Each(t, apptest.Options{}, func(t *testing.T, n *apptest.Node) {
		owner, mo, super := n.SignUp(t, "Owner"), n.SignUp(t, "Mo"), n.SuperAdmin(t)
		w := n.Workspace(t, owner, "acme")
		c := n.Channel(t, owner, w, "general", "PUBLIC")
		start := head(t, n, owner, c)
		n.Join(t, owner, mo, w, "user")
		secret := n.Channel(t, owner, w, "secret", "PRIVATE")
		first := n.Send(t, owner, secret, "a secret")
		must(t, n, owner, "addReaction", "message { id }", apptest.Vars{"messageId": first, "emoji": "🎉"})
		must(t, n, mo, "joinChannel", "channel { id }", apptest.Vars{"channelId": c})
		m := n.Send(t, mo, c, "for @["+owner.ID+"]")
		must(t, n, mo, "editMessage", "message { id }", apptest.Vars{"messageId": m, "body": "for @[" + owner.ID + "], again"})
		must(t, n, owner, "updateChannel", "channel { id }", apptest.Vars{"channelId": c, "topic": "everything"})
		must(t, n, mo, "leaveChannel", "channelId", apptest.Vars{"channelId": c})
		n.Send(t, owner, c, "the end")
		fields := sharedSelection(t, "ActivityEvent", 3)
		const own = ` ... on MessagePosted { message { channel { unreadCount } } } ... on ReactionAdded { message { reactions { viewerReacted } } }`
		for _, p := range []apptest.Person{owner, mo, super} {
			var told [2][]string
			for i, selection := range []string{fields, fields + own} {
				s := subscribe(t, n, p, activityOf+selection+" } }", apptest.Vars{"w": w, "after": start})
				for body := ""; body != "the end"; {
					a := s.next(t)
					body, _ = a.Get("activity.message.body").(string)
					told[i] = append(told[i], ownLess(t, a))
				}
			}
			if !slices.Equal(told[0], told[1]) {
				t.Errorf("%s is told together with others\n%s\nand alone\n%s", p.Email, strings.Join(told[0], "\n"), strings.Join(told[1], "\n"))
			}
			if all := strings.Join(told[0], "\n"); strings.Contains(all, "secret") != (p.ID != mo.ID) || len(told[0]) < 7 {
				t.Errorf("%s is told %d events:\n%s", p.Email, len(told[0]), all)
			}
		}
	})
}
