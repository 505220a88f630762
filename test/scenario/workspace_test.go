package scenario_test

import (
	"strings"
	"testing"

	"karnak/internal/app/apptest"
	"karnak/internal/platform/id"
)

func TestCreateWorkspace(t *testing.T) {
	t.Parallel()
	apptest.Each(t, apptest.Options{}, func(t *testing.T, n *apptest.Node) {
		owner, other := n.SignUp(t, "Owner"), n.SignUp(t, "Other")
		own := id.New(id.Workspace)
		a := must(t, n, owner, "createWorkspace", "clientMutationId cursor workspace { id name slug tier personal version }",
			apptest.Vars{"id": own, "name": "  Acme & Söhne ", "slug": "acme", "clientMutationId": "c1"})
		is(t, a, "createWorkspace.workspace", map[string]any{"id": own, "name": "Acme & Söhne", "slug": "acme", "tier": "STARTUP", "personal": false, "version": 1.0})
		is(t, a, "createWorkspace.clientMutationId", "c1")
		if a.Text("createWorkspace.cursor") == "" {
			t.Errorf("no cursor: %s", a.Body)
		}

		tests := []struct {
			want  string
			by    apptest.Person
			input apptest.Vars
		}{
			{"TAKEN slug", other, apptest.Vars{"name": "A", "slug": "acme"}},
			{"TAKEN id", other, apptest.Vars{"name": "A", "slug": "acme-2", "id": own}},
			{"TAKEN id", owner, apptest.Vars{"name": "A", "slug": "acme-2", "id": own}},
			{"INVALID id, REQUIRED name, INVALID slug", owner, apptest.Vars{"name": " ", "slug": "Bad Slug", "id": "chan_01j"}},
			{"TOO_LONG name, INVALID slug", owner, apptest.Vars{"name": strings.Repeat("ä", 81), "slug": "ends-"}},
			{"INVALID slug", owner, apptest.Vars{"name": "A", "slug": "1st"}},
			{"INVALID slug", owner, apptest.Vars{"name": "A", "slug": "a"}},
			{"INVALID slug", owner, apptest.Vars{"name": "A", "slug": strings.Repeat("a", 41)}},
			{"!UNAUTHENTICATED", apptest.Person{}, apptest.Vars{"name": "A", "slug": "acme-3"}},
		}
		for _, tt := range tests {
			a := refuse(t, n, tt.by, tt.want, "createWorkspace", "workspace { id }", tt.input)
			is(t, a, "createWorkspace.workspace", nil)
		}
		if a := n.Must(t, other.Token, `{ workspace(slug: "acme") { id } workspaces { totalCount } }`, nil); a.Get("workspace") != nil || a.Get("workspaces.totalCount") != 1.0 {
			t.Errorf("a stranger sees it: %s", a.Body)
		}
	})
}

func TestUpdateWorkspace(t *testing.T) {
	t.Parallel()
	apptest.Each(t, apptest.Options{}, func(t *testing.T, n *apptest.Node) {
		owner, user := n.SignUp(t, "Owner"), n.SignUp(t, "User")
		w := n.Workspace(t, owner, "acme")
		n.Join(t, owner, user, w, "user")
		const shown = "cursor workspace { name version }"
		a := must(t, n, owner, "updateWorkspace", shown, apptest.Vars{"workspaceId": w, "name": "Two", "expectedVersion": 1})
		is(t, a, "updateWorkspace.workspace", map[string]any{"name": "Two", "version": 2.0})
		a = refuse(t, n, owner, "CONFLICT expectedVersion", "updateWorkspace", shown, apptest.Vars{"workspaceId": w, "name": "Three", "expectedVersion": 1})
		is(t, a, "updateWorkspace.workspace", map[string]any{"name": "Two", "version": 2.0})
		is(t, a, "updateWorkspace.cursor", nil)
		a = must(t, n, owner, "updateWorkspace", shown, apptest.Vars{"workspaceId": w, "name": "Four"})
		is(t, a, "updateWorkspace.workspace", map[string]any{"name": "Four", "version": 3.0})
		refuse(t, n, owner, "REQUIRED name", "updateWorkspace", shown, apptest.Vars{"workspaceId": w, "name": ""})
		refuse(t, n, user, "!FORBIDDEN", "updateWorkspace", shown, apptest.Vars{"workspaceId": w, "name": "Mine"})
	})
}

func TestMembership(t *testing.T) {
	t.Parallel()
	apptest.Each(t, apptest.Options{}, func(t *testing.T, n *apptest.Node) {
		owner, admin, user := n.SignUp(t, "Owner"), n.SignUp(t, "Admin"), n.SignUp(t, "User")
		w := n.Workspace(t, owner, "acme")
		n.Join(t, owner, admin, w, "admin")
		n.Join(t, owner, user, w, "user")
		c := n.Channel(t, owner, w, "general", "PUBLIC")
		written := n.Send(t, user, c, "written before leaving")

		leave := apptest.Vars{"workspaceId": w}
		remove := func(p apptest.Person) apptest.Vars { return apptest.Vars{"workspaceId": w, "userId": p.ID} }
		refuse(t, n, owner, "NOT_ALLOWED", "leaveWorkspace", "workspaceId", leave)
		refuse(t, n, admin, "NOT_ALLOWED", "removeMember", "userId", remove(owner))
		refuse(t, n, user, "!FORBIDDEN", "removeMember", "userId", remove(admin))
		refuse(t, n, admin, "NOT_FOUND userId", "removeMember", "userId", apptest.Vars{"workspaceId": w, "userId": id.New(id.User)})

		a := must(t, n, user, "leaveWorkspace", "workspaceId cursor", leave)
		is(t, a, "leaveWorkspace.workspaceId", w)
		is(t, a, "leaveWorkspace.cursor", nil)
		refuse(t, n, user, "NOT_FOUND", "sendMessage", "message { id }", apptest.Vars{"channelId": c, "body": "still here?"})
		refuse(t, n, admin, "NOT_FOUND userId", "removeMember", "userId", remove(user))
		const author = `query($m: ID!) { node(id: $m) { ... on Message { body author { id displayName } } } }`
		is(t, n.Must(t, owner.Token, author, apptest.Vars{"m": written}), "node.author.id", user.ID)
		is(t, n.Must(t, user.Token, author, apptest.Vars{"m": written}), "node", nil)

		before := n.MemberID(t, w, user.ID)
		n.Join(t, owner, user, w, "pro")
		if after := n.MemberID(t, w, user.ID); after != before {
			t.Errorf("the place %s became %s", before, after)
		}
		is(t, n.Must(t, user.Token, author, apptest.Vars{"m": written}), "node.author", map[string]any{"id": user.ID, "displayName": "User"})
		is(t, must(t, n, user, "deleteMessage", "message { body }", apptest.Vars{"messageId": written}), "deleteMessage.message.body", "")

		is(t, must(t, n, admin, "removeMember", "userId", remove(user)), "removeMember.userId", user.ID)
		is(t, n.Must(t, user.Token, `query($w: ID!) { workspace(id: $w) { id } }`, apptest.Vars{"w": w}), "workspace", nil)
		is(t, n.Must(t, owner.Token, `query($w: ID!) { workspace(id: $w) { members { totalCount } } }`, apptest.Vars{"w": w}), "workspace.members.totalCount", 2)
	})
}
