package scenario_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"karnak/internal/app/apptest"
)

const present = `subscription($c: ID!) { presence(channelId: $c) {
	snapshot presentCount joined { id displayName } left { id } typing { id } } }`

// sight is what a follower of a channel's presence makes of what they are told.
type sight struct {
	*socket
	here, typing []string
	told         int
}

// look follows who is in a channel; the caller is there as long as the socket is open.
func look(t testing.TB, n *apptest.Node, p apptest.Person, channelID string) *sight {
	t.Helper()
	return &sight{socket: subscribe(t, n, p, present, apptest.Vars{"c": channelID})}
}

// until reads on until those and nobody else are here, and type.
func (s *sight) until(t testing.TB, here []string, typing ...string) {
	t.Helper()
	slices.Sort(here)
	for s.told == 0 || !slices.Equal(s.here, here) || !slices.Equal(s.typing, typing) {
		a := s.next(t)
		if s.told++; a.Get("presence.snapshot") == true {
			s.here = nil
		}
		s.here = append(s.here, column(a, "presence.joined", "id")...)
		for _, x := range column(a, "presence.left", "id") {
			s.here = slices.DeleteFunc(s.here, func(y string) bool { return x == y })
		}
		slices.Sort(s.here)
		s.typing = column(a, "presence.typing", "id")
		is(t, a, "presence.presentCount", len(s.here))
	}
}

func TestPresence(t *testing.T) {
	t.Parallel()
	apptest.Each(t, apptest.Options{}, func(t *testing.T, n *apptest.Node) {
		owner, mo, guest := n.SignUp(t, "Owner"), n.SignUp(t, "Mo"), n.SignUp(t, "Guest")
		w := n.Workspace(t, owner, "acme")
		n.Join(t, owner, mo, w, "user")
		n.Join(t, owner, guest, w, "user")
		c := n.Channel(t, owner, w, "general", "PUBLIC")
		must(t, n, mo, "joinChannel", "channel { id }", apptest.Vars{"channelId": c})
		before := n.Must(t, owner.Token, `query($w: ID!) { workspace(id: $w) { cursor } }`, apptest.Vars{"w": w}).Text("workspace.cursor")

		if got := subscribe(t, n, guest, present, apptest.Vars{"c": c}).refusal(t); got != "FORBIDDEN" {
			t.Errorf("who is no member of the channel gets %s", got)
		}
		refuse(t, n, guest, "!FORBIDDEN", "setTyping", "expiresAt", apptest.Vars{"channelId": c})

		first := look(t, n, owner, c)
		first.until(t, []string{owner.ID})
		second, third := look(t, n, mo, c), look(t, n, mo, c) // two devices
		for _, s := range []*sight{first, second, third} {
			s.until(t, []string{owner.ID, mo.ID})
		}
		a := must(t, n, mo, "setTyping", "expiresAt clientMutationId cursor", apptest.Vars{"channelId": c, "clientMutationId": "x"})
		is(t, a, "setTyping.clientMutationId", "x")
		is(t, a, "setTyping.cursor", nil)
		if at, err := time.Parse(time.RFC3339, a.Text("setTyping.expiresAt")); err != nil || time.Until(at) > 6*time.Second || time.Until(at) < time.Second {
			t.Errorf("typing ends at %v: %v", a.Get("setTyping.expiresAt"), err)
		}
		first.until(t, []string{owner.ID, mo.ID}, mo.ID)
		n.Send(t, mo, c, "there it is") // ends the typing
		first.until(t, []string{owner.ID, mo.ID})
		must(t, n, mo, "setTyping", "expiresAt", apptest.Vars{"channelId": c})
		first.until(t, []string{owner.ID, mo.ID}, mo.ID)
		is(t, must(t, n, mo, "setTyping", "expiresAt", apptest.Vars{"channelId": c, "typing": false}), "setTyping.expiresAt", nil)
		first.until(t, []string{owner.ID, mo.ID})

		second.write(t, "1", "complete", nil) // one device leaves
		_ = third.conn.CloseNow()             // and the other breaks
		first.until(t, []string{owner.ID})

		a = n.Must(t, owner.Token, `query($w: ID!, $a: Cursor) { workspace(id: $w) { activity(first: 50, after: $a) { nodes { type } } } }`, apptest.Vars{"w": w})
		if types := column(a, "workspace.activity.nodes", "type"); len(types) == 0 || slices.ContainsFunc(types, func(s string) bool { return len(s) > 9 && s[:9] == "presence." }) {
			t.Errorf("since %s there are %v in the log", before, types)
		}
	})
}

// TestPresenceEndsWithTheMembership takes members out, or has them leave, while they look: they are told nothing more, and
// are gone for the others.
func TestPresenceEndsWithTheMembership(t *testing.T) {
	t.Parallel()
	apptest.Each(t, apptest.Options{}, func(t *testing.T, n *apptest.Node) {
		owner, mo := n.SignUp(t, "Owner"), n.SignUp(t, "Mo")
		w := n.Workspace(t, owner, "acme")
		n.Join(t, owner, mo, w, "user")
		for i, end := range []func(c string){
			func(c string) { must(t, n, mo, "leaveChannel", "channelId", apptest.Vars{"channelId": c}) },
			func(c string) {
				must(t, n, owner, "removeChannelMember", "userId", apptest.Vars{"channelId": c, "userId": mo.ID})
			},
			func(string) {
				must(t, n, owner, "removeMember", "userId", apptest.Vars{"workspaceId": w, "userId": mo.ID})
			},
		} {
			c := n.Channel(t, owner, w, fmt.Sprint("channel ", i), []string{"PUBLIC", "PRIVATE", "PUBLIC"}[i])
			must(t, n, owner, "addChannelMember", "member { id }", apptest.Vars{"channelId": c, "userId": mo.ID})
			stays, goes := look(t, n, owner, c), look(t, n, mo, c)
			stays.until(t, []string{owner.ID, mo.ID})
			goes.until(t, []string{owner.ID, mo.ID})
			end(c)
			if got := goes.refusal(t); got != "FORBIDDEN" {
				t.Errorf("case %d: the stream ends with %s", i, got)
			}
			stays.until(t, []string{owner.ID})
		}
	})
}
