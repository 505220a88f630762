package scenario_test

import (
	"testing"
	"time"

	"karnak/internal/app/apptest"
	"karnak/internal/platform/id"
)

// deputize lets somebody manage users by a grant, whatever their role.
func deputize(t testing.TB, n *apptest.Node, by, p apptest.Person, w string) {
	t.Helper()
	for _, permission := range []string{"admin:users", "admin:access"} {
		must(t, n, by, "grantPermission", "grant { id }", apptest.Vars{"workspaceId": w, "userId": p.ID, "permission": permission,
			"expiresAt": time.Now().Add(time.Hour).Format(time.RFC3339), "reason": "while the owner is away"})
	}
}

func TestAssignRole(t *testing.T) {
	t.Parallel()
	apptest.Each(t, apptest.Options{}, func(t *testing.T, n *apptest.Node) {
		owner, admin, deputy, user, gone := n.SignUp(t, "Owner"), n.SignUp(t, "Admin"), n.SignUp(t, "Deputy"), n.SignUp(t, "User"), n.SignUp(t, "Gone")
		w := n.Workspace(t, owner, "acme")
		for p, role := range map[*apptest.Person]string{&admin: "admin", &deputy: "pro", &user: "user", &gone: "user"} {
			n.Join(t, owner, *p, w, role)
		}
		must(t, n, gone, "leaveWorkspace", "workspaceId", apptest.Vars{"workspaceId": w})
		deputize(t, n, owner, deputy, w)
		tests := []struct {
			want string
			by   apptest.Person
			user string
			role string
		}{
			{"NOT_ALLOWED userId", admin, admin.ID, "user"},
			{"NOT_ALLOWED userId, INVALID role", admin, admin.ID, "king"},
			{"NOT_ALLOWED userId", deputy, admin.ID, "user"},
			{"NOT_ALLOWED role", deputy, user.ID, "moderator"},
			{"NOT_ALLOWED userId, NOT_ALLOWED role", deputy, admin.ID, "admin"},
			{"INVALID role", admin, user.ID, "king"},
			{"INVALID role", admin, user.ID, "superAdmin"},
			{"NOT_FOUND userId", admin, gone.ID, "user"},
			{"NOT_FOUND userId", admin, id.New(id.User), "user"},
			{"!FORBIDDEN", user, admin.ID, "user"},
			{"NOT_FOUND", gone, user.ID, "user"},
			{"", deputy, user.ID, "pro"},
			{"", admin, user.ID, "admin"},
		}
		for _, tt := range tests {
			refuse(t, n, tt.by, tt.want, "assignRole", "member { role }", apptest.Vars{"workspaceId": w, "userId": tt.user, "role": tt.role})
		}
		a := must(t, n, owner, "assignRole", "member { role user { id } } cursor", apptest.Vars{"workspaceId": w, "userId": user.ID, "role": "moderator"})
		is(t, a, "assignRole.member", map[string]any{"role": "moderator", "user": map[string]any{"id": user.ID}})
	})
}

func TestExplainAndCan(t *testing.T) {
	t.Parallel()
	apptest.Each(t, apptest.Options{}, func(t *testing.T, n *apptest.Node) {
		owner, user, pro, stranger := n.SignUp(t, "Owner"), n.SignUp(t, "User"), n.SignUp(t, "Pro"), n.SignUp(t, "Stranger")
		w := n.Workspace(t, owner, "acme")
		n.Join(t, owner, user, w, "user")
		n.Join(t, owner, pro, w, "pro")
		c, secret := n.Channel(t, owner, w, "general", "PUBLIC"), n.Channel(t, owner, w, "secret", "PRIVATE")
		m := n.Send(t, owner, c, "hello")
		until := time.Now().UTC().Add(time.Hour).Truncate(time.Second).Format(time.RFC3339)
		grant := must(t, n, owner, "grantPermission", "grant { id }", apptest.Vars{"workspaceId": w, "userId": user.ID, "permission": "chat:delete",
			"objectId": c, "expiresAt": until, "reason": "clean the channel up"}).Text("grantPermission.grant.id")

		const explain = `query($s: ID!, $p: String!, $o: ID!) { explainAccess(subjectId: $s, permission: $p, objectId: $o) { allowed summary roles grantableBy rule { role pattern effect } grant { id } } }`
		tests := []struct {
			by                  apptest.Person
			subject, permission string
			object, want, code  string
		}{
			{user, user.ID, "chat:write", w, "Allowed: role user has chat:write.", ""},
			{user, user.ID, "chat:write", m, "Allowed: role user has chat:write.", ""},
			{pro, pro.ID, "admin:users", w, "Denied: no role of pro → user has admin:users; admin has it.", ""},
			{user, user.ID, "chat:delete", c, "Allowed: grant " + grant + " gives chat:delete on " + c + " until " + until + ".", ""},
			{user, user.ID, "chat:delete", m, "Allowed: grant " + grant + " gives chat:delete on " + c + " until " + until + ".", ""},
			{user, user.ID, "chat:delete", w, "Denied: no role of user has chat:delete; pro has it.", ""},
			{owner, owner.ID, "admin:access", w, "Allowed: the owner has role admin, and role admin has admin:access.", ""},
			{owner, user.ID, "admin:system", w, "Denied: no role of user has admin:system; superAdmin has it.", ""},
			{user, owner.ID, "chat:write", w, "", "FORBIDDEN"},
			{user, user.ID, "chat:write", secret, "", "NOT_FOUND"},
			{stranger, stranger.ID, "chat:write", w, "", "NOT_FOUND"},
			{owner, id.New(id.User), "chat:write", w, "", "NOT_FOUND"},
			{user, user.ID, "no:such", w, "", "BAD_USER_INPUT"},
			{apptest.Person{}, user.ID, "chat:write", w, "", "UNAUTHENTICATED"},
		}
		for _, tt := range tests {
			a := n.Do(t, tt.by.Token, explain, apptest.Vars{"s": tt.subject, "p": tt.permission, "o": tt.object})
			if a.Text("explainAccess.summary") != tt.want || a.Code() != tt.code {
				t.Errorf("%s on %s: %s\nwant %s%s", tt.permission, tt.object, a.Body, tt.want, tt.code)
			}
		}

		const can = `query($o: ID!, $p: [String!]!) { viewer { can(objectId: $o, permissions: $p) { permission allowed } } }`
		asked := []string{"chat:delete", "chat:read", "admin:users"}
		for _, tt := range []struct {
			object string
			want   [3]bool
		}{{c, [3]bool{true, true, false}}, {m, [3]bool{true, true, false}}, {w, [3]bool{false, true, false}}, {secret, [3]bool{}}, {id.New(id.Channel), [3]bool{}}} {
			a := n.Must(t, user.Token, can, apptest.Vars{"o": tt.object, "p": asked})
			var want []any
			for i, p := range asked {
				want = append(want, map[string]any{"permission": p, "allowed": tt.want[i]})
			}
			is(t, a, "viewer.can", want)
		}
		for _, p := range [][]string{{"no:such"}, make([]string, 51)} {
			if a := n.Do(t, user.Token, can, apptest.Vars{"o": c, "p": p}); a.Code() != "BAD_USER_INPUT" {
				t.Errorf("%d permissions: %s", len(p), a.Body)
			}
		}
	})
}
