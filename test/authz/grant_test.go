package authz_test

import (
	"cmp"
	"testing"
	"time"

	"karnak/internal/app/apptest"
	"karnak/test/world"
)

// probe tries something and tells in a word of the table what came of it.
type probe func(t *testing.T, w *world.World, p world.Person) string

// probes are tried together, by name.
type probes map[string]probe

// grantCase is a grant, what it opens and what stays shut. The holder has role user where no other is named.
type grantCase struct {
	permission, object, role string
	opens, shut              probes
}

// TestGrants gives one permission at a time and looks at what it opens: from when it is given until the second in which it
// ends, and nothing beside.
func TestGrants(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, engine string) {
		w := grantWorld(t, engine)
		for _, x := range grantCases() {
			x.run(t, w)
		}
	})
}

// grantWorld has a workspace with two channels of each kind and roles that give less than a user's.
func grantWorld(t *testing.T, engine string) *world.World {
	t.Helper()
	c := world.Noon()
	w := world.New(apptest.Start(t, engine, world.Options(t, c)), c)
	w.Owner = w.SignUp(t, "Owner")
	ws := w.Workspace(t, w.Owner)
	w.IDs["workspace"] = ws
	for _, name := range []string{"public", "public2"} {
		w.IDs[name] = w.Channel(t, w.Owner, ws, "PUBLIC")
	}
	for _, name := range []string{"private", "private2"} {
		w.IDs[name] = w.Channel(t, w.Owner, ws, "PRIVATE")
	}
	for _, name := range []string{"public", "public2", "private", "private2"} {
		w.IDs[name+"Message"] = w.Send(t, w.Owner, w.IDs[name], "in "+name)
	}
	for _, r := range []apptest.Vars{
		{"name": "bare"}, {"name": "reader", "allow": []string{"chat:read"}}, {"name": "deaf", "parents": []string{"user"}, "deny": []string{"feed:read"}},
	} {
		r["workspaceId"] = ws
		w.Run(t, w.Owner, "createRole", "role { id }", r)
	}
	return w
}

func (x grantCase) run(t *testing.T, w *world.World) {
	t.Helper()
	const life = 20 * time.Minute
	p := w.SignUp(t, "Holder")
	w.Join(t, w.Owner, p, w.IDs["workspace"], "user")
	if x.role != "" {
		w.Run(t, w.Owner, "assignRole", "member { id }", apptest.Vars{"workspaceId": w.IDs["workspace"], "userId": p.ID, "role": x.role})
	}
	x.try(t, w, p, "before the grant", false)
	grant := w.Grant(t, w.Owner, p, w.IDs["workspace"], x.permission, w.IDs[x.object], life)
	x.try(t, w, p, "right after the grant", true)
	w.Clock.Advance(life - time.Second)
	x.try(t, w, p, "a second before the end", true)
	w.Clock.Advance(time.Second)
	x.try(t, w, p, "at the end", false)
	w.Run(t, w.Owner, "revokeGrant", "grantId", apptest.Vars{"grantId": w.Grant(t, w.Owner, p, w.IDs["workspace"], x.permission, w.IDs[x.object], life)})
	x.try(t, w, p, "after it was taken back", false)
	if a := w.Must(t, p.Token, `query($g: ID!) { node(id: $g) { id } }`, apptest.Vars{"g": grant}); a.Get("node") != nil {
		t.Errorf("a grant of %s that has ended is shown: %s", x.permission, a.Body)
	}
}

// try looks at everything that the grant opens and at what it leaves shut.
func (x grantCase) try(t *testing.T, w *world.World, p world.Person, when string, live bool) {
	t.Helper()
	what := x.permission + " on " + cmp.Or(x.object, "everything") + " to role " + cmp.Or(x.role, world.User) + ", " + when
	for name, f := range x.opens {
		if got := f(t, w, p); (got == allow) != live {
			t.Errorf("grant of %s: %s is %s", what, name, got)
		}
	}
	for name, f := range x.shut {
		if got := f(t, w, p); got == allow {
			t.Errorf("grant of %s: %s is open", what, name)
		}
	}
}

func grantCases() []grantCase {
	return []grantCase{
		{permission: "chat:delete", opens: probes{"one's own": deletes("public"), "one's own elsewhere": deletes("public2")}, shut: probes{"another's": deletesOf("publicMessage")}},
		{permission: "chat:delete", object: "public", opens: probes{"one's own": deletes("public")}, shut: probes{"one's own elsewhere": deletes("public2")}},
		{
			permission: "chat:read:all",
			opens:      probes{"private": sees("private"), "its messages": sees("privateMessage"), "the list": lists("private"), "live": listens("private")},
			shut:       probes{"sending": sends("private"), "joining": joins("private")},
		},
		{
			permission: "chat:read:all", object: "private",
			opens: probes{"private": sees("private"), "its messages": sees("privateMessage"), "live": listens("private")},
			shut:  probes{"another": sees("private2"), "its messages": sees("private2Message"), "live in another": listens("private2"), "sending": sends("private")},
		},
		{permission: "chat:read", object: "public", role: "bare", opens: probes{"it": sees("public"), "live": listens("public")}, shut: probes{"another": sees("public2"), "the list": lists("public"), "private": sees("private")}},
		{permission: "chat:write", object: "public", role: "reader", opens: probes{"sending": sends("public")}, shut: probes{"sending elsewhere": sends("public2"), "creating": creates}},
		{permission: "feed:read", role: "bare", opens: probes{"the feed": readsFeed, "live": followsFeed}, shut: probes{"members": members}},
		{permission: "feed:read", role: "deaf", shut: probes{"the feed": readsFeed, "live": followsFeed}},
		{permission: "user:read", role: "bare", opens: probes{"members": members}, shut: probes{"the feed": readsFeed}},
		{permission: "admin:users", opens: probes{"grants": grants, "inviting": invites("user")}, shut: probes{"inviting above": invites("admin"), "passing it on": passes("admin:users"), "promoting": promotes, "renaming": renames}},
		{permission: "admin:access", opens: probes{"renaming": renames}, shut: probes{"a role with more": makesRole("admin:users"), "inviting": invites("user")}},
	}
}
