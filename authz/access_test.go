package authz_test

import (
	"testing"
	"time"

	"karnak/authz"
)

func TestGrantEndsToTheInstant(t *testing.T) {
	t.Parallel()
	end := noon.Add(time.Hour)
	a := access(t, authz.AccessConfig{Policy: compile(t), Role: "user", Grants: []authz.Grant{
		{ID: "grant_1", Permission: authz.AdminUsers, ExpiresAt: end},
	}})
	tests := []struct {
		name  string
		now   time.Time
		want  bool
		until time.Time
	}{
		{"an hour before", noon, true, end},
		{"a second before", end.Add(-time.Second), true, end},
		{"a nanosecond before", end.Add(-1), true, end},
		{"at the end", end, false, time.Time{}},
		{"at the end, told in another zone", end.In(time.FixedZone("", 7200)), false, time.Time{}},
		{"a second after", end.Add(time.Second), false, time.Time{}},
	}
	for _, tt := range tests {
		if got := a.Allows(authz.AdminUsers, tt.now); got != tt.want {
			t.Errorf("%s: %t", tt.name, got)
		}
		if got := a.Until(authz.AdminUsers, tt.now); !got.Equal(tt.until) {
			t.Errorf("%s: until %v", tt.name, got)
		}
		if got := a.Explain(authz.AdminUsers, tt.now); got.Allowed != tt.want || !got.Until.Equal(tt.until) {
			t.Errorf("%s: explained as %+v", tt.name, got)
		}
	}
}

func TestGrants(t *testing.T) {
	t.Parallel()
	p := compile(t, authz.RoleDef{Name: "muted", Parents: []string{"user"}, Deny: []string{"chat:write"}})
	soon, late := noon.Add(time.Minute), noon.Add(time.Hour)
	grants := []authz.Grant{
		{ID: "g1", Permission: authz.ChatReadAll, ObjectID: "chan_1", ExpiresAt: soon},
		{ID: "g2", Permission: authz.ChatReadAll, ObjectID: "chan_1", ExpiresAt: late},
		{ID: "g3", Permission: authz.AdminUsers, ObjectID: "ws_1", ExpiresAt: soon},
		{ID: "g4", Role: "moderator", ObjectID: "chan_2", ExpiresAt: late},
		{ID: "g5", Permission: authz.AdminSystem, ExpiresAt: late},
		{ID: "g6", Role: "superAdmin", ObjectID: "chan_3", ExpiresAt: late},
		{ID: "g7", Permission: authz.ChatWrite, ExpiresAt: late},
		{ID: "g8", Permission: authz.AdminBilling},
		{ID: "g9", Permission: "chat:*", ExpiresAt: late},
		{ID: "g10", Role: "ghost", ExpiresAt: late},
		{ID: "g11", Role: "muted", ObjectID: "chan_4", ExpiresAt: late},
	}
	user := access(t, authz.AccessConfig{Policy: p, Role: "user", Grants: grants})
	muted := access(t, authz.AccessConfig{Policy: p, Role: "muted", Grants: grants})
	ghost := access(t, authz.AccessConfig{Policy: p, Role: "ghost", Grants: grants})
	tests := []struct {
		name    string
		a       *authz.Access
		p       authz.Permission
		objects []string
		want    bool
		until   time.Time
	}{
		{"on its object, until the later of two", user, authz.ChatReadAll, []string{"chan_1"}, true, late},
		{"on what its object contains", user, authz.ChatReadAll, []string{"msg_1", "chan_1", "ws_1"}, true, late},
		{"on another object", user, authz.ChatReadAll, []string{"chan_9"}, false, time.Time{}},
		{"limited, asked of the workspace", user, authz.ChatReadAll, nil, false, time.Time{}},
		{"limited, asked of nothing named", user, authz.ChatReadAll, []string{""}, false, time.Time{}},
		{"on the workspace's id, asked of the workspace", user, authz.AdminUsers, nil, true, soon},
		{"on the workspace's id, asked of an object", user, authz.AdminUsers, []string{"chan_1"}, true, soon},
		{"by the role of a grant", user, authz.UserWrite, []string{"chan_2"}, true, late},
		{"by the role of a grant, elsewhere", user, authz.UserWrite, []string{"chan_1"}, false, time.Time{}},
		{"held by role, never ends", user, authz.ChatWrite, []string{"chan_1"}, true, time.Time{}},
		{"of the platform", user, authz.AdminSystem, nil, false, time.Time{}},
		{"of the platform by role", user, authz.APIAdmin, []string{"chan_3"}, false, time.Time{}},
		{"without an end", user, authz.AdminBilling, nil, false, time.Time{}},
		{"a pattern is no permission", user, authz.ChatDelete, nil, false, time.Time{}},
		{"the denials of a granted role stay behind", user, authz.ChatWrite, []string{"chan_4"}, true, time.Time{}},
		{"denied by role", muted, authz.ChatWrite, nil, false, time.Time{}},
		{"not denied by role", muted, authz.AdminUsers, nil, true, soon},
		{"with a role that is gone", ghost, authz.AdminUsers, nil, true, soon},
		{"with a role that is gone, ungranted", ghost, authz.ChatRead, nil, false, time.Time{}},
		{"unknown permission", user, "no:such", nil, false, time.Time{}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := tt.a.Allows(tt.p, noon, tt.objects...); got != tt.want {
				t.Errorf("allowed: %t", got)
			}
			if got := tt.a.Until(tt.p, noon, tt.objects...); !got.Equal(tt.until) {
				t.Errorf("until %v", got)
			}
			if got := tt.a.Explain(tt.p, noon, tt.objects...); got.Allowed != tt.want || (got.GrantID != "") != !tt.until.IsZero() {
				t.Errorf("explained as %+v", got)
			}
		})
	}
}

func TestOwnerHasAdminWhateverTheirRole(t *testing.T) {
	t.Parallel()
	p := compile(t, authz.RoleDef{Name: "locked", Deny: []string{"*"}})
	for _, role := range []string{"user", "locked", "ghost", "admin", ""} {
		a := access(t, authz.AccessConfig{Policy: p, Role: role, Owner: true})
		if a.Held() != p.Set("admin") || !a.Allows(authz.AdminUsers, noon) || a.Allows(authz.AdminSystem, noon) {
			t.Errorf("an owner with role %q holds %v", role, a.Held().Permissions())
		}
		if a.Role != role || !a.Owner {
			t.Errorf("role %q is told as %q", role, a.Role)
		}
	}
}

func TestNamesGiveNothing(t *testing.T) {
	t.Parallel()
	p := compile(t)
	for _, user := range []string{"admin", "role:admin", "r:admin", "superAdmin", "*", "u:root"} {
		a := access(t, authz.AccessConfig{Policy: p, UserID: user, Role: "user"})
		if a.Held() != p.Set("user") || a.Allows(authz.AdminUsers, noon) {
			t.Errorf("a user named %s holds %v", user, a.Held().Permissions())
		}
	}
}

func TestSuper(t *testing.T) {
	t.Parallel()
	p := compile(t, authz.RoleDef{Name: "locked", Deny: []string{"*"}})
	a := authz.Super(p, "user_1")
	for _, info := range authz.All() {
		if !a.Allows(info.Name, noon, "chan_1", "ws_9") {
			t.Errorf("%s is denied", info.Name)
		}
	}
	if a.WorkspaceID != "" || a.UserID != "user_1" || a.Role != "superAdmin" {
		t.Errorf("got %+v", a)
	}
	if authz.Super(nil, "user_1") != nil {
		t.Error("without a policy there is access")
	}
}

func TestNilAccess(t *testing.T) {
	t.Parallel()
	var none *authz.Access
	for _, a := range []*authz.Access{none, {}, {Role: "admin", Owner: true}} {
		for _, info := range authz.All() {
			if a.Allows(info.Name, noon, "ws_1") {
				t.Errorf("%s is allowed", info.Name)
			}
		}
		if !a.Held().Empty() || a.Covers("user") || !a.Until(authz.ChatRead, noon).IsZero() {
			t.Error("something is held")
		}
		if e := a.Explain(authz.ChatRead, noon); e.Allowed || e.Summary == "" {
			t.Errorf("explained as %+v", e)
		}
	}
}

func TestNewAccessRefuses(t *testing.T) {
	t.Parallel()
	p := compile(t)
	for name, c := range map[string]authz.AccessConfig{
		"no policy":    {WorkspaceID: "ws_1", UserID: "user_1", Role: "user"},
		"no workspace": {Policy: p, UserID: "user_1", Role: "user"},
		"no user":      {Policy: p, WorkspaceID: "ws_1", Role: "user"},
		"superAdmin":   {Policy: p, WorkspaceID: "ws_1", UserID: "user_1", Role: "superAdmin"},
	} {
		if a, err := authz.NewAccess(c); err == nil || a != nil {
			t.Errorf("%s: got %v, %v", name, a, err)
		}
	}
}

func TestAccessCoversRoles(t *testing.T) {
	t.Parallel()
	p := compile(t,
		authz.RoleDef{Name: "biller", Allow: []string{"admin:billing"}},
		authz.RoleDef{Name: "helper", Parents: []string{"user"}, Allow: []string{"admin:users"}},
	)
	grants := []authz.Grant{{ID: "g", Permission: authz.AdminBilling, ExpiresAt: noon.Add(time.Hour)}}
	helper := access(t, authz.AccessConfig{Policy: p, Role: "helper", Grants: grants})
	owner := access(t, authz.AccessConfig{Policy: p, Role: "user", Owner: true})
	tests := []struct {
		a    *authz.Access
		role string
		want bool
	}{
		{helper, "user", true}, {helper, "helper", true}, {helper, "pro", false}, {helper, "admin", false},
		{helper, "biller", false}, // A right that ends is not passed on.
		{owner, "admin", true}, {owner, "biller", true}, {owner, "superAdmin", false}, {owner, "ghost", false},
		{authz.Super(p, "root"), "admin", true}, {authz.Super(p, "root"), "superAdmin", false},
	}
	for _, tt := range tests {
		if got := tt.a.Covers(tt.role); got != tt.want {
			t.Errorf("%s covers %s: %t", tt.a.Role, tt.role, got)
		}
	}
}

func TestAllowsAllocatesNothing(t *testing.T) {
	a := access(t, authz.AccessConfig{Policy: compile(t), Role: "user", Grants: []authz.Grant{
		{ID: "g", Permission: authz.ChatReadAll, ObjectID: "chan_1", ExpiresAt: noon.Add(time.Hour)},
	}})
	if n := testing.AllocsPerRun(100, func() {
		if !a.Allows(authz.ChatRead, noon, "msg_1", "chan_1") || !a.Allows(authz.ChatReadAll, noon, "msg_1", "chan_1") {
			t.Error("denied")
		}
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
