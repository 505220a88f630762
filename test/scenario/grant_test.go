package scenario_test

import (
	"maps"
	"slices"
	"testing"
	"time"

	"karnak/ent/enttest"
	"karnak/internal/app/apptest"
	"karnak/internal/platform/clock"
	"karnak/internal/platform/id"
)

func TestGrant(t *testing.T) {
	t.Parallel()
	for _, engine := range enttest.Engines {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			c := clock.NewManual(start())
			n := apptest.Start(t, engine, apptest.Options{Clock: c, Args: []string{"--access-ttl=24h"}})
			owner, deputy, user, stranger := n.SignUp(t, "Owner"), n.SignUp(t, "Deputy"), n.SignUp(t, "User"), n.SignUp(t, "Stranger")
			w := n.Workspace(t, owner, "acme")
			n.Join(t, owner, deputy, w, "pro")
			n.Join(t, owner, user, w, "user")
			g := &granting{n, c, owner, deputy, user, stranger, w}
			g.refusals(t)
			g.lives(t)
		})
	}
}

type granting struct {
	*apptest.Node
	clock                         *clock.Manual
	owner, deputy, user, stranger apptest.Person
	workspace                     string
}

// input is a good input, with changes.
func (g *granting) input(change apptest.Vars) apptest.Vars {
	in := apptest.Vars{"workspaceId": g.workspace, "userId": g.user.ID, "permission": "chat:delete", "reason": "to clean up",
		"expiresAt": g.clock.Now().Add(time.Hour).Format(time.RFC3339)}
	maps.Copy(in, change)
	return in
}

func (g *granting) refusals(t *testing.T) {
	t.Helper()
	must(t, g.Node, g.owner, "grantPermission", "grant { id }", g.input(apptest.Vars{"userId": g.deputy.ID, "permission": "admin:users"}))
	foreign := g.Channel(t, g.stranger, g.stranger.Personal, "elsewhere", "PUBLIC")
	m := g.Send(t, g.owner, g.Channel(t, g.owner, g.workspace, "general", "PUBLIC"), "hello")
	at := func(d time.Duration) string { return g.clock.Now().Add(d).Format(time.RFC3339) }
	for _, tt := range []struct {
		want  string
		by    apptest.Person
		input apptest.Vars
	}{
		{"REQUIRED reason", g.owner, apptest.Vars{"reason": "   "}},
		{"TOO_SHORT reason", g.owner, apptest.Vars{"reason": "so"}},
		{"INVALID expiresAt", g.owner, apptest.Vars{"expiresAt": at(0)}},
		{"INVALID expiresAt", g.owner, apptest.Vars{"expiresAt": at(-time.Hour)}},
		{"INVALID expiresAt", g.owner, apptest.Vars{"expiresAt": at(90*24*time.Hour + time.Second)}},
		{"INVALID permission", g.owner, apptest.Vars{"permission": "no:such"}},
		{"INVALID permission", g.owner, apptest.Vars{"permission": "chat:*"}},
		{"NOT_ALLOWED permission", g.owner, apptest.Vars{"permission": "admin:system"}},
		{"NOT_ALLOWED userId", g.owner, apptest.Vars{"userId": g.owner.ID}},
		{"NOT_ALLOWED permission", g.deputy, apptest.Vars{"permission": "chat:read:all"}},
		{"NOT_ALLOWED permission", g.deputy, apptest.Vars{"permission": "admin:users"}},
		{"NOT_ALLOWED userId", g.deputy, apptest.Vars{"userId": g.deputy.ID}},
		{"NOT_FOUND userId", g.owner, apptest.Vars{"userId": g.stranger.ID}},
		{"NOT_FOUND objectId", g.owner, apptest.Vars{"objectId": foreign}},
		{"NOT_FOUND objectId", g.owner, apptest.Vars{"objectId": g.stranger.Personal}},
		{"NOT_FOUND objectId", g.owner, apptest.Vars{"objectId": "nonsense"}},
		{"INVALID objectId", g.owner, apptest.Vars{"objectId": m}},
		{"REQUIRED reason, INVALID expiresAt, INVALID permission, NOT_FOUND userId", g.owner, apptest.Vars{
			"reason": "", "expiresAt": at(0), "permission": "no:such", "userId": id.New(id.User)}},
		{"!FORBIDDEN", g.user, apptest.Vars{}},
		{"NOT_FOUND", g.stranger, apptest.Vars{}},
	} {
		refuse(t, g.Node, tt.by, tt.want, "grantPermission", "grant { id }", g.input(tt.input))
	}
}

const grantPage = `query($w: ID!, $first: Int, $after: Cursor) { workspace(id: $w) { grants(first: $first, after: $after) {
	nodes { id permission reason objectId user { id } grantedBy { id } expiresAt } totalCount pageInfo { hasNextPage endCursor } } } }`

// lives follows grants from their giving to their end.
func (g *granting) lives(t *testing.T) {
	t.Helper()
	var ids []string
	for _, life := range []time.Duration{90 * 24 * time.Hour, 10 * time.Minute, 20 * time.Minute} {
		a := must(t, g.Node, g.deputy, "grantPermission", "grant { id user { id } grantedBy { id } }",
			g.input(apptest.Vars{"expiresAt": g.clock.Now().Add(life).Format(time.RFC3339)}))
		is(t, a, "grantPermission.grant.grantedBy.id", g.deputy.ID)
		ids = append([]string{a.Text("grantPermission.grant.id")}, ids...)
	}
	var got []string
	var after any
	for range 3 {
		a := g.Must(t, g.owner.Token, grantPage, apptest.Vars{"w": g.workspace, "first": 2, "after": after})
		is(t, a, "workspace.grants.totalCount", 4)
		got = append(got, column(a, "workspace.grants.nodes", "id")...)
		if after = a.Get("workspace.grants.pageInfo.endCursor"); a.Get("workspace.grants.pageInfo.hasNextPage") != true {
			break
		}
	}
	if len(got) != 4 || !slices.Equal(got[:3], ids) {
		t.Errorf("pages gave %v, given were %v", got, ids)
	}
	if a := g.Do(t, g.user.Token, grantPage, apptest.Vars{"w": g.workspace}); a.Code() != "FORBIDDEN" {
		t.Errorf("a user reads the grants: %s", a.Body)
	}

	revoke := func(id string) apptest.Vars { return apptest.Vars{"grantId": id} }
	refuse(t, g.Node, g.user, "!FORBIDDEN", "revokeGrant", "grantId", revoke(ids[2]))
	refuse(t, g.Node, g.stranger, "NOT_FOUND grantId", "revokeGrant", "grantId", revoke(ids[2]))
	is(t, must(t, g.Node, g.owner, "revokeGrant", "grantId", revoke(ids[2])), "revokeGrant.grantId", ids[2])
	refuse(t, g.Node, g.owner, "NOT_FOUND grantId", "revokeGrant", "grantId", revoke(ids[2]))

	can := func() any {
		a := g.Must(t, g.user.Token, `query($w: ID!) { viewer { can(objectId: $w, permissions: ["chat:delete"]) { allowed } } }`, apptest.Vars{"w": g.workspace})
		return a.Get("viewer.can.0.allowed")
	}
	g.clock.Advance(20*time.Minute - time.Second)
	if can() != true {
		t.Error("the grant ended a second too early")
	}
	g.clock.Advance(time.Second)
	if can() != false {
		t.Error("the grant outlived its end")
	}
	is(t, g.Must(t, g.owner.Token, grantPage, apptest.Vars{"w": g.workspace}), "workspace.grants.totalCount", 1)
}
