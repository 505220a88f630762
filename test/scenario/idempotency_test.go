package scenario_test

import (
	"bytes"
	"testing"
	"time"

	"karnak/internal/app/apptest"
)

func TestIdempotencyKey(t *testing.T) {
	t.Parallel()
	apptest.Each(t, apptest.Options{}, func(t *testing.T, n *apptest.Node) {
		owner, user := n.SignUp(t, "Owner"), n.SignUp(t, "User")
		w := n.Workspace(t, owner, "acme")
		n.Join(t, owner, user, w, "pro")
		c := n.Channel(t, owner, w, "general", "PUBLIC")
		at := time.Now().UTC().Add(time.Hour).Truncate(time.Second).Format(time.RFC3339)
		for _, tt := range []struct {
			mutation, selection string
			input               apptest.Vars
			field               string
			other               any
		}{
			{"sendMessage", "cursor message { id seq body }", apptest.Vars{"channelId": c, "body": "once"}, "body", "twice"},
			{"createChannel", "cursor channel { id name }", apptest.Vars{"workspaceId": w, "name": "once"}, "name", "twice"},
			{"grantPermission", "cursor grant { id expiresAt }", apptest.Vars{"workspaceId": w, "userId": user.ID, "permission": "user:write", "expiresAt": at, "reason": "once"}, "reason", "twice"},
			{"createRole", "cursor " + shownRole, apptest.Vars{"workspaceId": w, "name": "once", "allow": []string{"chat:read"}}, "name", "twice"},
		} {
			head := func() any {
				return n.Must(t, owner.Token, `query($w: ID!) { workspace(id: $w) { cursor } }`, apptest.Vars{"w": w}).Get("workspace.cursor")
			}
			first := must(t, n, owner, tt.mutation, tt.selection, tt.input, "Idempotency-Key", "key "+tt.mutation)
			after := head()
			if again := must(t, n, owner, tt.mutation, tt.selection, tt.input, "Idempotency-Key", "key "+tt.mutation); !bytes.Equal(again.Body, first.Body) {
				t.Errorf("%s: the repeat answers otherwise\n%s\n%s", tt.mutation, again.Body, first.Body)
			}
			tt.input[tt.field] = tt.other
			refuse(t, n, owner, "!IDEMPOTENCY_CONFLICT", tt.mutation, tt.selection, tt.input, "Idempotency-Key", "key "+tt.mutation)
			if now := head(); now != after {
				t.Errorf("%s: the repeats wrote to the log", tt.mutation)
			}
		}

		// The same key of two users is two keys.
		const shown = "message { id }"
		input := apptest.Vars{"channelId": c, "body": "each for themselves"}
		mine := must(t, n, owner, "sendMessage", shown, input, "Idempotency-Key", "shared")
		theirs := must(t, n, user, "sendMessage", shown, input, "Idempotency-Key", "shared")
		if mine.Text("sendMessage.message.id") == theirs.Text("sendMessage.message.id") {
			t.Error("two users share a key")
		}
	})
}

func TestIdempotencyAtOnce(t *testing.T) {
	t.Parallel()
	apptest.Each(t, apptest.Options{}, func(t *testing.T, n *apptest.Node) {
		owner := n.SignUp(t, "Owner")
		w := n.Workspace(t, owner, "acme")
		c := n.Channel(t, owner, w, "general", "PUBLIC")
		answers := together(16, func(int) apptest.Answer {
			return run(t, n, owner, "sendMessage", "cursor message { id seq }", apptest.Vars{"channelId": c, "body": "once"}, "Idempotency-Key", "k")
		})
		for _, a := range answers {
			is(t, a, "sendMessage.message.seq", 1)
			if !bytes.Equal(a.Body, answers[0].Body) {
				t.Errorf("%s\n%s", a.Body, answers[0].Body)
			}
		}
		a := n.Must(t, owner.Token, `query($c: ID!) { node(id: $c) { ... on Channel { lastSeq messages { totalCount } } } }`, apptest.Vars{"c": c})
		is(t, a, "node", map[string]any{"lastSeq": 1, "messages": map[string]any{"totalCount": 1}})
	})
}
