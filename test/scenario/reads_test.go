package scenario_test

import (
	"fmt"
	"testing"

	"karnak/internal/app/apptest"
)

// wide selects, below every list, all that its entries look up.
var wide = map[string]string{
	"channels": `query($w: ID!) { workspace(id: $w) { channels(first: 50) { nodes { name unreadCount lastReadSeq cursor workspace { name }
		messages(last: 3) { edges { cursor node { body author { displayName } channel { name } replyTo { body author { displayName } } mentions { displayName } reactions { emoji count } } } } } } } }`,
	"members": `query($w: ID!) { workspace(id: $w) { members(first: 50) { nodes { role user { displayName } workspace { name } } } } }`,
	"search":  `query($w: ID!) { workspace(id: $w) { searchMessages(query: "needle", first: 50) { nodes { body author { displayName } channel { name unreadCount } replyTo { body } reactions { count } } } } }`,
	"activity": `query($w: ID!) { workspace(id: $w) { activity(first: 100) { nodes { type actor { ... on User { displayName } }
		... on MessagePosted { message { body author { displayName } channel { name } } }
		... on MemberJoined { user { displayName } channel { name } }
		... on WorkspaceEvent { about: user { displayName } workspace { name } } } } } }`,
	"people":      `query($w: ID!) { workspace(id: $w) { invitations(first: 50) { nodes { email invitedBy { displayName } workspace { name } } } grants(first: 50) { nodes { user { displayName } grantedBy { displayName } } } } }`,
	"workspaces":  `query { workspaces(first: 50) { nodes { name cursor } } }`,
	"memberships": `query { viewer { memberships(first: 50) { nodes { user { displayName } workspace { name cursor } } } } }`,
}

// TestReadsDoNotGrowWithRows asks the same of few rows and of many: the number of queries is the same.
func TestReadsDoNotGrowWithRows(t *testing.T) {
	t.Parallel()
	apptest.Each(t, apptest.Options{Idle: true}, func(t *testing.T, n *apptest.Node) {
		owner := n.SignUp(t, "Owner")
		w := n.Workspace(t, owner, "acme")
		grow := func(from, to int) {
			for i := from; i < to; i++ {
				guest := n.SignUp(t, fmt.Sprint("Guest ", i))
				n.Join(t, owner, guest, w, "user")
				n.Workspace(t, owner, fmt.Sprint("other-", i))
				c := n.Channel(t, guest, w, fmt.Sprint("channel-", i), "PUBLIC")
				first := n.Send(t, guest, c, "needle one @"+owner.ID)
				must(t, n, guest, "sendMessage", "message { id }", apptest.Vars{"channelId": c, "body": "needle two", "replyToId": first})
				must(t, n, owner, "addReaction", "message { id }", apptest.Vars{"messageId": first, "emoji": "👍"})
				must(t, n, owner, "inviteMember", "token", apptest.Vars{"workspaceId": w, "email": fmt.Sprintf("later-%d@karnak.test", i), "role": "user"})
			}
		}
		// The least of some: once a second the node compares the heads of the logs.
		reads := func(name string) uint64 {
			least := ^uint64(0)
			for range 4 { // the first time what is remembered longer than an answer is not there
				before := n.DB().Reads()
				n.Must(t, owner.Token, wide[name], apptest.Vars{"w": w})
				least = min(least, n.DB().Reads()-before)
			}
			return least
		}
		few := map[string]uint64{}
		grow(0, 2)
		for name := range wide {
			few[name] = reads(name)
		}
		grow(2, 6)
		for name := range wide {
			if many := reads(name); many != few[name] || many == 0 || many > 14 {
				t.Errorf("%s: %d queries for 2 rows, %d for 6", name, few[name], many)
			}
		}
	})
}
