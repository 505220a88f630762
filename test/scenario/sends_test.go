package scenario_test

import (
	"fmt"
	"slices"
	"testing"

	"karnak/internal/app/apptest"
)

// TestSendsAtOnceEndAsIfAlone lets people of two workspaces send at the same time, some of them in vain: what is written together
// is numbered without holes, carries its own author, and leaves nothing of what was refused.
func TestSendsAtOnceEndAsIfAlone(t *testing.T) {
	t.Parallel()
	const rounds = 12
	apptest.Each(t, apptest.Options{}, func(t *testing.T, n *apptest.Node) {
		owner, guest, stranger := n.SignUp(t, "Owner"), n.SignUp(t, "Guest"), n.SignUp(t, "Stranger")
		w, elsewhere := n.Workspace(t, owner, "acme"), n.Workspace(t, stranger, "elsewhere")
		n.Join(t, owner, guest, w, "user")
		open, private := n.Channel(t, owner, w, "open", "PUBLIC"), n.Channel(t, owner, w, "private", "PRIVATE")
		theirs := n.Channel(t, stranger, elsewhere, "theirs", "PUBLIC")
		secret := n.Send(t, stranger, theirs, "secret")
		n.Send(t, owner, open, "first")

		kinds := []struct {
			who     apptest.Person
			want    string
			channel string
			more    apptest.Vars
			key     string
		}{
			{owner, "", open, nil, ""},
			{guest, "", open, nil, ""},
			{owner, "", private, nil, ""},
			{stranger, "", theirs, nil, ""},
			{guest, "", open, nil, "once"},
			{stranger, "", theirs, nil, "once"},
			{owner, "", open, apptest.Vars{"id": "msg_01jwwwwwwwwwwwwwwwwwwwwwww"}, ""},
			{guest, "NOT_FOUND", private, nil, ""},
			{guest, "NOT_FOUND", theirs, nil, ""},
			{stranger, "NOT_FOUND", open, nil, ""},
			{guest, "NOT_FOUND replyToId", open, apptest.Vars{"replyToId": secret}, ""},
			{guest, "TAKEN id", open, apptest.Vars{"id": secret}, ""},
			{guest, "NOT_FOUND replyToId", open, apptest.Vars{"replyToId": secret}, "refused"},
		}
		answers := together(rounds*len(kinds), func(i int) apptest.Answer {
			k := kinds[i%len(kinds)]
			in := apptest.Vars{"channelId": k.channel, "body": fmt.Sprint("kind ", i%len(kinds))}
			for name, v := range k.more {
				in[name] = v
			}
			var headers []string
			if k.key != "" {
				headers = []string{"Idempotency-Key", k.key}
			}
			return refuse(t, n, k.who, k.want, "sendMessage", "message { id seq body author { id } } cursor", in, headers...)
		})

		ids := map[int][]string{}
		for i, a := range answers {
			k := i % len(kinds)
			if kinds[k].want != "" {
				continue
			}
			is(t, a, "sendMessage.message.author.id", kinds[k].who.ID)
			is(t, a, "sendMessage.message.body", fmt.Sprint("kind ", k))
			ids[k] = append(ids[k], a.Text("sendMessage.message.id"))
		}
		for k, want := range []int{rounds, rounds, rounds, rounds, 1, 1, 1} {
			slices.Sort(ids[k])
			if got := len(slices.Compact(ids[k])); got != want {
				t.Errorf("kind %d: %d messages, want %d", k, got, want)
			}
		}
		for _, c := range []struct {
			who     apptest.Person
			channel string
			want    int
		}{{owner, open, 1 + 2*rounds + 2}, {owner, private, rounds}, {stranger, theirs, 1 + rounds + 1}} {
			a := n.Must(t, c.who.Token, `query($c: ID!) { node(id: $c) { ... on Channel { lastSeq messages(first: 100) { nodes { seq } } } } }`, apptest.Vars{"c": c.channel})
			is(t, a, "node.lastSeq", c.want)
			seqs, _ := a.Get("node.messages.nodes").([]any)
			if len(seqs) != c.want {
				t.Errorf("%d messages, want %d", len(seqs), c.want)
			}
			for i, x := range seqs {
				if x.(map[string]any)["seq"] != float64(i+1) {
					t.Fatalf("number %v in place %d", x, i+1)
				}
			}
		}
		a := n.Must(t, owner.Token, `query($c: ID!) { node(id: $c) { ... on Channel { messages(first: 100) { nodes { author { id } } } } } }`, apptest.Vars{"c": open})
		authors := map[string]int{}
		for _, x := range column(a, "node.messages.nodes", "author.id") {
			authors[x]++
		}
		if want := map[string]int{owner.ID: 1 + rounds + 1, guest.ID: rounds + 1}; fmt.Sprint(authors) != fmt.Sprint(want) {
			t.Errorf("the authors %v, want %v", authors, want)
		}
	})
}
