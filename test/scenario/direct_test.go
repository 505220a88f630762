package scenario_test

import (
	"sync"
	"testing"

	"karnak/internal/app/apptest"
	"karnak/internal/platform/id"
)

// together does something n times at once and returns the answers.
func together(n int, f func(i int) apptest.Answer) []apptest.Answer {
	out := make([]apptest.Answer, n)
	var wg sync.WaitGroup
	for i := range out {
		wg.Go(func() { out[i] = f(i) })
	}
	wg.Wait()
	return out
}

func TestDirectChannel(t *testing.T) {
	t.Parallel()
	apptest.Each(t, apptest.Options{}, func(t *testing.T, n *apptest.Node) {
		owner, user, third, stranger := n.SignUp(t, "Owner"), n.SignUp(t, "User"), n.SignUp(t, "Third"), n.SignUp(t, "Stranger")
		w := n.Workspace(t, owner, "acme")
		n.Join(t, owner, user, w, "user")
		n.Join(t, owner, third, w, "admin")
		with := func(people ...apptest.Person) apptest.Vars {
			ids := make([]string, len(people))
			for i, p := range people {
				ids[i] = p.ID
			}
			return apptest.Vars{"workspaceId": w, "userIds": ids}
		}
		const shown = "channel { id name visibility members { totalCount } }"
		// Both open it at once, several times over: one channel comes of it.
		sides := []apptest.Person{owner, user}
		var c string
		for i, a := range together(8, func(i int) apptest.Answer {
			return run(t, n, sides[i%2], "openDirectChannel", shown, with(sides[1-i%2]))
		}) {
			if got := outcome(a, "openDirectChannel"); got != "" {
				t.Errorf("%s: %s", got, a.Body)
			}
			if i == 0 {
				c = a.Text("openDirectChannel.channel.id")
			}
			is(t, a, "openDirectChannel.channel", map[string]any{"id": c, "name": "", "visibility": "DIRECT", "members": map[string]any{"totalCount": 2}})
		}
		is(t, must(t, n, user, "openDirectChannel", shown, with(owner, user, owner)), "openDirectChannel.channel.id", c)
		if a := must(t, n, user, "openDirectChannel", shown, with(owner, third)); a.Text("openDirectChannel.channel.id") == c {
			t.Error("three people share the channel of two")
		}
		refuse(t, n, owner, "INVALID userIds", "openDirectChannel", shown, with())
		refuse(t, n, owner, "INVALID userIds", "openDirectChannel", shown, with(owner))
		refuse(t, n, owner, "NOT_ALLOWED", "openDirectChannel", shown, with(stranger))
		refuse(t, n, user, "NOT_ALLOWED channelId", "leaveChannel", "channelId", apptest.Vars{"channelId": c})
		refuse(t, n, third, "NOT_FOUND", "sendMessage", "message { id }", apptest.Vars{"channelId": c, "body": "an admin is no member"})

		n.Send(t, user, c, "until then")
		must(t, n, user, "leaveWorkspace", "workspaceId", apptest.Vars{"workspaceId": w})
		n.Join(t, owner, user, w, "user")
		a := must(t, n, owner, "openDirectChannel", shown+" ", with(user))
		is(t, a, "openDirectChannel.channel.id", c)
		is(t, a, "openDirectChannel.channel.members.totalCount", 2)
		n.Send(t, user, c, "here again")
	})
}

func TestClientMadeMessage(t *testing.T) {
	t.Parallel()
	apptest.Each(t, apptest.Options{}, func(t *testing.T, n *apptest.Node) {
		owner, user := n.SignUp(t, "Owner"), n.SignUp(t, "User")
		w := n.Workspace(t, owner, "acme")
		n.Join(t, owner, user, w, "user")
		c, d := n.Channel(t, owner, w, "general", "PUBLIC"), n.Channel(t, owner, w, "other", "PUBLIC")
		own := id.New(id.Message)
		send := apptest.Vars{"channelId": c, "id": own, "body": "once"}
		for range 2 {
			a := must(t, n, owner, "sendMessage", "message { id seq body }", send)
			is(t, a, "sendMessage.message", map[string]any{"id": own, "seq": 1, "body": "once"})
		}
		refuse(t, n, user, "TAKEN id", "sendMessage", "message { id }", send)
		refuse(t, n, owner, "TAKEN id", "sendMessage", "message { id }", apptest.Vars{"channelId": d, "id": own, "body": "once"})
		refuse(t, n, owner, "INVALID id, REQUIRED body", "sendMessage", "message { id }", apptest.Vars{"channelId": c, "id": "msg_1", "body": ""})
		is(t, n.Must(t, owner.Token, `query($c: ID!) { node(id: $c) { ... on Channel { messages { totalCount } } } }`, apptest.Vars{"c": c}), "node.messages.totalCount", 1)
	})
}
