package authz_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"karnak/authz"
)

func TestExplain(t *testing.T) {
	t.Parallel()
	p, faults := authz.Load([]authz.RoleDef{
		{Name: "trainee", Parents: []string{"muted", "user"}, Allow: []string{"chat:*"}},
		{Name: "muted", Deny: []string{"*:write"}},
		{Name: "all", Allow: []string{"*"}},
		{Name: "broken", Parents: []string{"vanished", "user"}},
	})
	if len(faults) != 1 {
		t.Fatal(faults)
	}
	grants := []authz.Grant{
		{ID: "grant_1", Permission: authz.AdminUsers, ExpiresAt: noon.Add(time.Hour)},
		{ID: "grant_2", Permission: authz.UserDelete, ObjectID: "chan_1", ExpiresAt: noon.Add(time.Minute)},
		{ID: "grant_3", Permission: authz.AdminBilling, ExpiresAt: noon},
		{ID: "grant_4", Permission: authz.UserWrite, ExpiresAt: noon.Add(time.Hour)},
		{ID: "grant_5", Role: "moderator", ObjectID: "chan_2", ExpiresAt: noon.Add(time.Hour)},
	}
	member := func(role string) *authz.Access {
		return access(t, authz.AccessConfig{Policy: p, Role: role, Grants: grants})
	}
	above := func(role string) []string {
		all := []string{"user", "pro", "moderator", "admin", "superAdmin"}
		return all[slices.Index(all, role):]
	}
	chain := []string{"admin", "moderator", "pro", "user"}
	tests := []struct {
		name      string
		a         *authz.Access
		p         authz.Permission
		objects   []string
		roles     []string
		rule      *authz.Rule
		grant     string
		grantable []string
		summary   string
	}{
		{"its own rule", member("moderator"), authz.ChatReadAll, nil, chain[1:],
			&authz.Rule{Role: "moderator", Pattern: "chat:read:all", Effect: authz.EffectAllow}, "", nil,
			"Allowed: role moderator has chat:read:all."},
		{"an inherited rule", member("admin"), authz.ChatRead, nil, chain,
			&authz.Rule{Role: "user", Pattern: "chat:read", Effect: authz.EffectAllow}, "", nil,
			"Allowed: role user has chat:read."},
		{"a wildcard", member("trainee"), authz.ChatDelete, nil, []string{"trainee", "muted", "user"},
			&authz.Rule{Role: "trainee", Pattern: "chat:*", Effect: authz.EffectAllow}, "", nil,
			"Allowed: role trainee has chat:*, which covers chat:delete."},
		{"nothing", member("pro"), authz.AdminAccess, nil, chain[2:], nil, "", above("admin"),
			"Denied: no role of pro → user has admin:access; admin has it."},
		{"nothing, two parents", member("trainee"), authz.AdminAccess, nil, []string{"trainee", "muted", "user"}, nil, "", above("admin"),
			"Denied: no role of trainee, muted, user has admin:access; admin has it."},
		{"an inherited denial", member("trainee"), authz.ChatWrite, nil, []string{"trainee", "muted", "user"},
			&authz.Rule{Role: "muted", Pattern: "*:write", Effect: authz.EffectDeny}, "", above("user"),
			"Denied: role muted denies *:write, which covers chat:write."},
		{"a denial over a grant", member("muted"), authz.UserWrite, nil, []string{"muted"},
			&authz.Rule{Role: "muted", Pattern: "*:write", Effect: authz.EffectDeny}, "", above("moderator"),
			"Denied: role muted denies *:write, which covers user:write, and grant grant_4 does not lift a denial."},
		{"a grant", member("user"), authz.AdminUsers, []string{"ws_1"}, []string{"user"}, nil, "grant_1", nil,
			"Allowed: grant grant_1 gives admin:users until 2030-01-02T13:00:00Z."},
		{"a limited grant", member("user"), authz.UserDelete, []string{"msg_1", "chan_1"}, []string{"user"}, nil, "grant_2", nil,
			"Allowed: grant grant_2 gives user:delete on chan_1 until 2030-01-02T12:01:00Z."},
		{"a limited grant elsewhere", member("user"), authz.UserDelete, []string{"chan_3"}, []string{"user"}, nil, "", above("admin"),
			"Denied: no role of user has user:delete; admin has it."},
		{"a grant of a role", member("user"), authz.ChatReadAll, []string{"chan_2"}, []string{"user"}, nil, "grant_5", nil,
			"Allowed: grant grant_5 gives role moderator, which has chat:read:all, on chan_2 until 2030-01-02T13:00:00Z."},
		{"a grant that ended", member("user"), authz.AdminBilling, nil, []string{"user"}, nil, "", above("admin"),
			"Denied: no role of user has admin:billing, and grant grant_3 ended at 2030-01-02T12:00:00Z; admin has it."},
		{"of the platform", member("all"), authz.AdminSystem, nil, []string{"all"}, nil, "", above("superAdmin"),
			"Denied: no role of all has admin:system; superAdmin has it."},
		{"a faulty role", member("broken"), authz.ChatRead, nil, []string{"broken", "user"}, nil, "", above("user"),
			"Denied: role broken has a fault and gives nothing; user has it."},
		{"a role that is gone", member("ghost"), authz.ChatRead, nil, nil, nil, "", above("user"),
			`Denied: there is no role "ghost"; user has it.`},
		{"unknown permission", member("admin"), "no:such", nil, chain, nil, "", []string{},
			`Denied: there is no permission "no:such".`},
		{"no member", nil, authz.ChatRead, nil, nil, nil, "", above("user"),
			"Denied: not a member of the workspace."},
		{"an owner", access(t, authz.AccessConfig{Policy: p, Role: "muted", Owner: true}), authz.ChatWrite, nil, chain,
			&authz.Rule{Role: "user", Pattern: "chat:write", Effect: authz.EffectAllow}, "", nil,
			"Allowed: the owner has role admin, and role user has chat:write."},
		{"a superAdmin", authz.Super(p, "root"), authz.APIAdmin, nil, append([]string{"superAdmin"}, chain...),
			&authz.Rule{Role: "superAdmin", Pattern: "api:admin", Effect: authz.EffectAllow}, "", nil,
			"Allowed: role superAdmin has api:admin."},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			e := tt.a.Explain(tt.p, noon, tt.objects...)
			if e.Summary != tt.summary {
				t.Errorf("summary\ngot  %s\nwant %s", e.Summary, tt.summary)
			}
			if e.Permission != tt.p || e.Allowed != strings.HasPrefix(tt.summary, "Allowed") || e.Allowed != tt.a.Allows(tt.p, noon, tt.objects...) {
				t.Errorf("got %+v", e)
			}
			if !slices.Equal(e.Roles, tt.roles) {
				t.Errorf("roles %v", e.Roles)
			}
			if (e.Rule == nil) != (tt.rule == nil) || e.Rule != nil && *e.Rule != *tt.rule {
				t.Errorf("rule %+v", e.Rule)
			}
			if e.GrantID != tt.grant || e.Until.IsZero() != (tt.grant == "") {
				t.Errorf("grant %q until %v", e.GrantID, e.Until)
			}
			if e.GrantableBy == nil || !slices.Equal(e.GrantableBy, tt.grantable) {
				t.Errorf("grantable by %v", e.GrantableBy)
			}
		})
	}
}
