package authz_test

import (
	"slices"
	"testing"
	"time"

	"karnak/authz"
)

// Every permission and who has it, written by hand: user, pro, moderator, admin, superAdmin.
var truth = map[authz.Permission]string{
	"admin:access":    "- - - y y",
	"admin:billing":   "- - - y y",
	"admin:system":    "- - - - y",
	"admin:users":     "- - - y y",
	"api:admin":       "- - - - y",
	"api:read":        "y y y y y",
	"api:write":       "- y y y y",
	"assistant:read":  "y y y y y",
	"assistant:write": "y y y y y",
	"tool:read":       "y y y y y",
	"tool:invoke":     "y y y y y",
	"tool:write":      "- y y y y",
	"tool:approve":    "- - - y y",
	"chat:delete":     "- y y y y",
	"chat:read":       "y y y y y",
	"chat:read:all":   "- - y y y",
	"chat:write":      "y y y y y",
	"feed:read":       "y y y y y",
	"user:delete":     "- - - y y",
	"user:read":       "y y y y y",
	"user:write":      "- - y y y",
}

var noon = time.Date(2030, 1, 2, 12, 0, 0, 0, time.UTC)

func TestTruthTable(t *testing.T) {
	t.Parallel()
	p := compile(t)
	if len(truth) != len(authz.All()) {
		t.Errorf("the table has %d rows and there are %d permissions", len(truth), len(authz.All()))
	}
	for i, role := range []string{"user", "pro", "moderator", "admin", "superAdmin"} {
		a := authz.Super(p, "user_1")
		if role != "superAdmin" {
			a = access(t, authz.AccessConfig{Policy: p, Role: role})
		}
		for _, info := range authz.All() {
			row, ok := truth[info.Name]
			if !ok {
				t.Errorf("%s has no row", info.Name)
				continue
			}
			want := row[2*i] == 'y'
			if got := p.Set(role).Has(info.Name); got != want {
				t.Errorf("%s, %s: set has it: %t", role, info.Name, got)
			}
			if got := a.Allows(info.Name, noon); got != want {
				t.Errorf("%s, %s: allowed: %t", role, info.Name, got)
			}
		}
		if a.Allows("no:such", noon) || a.Allows("", noon) || a.Allows("*", noon) {
			t.Errorf("%s has what does not exist", role)
		}
	}
}

func TestBuiltInRolesAndCasbinAgree(t *testing.T) {
	t.Parallel()
	if err := compile(t).Verify(); err != nil {
		t.Error(err)
	}
}

func TestPlatformPermissionsAreSuperAdminsOwn(t *testing.T) {
	t.Parallel()
	p := compile(t)
	own := p.Set(authz.RoleSuperAdmin).Minus(p.Set(authz.RoleAdmin))
	for _, info := range authz.All() {
		if own.Has(info.Name) != info.Platform {
			t.Errorf("%s: platform is %t", info.Name, info.Platform)
		}
	}
}

func TestRolesInOrderOfInheritance(t *testing.T) {
	t.Parallel()
	p := compile(t,
		authz.RoleDef{Name: "lead", Parents: []string{"auditor", "pro"}},
		authz.RoleDef{Name: "auditor", Parents: []string{"user"}},
	)
	for role, want := range map[string][]string{
		"user":       {"user"},
		"superAdmin": {"superAdmin", "admin", "moderator", "pro", "user"},
		"lead":       {"lead", "auditor", "pro", "user"},
		"nobody":     nil,
	} {
		if got := p.Roles(role); !slices.Equal(got, want) {
			t.Errorf("%s: got %v, want %v", role, got, want)
		}
	}
}

func TestDefsListsWhatCanBeGiven(t *testing.T) {
	t.Parallel()
	p := compile(t, authz.RoleDef{Name: "zoo"}, authz.RoleDef{Name: "auditor", Allow: []string{"chat:*"}})
	var names []string
	for _, d := range p.Defs() {
		names = append(names, d.Name)
		if !p.Assignable(d.Name) {
			t.Errorf("%s cannot be assigned", d.Name)
		}
		if d.Name == "auditor" {
			d.Allow[0] = "*"
		}
	}
	if want := []string{"user", "pro", "moderator", "admin", "auditor", "zoo"}; !slices.Equal(names, want) {
		t.Errorf("got %v, want %v", names, want)
	}
	if p.Assignable("superAdmin") || p.Assignable("nobody") || p.Assignable("") {
		t.Error("what no workspace gives can be assigned")
	}
	if p.Defs()[4].Allow[0] != "chat:*" {
		t.Error("Defs hands out the policy itself")
	}
}

func TestAtMost(t *testing.T) {
	t.Parallel()
	p := compile(t,
		authz.RoleDef{Name: "reader", Allow: []string{"chat:read"}},
		authz.RoleDef{Name: "muted", Parents: []string{"pro"}, Deny: []string{"chat:write"}},
		authz.RoleDef{Name: "all", Allow: []string{"*"}},
		authz.RoleDef{Name: "biller", Allow: []string{"admin:billing"}},
	)
	tests := []struct {
		role, other string
		want        bool
	}{
		{"user", "user", true}, {"user", "admin", true}, {"admin", "user", false},
		{"reader", "user", true}, {"muted", "pro", true}, {"pro", "muted", false}, {"user", "muted", false},
		{"biller", "moderator", false}, {"moderator", "biller", false}, {"biller", "admin", true},
		{"all", "admin", true}, {"admin", "all", true}, {"all", "superAdmin", true}, {"superAdmin", "all", false},
		{"nobody", "admin", false}, {"user", "nobody", false},
	}
	for _, tt := range tests {
		if got := p.AtMost(tt.role, tt.other); got != tt.want {
			t.Errorf("%s at most %s: %t", tt.role, tt.other, got)
		}
	}
}

func compile(t testing.TB, own ...authz.RoleDef) *authz.Policy {
	t.Helper()
	p, err := authz.Compile(own)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func access(t testing.TB, c authz.AccessConfig) *authz.Access {
	t.Helper()
	if c.WorkspaceID == "" {
		c.WorkspaceID = "ws_1"
	}
	if c.UserID == "" {
		c.UserID = "user_1"
	}
	a, err := authz.NewAccess(c)
	if err != nil {
		t.Fatal(err)
	}
	return a
}
