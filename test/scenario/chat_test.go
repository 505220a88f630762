package scenario_test

import (
	"testing"

	"karnak/internal/app/apptest"
)

func TestChat(t *testing.T) {
	t.Parallel()
	apptest.Each(t, apptest.Options{}, func(t *testing.T, n *apptest.Node) {
		owner, guest, stranger := n.SignUp(t, "Owner"), n.SignUp(t, "Guest"), n.SignUp(t, "Stranger")
		w := n.Workspace(t, owner, "acme")
		n.Join(t, owner, guest, w, "user")
		c := n.Channel(t, owner, w, "general", "PUBLIC")
		private := n.Channel(t, owner, w, "secret", "PRIVATE")
		for _, body := range []string{"one", "two", "three"} {
			n.Send(t, owner, c, body)
		}
		n.Send(t, owner, private, "canary in the secret")

		page := `query($c: ID!) { node(id: $c) { ... on Channel { name lastSeq unreadCount messages(last: 2) { edges { cursor node { seq body author { displayName } } } pageInfo { hasPreviousPage } totalCount } } } }`
		a := n.Must(t, guest.Token, page, apptest.Vars{"c": c})
		if a.Text("node.messages.edges.0.node.body") != "two" || a.Text("node.messages.edges.1.node.author.displayName") != "Owner" {
			t.Errorf("page: %s", a.Body)
		}
		if a.Get("node.unreadCount") != 3.0 || a.Get("node.messages.totalCount") != 3.0 || a.Get("node.messages.pageInfo.hasPreviousPage") != true {
			t.Errorf("counts: %s", a.Body)
		}
		for _, who := range []apptest.Person{guest, stranger} {
			if a := n.Must(t, who.Token, page, apptest.Vars{"c": private}); a.Get("node") != nil {
				t.Errorf("a private channel is seen: %s", a.Body)
			}
		}
		list := n.Must(t, guest.Token, `query($w: ID!) { workspace(id: $w) { channels(first: 10) { totalCount nodes { name messages(last: 1) { nodes { body } } } } searchMessages(query: "three") { nodes { body channel { name } } } } }`, apptest.Vars{"w": w})
		if list.Get("workspace.channels.totalCount") != 1.0 || list.Text("workspace.searchMessages.nodes.0.body") != "three" {
			t.Errorf("lists: %s", list.Body)
		}
		both := n.Must(t, owner.Token, `query($w: ID!) { workspace(id: $w) { channels(first: 10) { nodes { name messages(last: 1) { nodes { body } } } } activity(first: 3) { nodes { type seq ... on MessagePosted { message { body } } } } } }`, apptest.Vars{"w": w})
		if both.Text("workspace.channels.nodes.0.messages.nodes.0.body") != "three" || both.Text("workspace.channels.nodes.1.messages.nodes.0.body") != "canary in the secret" {
			t.Errorf("nested: %s", both.Body)
		}
		t.Log(string(both.Body))
	})
}
