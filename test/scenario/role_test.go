package scenario_test

import (
	"fmt"
	"strings"
	"testing"

	"karnak/internal/app/apptest"
	"karnak/internal/platform/id"
)

const shownRole = "role { id name builtIn parents allow deny permissions version }"

func TestCreateRole(t *testing.T) {
	t.Parallel()
	apptest.Each(t, apptest.Options{}, func(t *testing.T, n *apptest.Node) {
		owner, deputy, user := n.SignUp(t, "Owner"), n.SignUp(t, "Deputy"), n.SignUp(t, "User")
		w := n.Workspace(t, owner, "acme")
		n.Join(t, owner, deputy, w, "pro")
		n.Join(t, owner, user, w, "user")
		deputize(t, n, owner, deputy, w)
		own := id.New(id.Role)
		a := must(t, n, owner, "createRole", shownRole, apptest.Vars{"id": own, "workspaceId": w, "name": "helper", "parents": []string{"user"}, "allow": []string{"chat:*"}, "deny": []string{"api:read"}})
		is(t, a, "createRole.role.id", own)
		is(t, a, "createRole.role.builtIn", false)
		is(t, a, "createRole.role.version", 1)
		if got := fmt.Sprint(a.Get("createRole.role.permissions")); strings.Contains(got, "api:read") || !strings.Contains(got, "chat:delete") || !strings.Contains(got, "user:read") {
			t.Errorf("the role holds %s", got)
		}
		tests := []struct {
			want  string
			by    apptest.Person
			input apptest.Vars
		}{
			{"TAKEN name", owner, apptest.Vars{"name": "admin"}},
			{"TAKEN name", owner, apptest.Vars{"name": "helper"}},
			{"TAKEN", owner, apptest.Vars{"name": "helper-2", "id": own}},
			{"INVALID id, INVALID name", owner, apptest.Vars{"name": "Bad Name", "id": "role_1"}},
			{"INVALID parents", owner, apptest.Vars{"name": "a-1", "parents": []string{"nobody"}}},
			{"INVALID parents", owner, apptest.Vars{"name": "a-1", "parents": []string{"superAdmin"}}},
			{"INVALID parents", owner, apptest.Vars{"name": "a-1", "parents": []string{"a-1"}}},
			{"INVALID allow", owner, apptest.Vars{"name": "a-1", "allow": []string{"no:such"}}},
			{"INVALID allow", owner, apptest.Vars{"name": "a-1", "allow": []string{"admin:system"}}},
			{"INVALID parents, INVALID allow, INVALID deny", owner, apptest.Vars{"name": "a-1", "parents": []string{"nobody"}, "allow": []string{"no:such"}, "deny": []string{"chat"}}},
			{"NOT_ALLOWED allow", deputy, apptest.Vars{"name": "a-1", "allow": []string{"admin:billing"}}},
			{"NOT_ALLOWED allow", deputy, apptest.Vars{"name": "a-1", "parents": []string{"moderator"}}},
			{"", deputy, apptest.Vars{"name": "a-1", "parents": []string{"pro"}}},
			{"!FORBIDDEN", user, apptest.Vars{"name": "a-2"}},
			{"TIER_REQUIRED", owner, apptest.Vars{"name": "a-2", "workspaceId": owner.Personal}},
		}
		for _, tt := range tests {
			if tt.input["workspaceId"] == nil {
				tt.input["workspaceId"] = w
			}
			a := refuse(t, n, tt.by, tt.want, "createRole", shownRole, tt.input)
			if tt.want == "TIER_REQUIRED" && !strings.Contains(string(a.Body), "STARTUP") {
				t.Errorf("the tier is not named: %s", a.Body)
			}
		}
	})
}

func TestChangeRole(t *testing.T) {
	t.Parallel()
	apptest.Each(t, apptest.Options{}, func(t *testing.T, n *apptest.Node) {
		owner, deputy, user := n.SignUp(t, "Owner"), n.SignUp(t, "Deputy"), n.SignUp(t, "User")
		w := n.Workspace(t, owner, "acme")
		n.Join(t, owner, deputy, w, "pro")
		n.Join(t, owner, user, w, "user")
		deputize(t, n, owner, deputy, w)
		c := n.Channel(t, owner, w, "general", "PUBLIC")
		role := func(name string, parents, allow, deny []string) string {
			return must(t, n, owner, "createRole", "role { id }", apptest.Vars{"workspaceId": w, "name": name, "parents": parents, "allow": allow, "deny": deny}).Text("createRole.role.id")
		}
		muted := role("muted", []string{}, []string{}, []string{"chat:write"})
		guest := role("guest", []string{"muted", "pro"}, []string{"chat:write"}, []string{})

		// A denial beats an allowance and a grant, also where it is inherited.
		must(t, n, owner, "assignRole", "member { role }", apptest.Vars{"workspaceId": w, "userId": user.ID, "role": "guest"})
		send := apptest.Vars{"channelId": c, "body": "may I?"}
		refuse(t, n, user, "!FORBIDDEN", "sendMessage", "message { id }", send)
		a := n.Must(t, user.Token, `query($u: ID!, $w: ID!) { explainAccess(subjectId: $u, permission: "chat:write", objectId: $w) { allowed summary roles rule { role pattern effect } } }`, apptest.Vars{"u": user.ID, "w": w})
		is(t, a, "explainAccess", map[string]any{"allowed": false, "summary": "Denied: role muted denies chat:write.", "roles": []any{"guest", "muted", "pro", "user"},
			"rule": map[string]any{"role": "muted", "pattern": "chat:write", "effect": "DENY"}})

		update := func(id string, more apptest.Vars) apptest.Vars { more["roleId"] = id; return more }
		refuse(t, n, owner, "INVALID parents", "updateRole", shownRole, update(muted, apptest.Vars{"parents": []string{"guest"}}))
		refuse(t, n, owner, "INVALID deny", "updateRole", shownRole, update(muted, apptest.Vars{"deny": []string{"no:such"}}))
		refuse(t, n, deputy, "NOT_ALLOWED allow", "updateRole", shownRole, update(muted, apptest.Vars{"allow": []string{"admin:billing"}}))
		refuse(t, n, user, "!FORBIDDEN", "updateRole", shownRole, update(muted, apptest.Vars{"deny": []string{}}))
		refuse(t, n, owner, "NOT_FOUND roleId", "updateRole", shownRole, update(id.New(id.Role), apptest.Vars{}))
		must(t, n, owner, "updateRole", shownRole, update(muted, apptest.Vars{"deny": []string{"chat:delete"}, "expectedVersion": 1}))
		a = refuse(t, n, owner, "CONFLICT expectedVersion", "updateRole", shownRole, update(muted, apptest.Vars{"deny": []string{}, "expectedVersion": 1}))
		is(t, a, "updateRole.role.version", 2)
		is(t, a, "updateRole.role.deny", "[chat:delete]")
		must(t, n, user, "sendMessage", "message { id }", send)

		// What is in use stays.
		del := func(id string) apptest.Vars { return apptest.Vars{"roleId": id} }
		refuse(t, n, owner, "NOT_ALLOWED roleId", "deleteRole", "roleId", del(guest))
		refuse(t, n, owner, "NOT_ALLOWED roleId", "deleteRole", "roleId", del(muted))
		must(t, n, owner, "assignRole", "member { role }", apptest.Vars{"workspaceId": w, "userId": user.ID, "role": "user"})
		invitation := must(t, n, owner, "inviteMember", "invitation { id }", apptest.Vars{"workspaceId": w, "email": "new@example.test", "role": "guest"}).Text("inviteMember.invitation.id")
		refuse(t, n, owner, "NOT_ALLOWED roleId", "deleteRole", "roleId", del(guest))
		must(t, n, owner, "revokeInvitation", "invitationId", apptest.Vars{"invitationId": invitation})
		is(t, must(t, n, owner, "deleteRole", "roleId", del(guest)), "deleteRole.roleId", guest)
		refuse(t, n, owner, "NOT_FOUND roleId", "deleteRole", "roleId", del(guest))
		must(t, n, owner, "deleteRole", "roleId", del(muted))
		refuse(t, n, owner, "INVALID role", "assignRole", "member { role }", apptest.Vars{"workspaceId": w, "userId": user.ID, "role": "guest"})
		list := n.Must(t, user.Token, `query($w: ID!) { workspace(id: $w) { roles { name builtIn } } }`, apptest.Vars{"w": w})
		is(t, list, "workspace.roles.4", nil)
	})
}
