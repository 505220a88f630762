package scenario_test

import (
	"fmt"
	"testing"

	"karnak/internal/app/apptest"
	"karnak/internal/platform/id"
)

func TestMessage(t *testing.T) {
	t.Parallel()
	apptest.Each(t, apptest.Options{}, func(t *testing.T, n *apptest.Node) {
		owner, moderator, pro, user := n.SignUp(t, "Owner"), n.SignUp(t, "Moderator"), n.SignUp(t, "Pro"), n.SignUp(t, "User")
		w := n.Workspace(t, owner, "acme")
		n.Join(t, owner, moderator, w, "moderator")
		n.Join(t, owner, pro, w, "pro")
		n.Join(t, owner, user, w, "user")
		c, d := n.Channel(t, owner, w, "general", "PUBLIC"), n.Channel(t, owner, w, "other", "PUBLIC")
		m := n.Send(t, pro, c, "first")

		edit := func(more apptest.Vars) apptest.Vars { more["messageId"] = m; return more }
		const shown = "message { body version editedAt }"
		a := must(t, n, pro, "editMessage", shown, edit(apptest.Vars{"body": "second", "expectedVersion": 1}))
		is(t, a, "editMessage.message.version", 2)
		a = refuse(t, n, pro, "CONFLICT expectedVersion", "editMessage", shown, edit(apptest.Vars{"body": "third", "expectedVersion": 1}))
		is(t, a, "editMessage.message.body", "second")
		is(t, a, "editMessage.message.version", 2)
		refuse(t, n, pro, "REQUIRED body", "editMessage", shown, edit(apptest.Vars{"body": " \n"}))
		for _, p := range []apptest.Person{owner, moderator, user} {
			refuse(t, n, p, "!FORBIDDEN", "editMessage", shown, edit(apptest.Vars{"body": "mine"}))
		}

		reply := must(t, n, user, "sendMessage", "message { id seq replyTo { id body } mentions { id } }",
			apptest.Vars{"channelId": c, "replyToId": m, "body": "@[" + pro.ID + "] and @[" + id.New(id.User) + "], @[" + pro.ID + "]"})
		is(t, reply, "sendMessage.message.replyTo", map[string]any{"id": m, "body": "second"})
		is(t, reply, "sendMessage.message.mentions", []any{map[string]any{"id": pro.ID}})
		refuse(t, n, user, "NOT_FOUND replyToId", "sendMessage", "message { id }", apptest.Vars{"channelId": d, "replyToId": m, "body": "across"})

		const reacted = "message { reactions { emoji count viewerReacted } }"
		react := apptest.Vars{"messageId": m, "emoji": "👍"}
		for range 2 {
			a = must(t, n, user, "addReaction", reacted, react)
			is(t, a, "addReaction.message.reactions", []any{map[string]any{"emoji": "👍", "count": 1.0, "viewerReacted": true}})
		}
		is(t, must(t, n, owner, "addReaction", reacted, react), "addReaction.message.reactions.0.count", 2)
		for range 2 {
			a = must(t, n, user, "removeReaction", reacted, react)
			is(t, a, "removeReaction.message.reactions", []any{map[string]any{"emoji": "👍", "count": 1.0, "viewerReacted": false}})
		}
		refuse(t, n, user, "REQUIRED emoji", "addReaction", reacted, apptest.Vars{"messageId": m, "emoji": ""})

		del := apptest.Vars{"messageId": m}
		other := n.Send(t, owner, c, "the owner's")
		for _, p := range []apptest.Person{pro, user} {
			refuse(t, n, p, "!FORBIDDEN", "deleteMessage", "message { body }", apptest.Vars{"messageId": other})
		}
		is(t, must(t, n, moderator, "deleteMessage", "message { body }", apptest.Vars{"messageId": other}), "deleteMessage.message.body", "")
		for range 2 {
			is(t, must(t, n, owner, "deleteMessage", "message { body seq version }", del), "deleteMessage.message", map[string]any{"body": "", "seq": 1.0, "version": 3.0})
		}
		refuse(t, n, pro, "NOT_ALLOWED messageId", "editMessage", shown, edit(apptest.Vars{"body": "back"}))
		refuse(t, n, user, "NOT_ALLOWED messageId", "addReaction", reacted, react)
		own := n.Send(t, pro, c, "mine")
		is(t, must(t, n, pro, "deleteMessage", "message { body }", apptest.Vars{"messageId": own}), "deleteMessage.message.body", "")
	})
}

func TestMarkRead(t *testing.T) {
	t.Parallel()
	apptest.Each(t, apptest.Options{}, func(t *testing.T, n *apptest.Node) {
		owner, user := n.SignUp(t, "Owner"), n.SignUp(t, "User")
		w := n.Workspace(t, owner, "acme")
		n.Join(t, owner, user, w, "user")
		c := n.Channel(t, owner, w, "general", "PUBLIC")
		for i := range 4 {
			n.Send(t, owner, c, fmt.Sprint("message ", i))
		}
		n.Send(t, user, c, "my own")
		gone := n.Send(t, owner, c, "soon gone")
		must(t, n, owner, "deleteMessage", "message { id }", apptest.Vars{"messageId": gone})
		for _, tt := range []struct {
			seq          int
			want         string
			read, unread int
		}{
			{0, "", 0, 4},
			{3, "", 3, 1},
			{2, "", 3, 1},
			{7, "INVALID seq", 3, 1},
			{-1, "INVALID seq", 3, 1},
			{6, "", 6, 0},
		} {
			refuse(t, n, user, tt.want, "markRead", "channel { id }", apptest.Vars{"channelId": c, "seq": tt.seq})
			a := n.Must(t, user.Token, `query($c: ID!) { node(id: $c) { ... on Channel { lastReadSeq unreadCount lastSeq } } }`, apptest.Vars{"c": c})
			is(t, a, "node", map[string]any{"lastReadSeq": tt.read, "unreadCount": tt.unread, "lastSeq": 6})
		}
	})
}

func TestSearch(t *testing.T) {
	t.Parallel()
	apptest.Each(t, apptest.Options{}, func(t *testing.T, n *apptest.Node) {
		owner, user := n.SignUp(t, "Owner"), n.SignUp(t, "User")
		w := n.Workspace(t, owner, "acme")
		n.Join(t, owner, user, w, "user")
		c := n.Channel(t, owner, w, "general", "PUBLIC")
		for _, body := range []string{"the quick brown fox", "a brown bear, \"quick\"", "Grüße aus Köln", "привет мир", "C'est l'été"} {
			n.Send(t, owner, c, body)
		}
		n.Send(t, owner, n.Channel(t, owner, w, "secret", "PRIVATE"), "a secret fox")
		gone := n.Send(t, owner, c, "a deleted fox")
		must(t, n, owner, "deleteMessage", "message { id }", apptest.Vars{"messageId": gone})
		edited := n.Send(t, owner, c, "a walrus")
		must(t, n, owner, "editMessage", "message { id }", apptest.Vars{"messageId": edited, "body": "a narwhal"})
		for query, want := range map[string]int{
			"fox": 1, "brown": 2, "quick brown": 2, "brown quick": 2, "QUICK": 2, "bear fox": 0, `"quick"`: 2, `quick"`: 2, "brown AND fox": 0,
			"fox OR bear": 0, "NOT fox": 0, "brown*": 2, "-fox": 1, "(fox": 1, "fox:*": 1, "fox & ! | <->": 1, "grüße": 1, "köln": 1, "мир": 1, "l'été": 1,
			"body:fox": 0, "fox'; DROP TABLE messages; --": 0, "walrus": 0, "narwhal": 1, "fox\\": 1, "100%": 0,
		} {
			a := n.Must(t, user.Token, `query($w: ID!, $q: String!) { workspace(id: $w) { searchMessages(query: $q) { totalCount nodes { body } } } }`, apptest.Vars{"w": w, "q": query})
			if a.Get("workspace.searchMessages.totalCount") != float64(want) || len(column(a, "workspace.searchMessages.nodes", "body")) != want {
				t.Errorf("%q: %s", query, a.Body)
			}
		}
	})
}
