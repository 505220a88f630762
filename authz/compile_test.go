package authz_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"karnak/authz"
)

func TestCompileRefuses(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		own  []authz.RoleDef
		want []string // kind role field value
	}{
		{"unknown parent", []authz.RoleDef{{Name: "lead", Parents: []string{"ghost"}}}, []string{"PARENT lead parents ghost"}},
		{"parent superAdmin", []authz.RoleDef{{Name: "lead", Parents: []string{"superAdmin"}}}, []string{"PLATFORM lead parents superAdmin"}},
		{"platform permission", []authz.RoleDef{{Name: "lead", Allow: []string{"admin:system"}}}, []string{"PLATFORM lead allow admin:system"}},
		{"unknown patterns", []authz.RoleDef{{Name: "lead", Allow: []string{"chat:fly", "chat:*"}, Deny: []string{"zoo:*"}}},
			[]string{"PATTERN lead allow chat:fly", "PATTERN lead deny zoo:*"}},
		{"empty pattern", []authz.RoleDef{{Name: "lead", Allow: []string{""}}}, []string{"PATTERN lead allow "}},
		{"shadow", []authz.RoleDef{{Name: "admin", Allow: []string{"*"}}}, []string{"SHADOW admin name admin"}},
		{"shadow of superAdmin in other letters", []authz.RoleDef{{Name: "superadmin"}}, []string{"SHADOW superadmin name superadmin"}},
		{"duplicate", []authz.RoleDef{{Name: "lead"}, {Name: "lead"}}, []string{"DUPLICATE lead name lead"}},
		{"names", []authz.RoleDef{{Name: ""}, {Name: "r:admin"}, {Name: "Lead"}, {Name: "x"}, {Name: "1st"}, {Name: strings.Repeat("a", 41)}},
			[]string{"NAME  name ", "NAME r:admin name r:admin", "NAME Lead name Lead", "NAME x name x", "NAME 1st name 1st",
				"NAME " + strings.Repeat("a", 41) + " name " + strings.Repeat("a", 41)}},
		{"own parent", []authz.RoleDef{{Name: "lead", Parents: []string{"lead"}}}, []string{"CYCLE lead parents lead → lead"}},
		{"cycle", []authz.RoleDef{{Name: "aa", Parents: []string{"bb"}}, {Name: "bb", Parents: []string{"cc"}}, {Name: "cc", Parents: []string{"user", "aa"}}},
			[]string{"CYCLE cc parents cc → aa → bb → cc"}},
		{"cycle not reached from its first role", []authz.RoleDef{{Name: "aa", Parents: []string{"bb"}}, {Name: "bb", Parents: []string{"cc"}}, {Name: "cc", Parents: []string{"bb"}}},
			[]string{"CYCLE cc parents cc → bb → cc"}},
		{"several roles", []authz.RoleDef{{Name: "aa", Parents: []string{"ghost"}, Allow: []string{"x"}}, {Name: "bb", Deny: []string{"y"}}},
			[]string{"PARENT aa parents ghost", "PATTERN aa allow x", "PATTERN bb deny y"}},
		{"depth 11", chain(11), []string{"DEPTH r11 parents r11"}},
		{"depth 13 is told once", chain(13), []string{"DEPTH r11 parents r11"}},
		{"depth 11 in any order", reversed(chain(11)), []string{"DEPTH r11 parents r11"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			p, err := authz.Compile(tt.own)
			var e *authz.PolicyError
			if !errors.As(err, &e) || p != nil {
				t.Fatalf("got %v, %v", p, err)
			}
			var got []string
			for _, f := range e.Faults {
				got = append(got, fmt.Sprintf("%s %s %s %s", f.Kind, f.Role, f.Field, f.Value))
				if !strings.Contains(f.Message, f.Role) || !strings.Contains(err.Error(), f.Message) {
					if len(f.Role) <= 40 {
						t.Errorf("message %q does not name %q, or %q lacks it", f.Message, f.Role, err)
					}
				}
			}
			if !slices.Equal(got, tt.want) {
				t.Errorf("got  %q\nwant %q", got, tt.want)
			}
		})
	}
}

func TestCompileAccepts(t *testing.T) {
	t.Parallel()
	under := chain(10)
	under[0].Parents = []string{"admin"}
	for name, own := range map[string][]authz.RoleDef{
		"none":                       nil,
		"depth 10":                   chain(10),
		"depth 10 over admin":        under,
		"depth 10 in any order":      reversed(chain(10)),
		"diamond":                    {{Name: "top", Parents: []string{"left", "right"}}, {Name: "left", Parents: []string{"base"}}, {Name: "right", Parents: []string{"base"}}, {Name: "base"}},
		"twice the same":             {{Name: "lead", Parents: []string{"user", "user"}, Allow: []string{"chat:*", "chat:*"}}},
		"wildcards over everything":  {{Name: "all", Allow: []string{"*", "admin:*", "*:read"}, Deny: []string{"api:*"}}},
		"longest and shortest names": {{Name: "ab"}, {Name: "a-" + strings.Repeat("9", 38)}},
	} {
		p, err := authz.Compile(own)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if err := p.Verify(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// The deepest role still has what the first of the chain allows, in Casbin too.
func TestDepthTenKeepsItsRights(t *testing.T) {
	t.Parallel()
	own := chain(10)
	own[0].Parents, own[0].Allow = []string{"admin"}, []string{"chat:read"}
	p := compile(t, own...)
	if !p.Set("r10").Contains(p.Set("admin")) {
		t.Errorf("r10 has %v", p.Set("r10").Permissions())
	}
	e, err := authz.NewEnforcer(authz.EnforcerConfig{
		Workspaces:  map[string]*authz.Policy{"ws_1": p},
		Assignments: []authz.Assignment{{WorkspaceID: "ws_1", UserID: "u1", Role: "r10"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	if ok, err := e.Enforce(authz.UserSubject("u1"), "ws_1", "user:read"); err != nil || !ok {
		t.Errorf("Casbin denies what the last of 14 inherited roles allows: %v", err)
	}
}

func TestDenyBeatsAllowWhereverInherited(t *testing.T) {
	t.Parallel()
	p := compile(t,
		authz.RoleDef{Name: "muted", Deny: []string{"chat:write"}},
		authz.RoleDef{Name: "silent", Parents: []string{"user", "muted"}},
		authz.RoleDef{Name: "loud", Parents: []string{"silent"}, Allow: []string{"chat:write", "chat:*"}},
		authz.RoleDef{Name: "gone", Parents: []string{"admin"}, Deny: []string{"chat:*"}},
		authz.RoleDef{Name: "other", Parents: []string{"user"}},
	)
	tests := []struct {
		role string
		p    authz.Permission
		want bool
	}{
		{"silent", "chat:write", false}, {"silent", "chat:read", true},
		{"loud", "chat:write", false}, {"loud", "chat:delete", true},
		{"gone", "chat:read", false}, {"gone", "chat:read:all", false}, {"gone", "admin:users", true},
		{"other", "chat:write", true}, {"user", "chat:write", true},
	}
	for _, tt := range tests {
		if got := p.Set(tt.role).Has(tt.p); got != tt.want {
			t.Errorf("%s, %s: %t", tt.role, tt.p, got)
		}
	}
	if got := p.Denied("loud"); got != authz.SetOf("chat:write") {
		t.Errorf("loud denies %v", got.Permissions())
	}
	if err := p.Verify(); err != nil {
		t.Error(err)
	}
}

func TestUnknownAndNil(t *testing.T) {
	t.Parallel()
	p := compile(t)
	var none *authz.Policy
	for _, set := range []authz.Set{p.Set("nobody"), p.Set(""), p.Set("r:admin"), p.Set("Admin"), p.Denied("nobody"), none.Set("admin")} {
		if !set.Empty() {
			t.Errorf("got %v", set.Permissions())
		}
	}
	if p.Has("nobody") || !p.Has("superAdmin") || none.Has("user") || none.Roles("user") != nil || none.Defs() != nil || none.Verify() != nil {
		t.Error("roles are there that are not")
	}
}

func TestLoadLetsFaultyRolesGiveNothing(t *testing.T) {
	t.Parallel()
	p, faults := authz.Load([]authz.RoleDef{
		{Name: "old", Parents: []string{"admin"}, Deny: []string{"renamed:thing"}},
		{Name: "heir", Parents: []string{"old"}, Allow: []string{"chat:read"}},
		{Name: "aa", Parents: []string{"bb", "admin"}},
		{Name: "bb", Parents: []string{"cc", "aa"}},
		{Name: "cc", Parents: []string{"bb", "user"}},
		{Name: "admin", Allow: []string{"*"}},
		{Name: "fine", Parents: []string{"pro"}},
	})
	if len(faults) != 4 {
		t.Errorf("got %d faults: %v", len(faults), faults)
	}
	for _, role := range []string{"old", "heir", "aa", "bb", "cc"} {
		if got := p.Set(role); !got.Empty() {
			t.Errorf("%s gives %v", role, got.Permissions())
		}
		if p.Assignable(role) || p.AtMost(role, "admin") {
			t.Errorf("%s can be assigned", role)
		}
	}
	if p.Set("fine") != p.Set("pro") || p.Set("admin") != compile(t).Set("admin") {
		t.Error("a fault reached a role without one")
	}
}

func TestGained(t *testing.T) {
	t.Parallel()
	def := func(name, parent, allow, deny string) authz.RoleDef {
		d := authz.RoleDef{Name: name}
		for _, x := range []struct {
			in  string
			out *[]string
		}{{parent, &d.Parents}, {allow, &d.Allow}, {deny, &d.Deny}} {
			if x.in != "" {
				*x.out = []string{x.in}
			}
		}
		return d
	}
	base := def("base", "", "chat:read", "admin:users")
	heir := def("heir", "base", "admin:*", "")
	before := compile(t, base, heir)
	tests := []struct {
		name  string
		after *authz.Policy
		want  authz.Set
	}{
		{"nothing", before, authz.Set{}},
		{"a new role", compile(t, base, heir, def("new", "", "api:*", "")), authz.SetOf("api:read", "api:write")},
		{"an allowance", compile(t, def("base", "", "chat:*", "admin:users"), heir), authz.SetOf("chat:delete", "chat:write", "chat:read:all")},
		{"a denial gone frees an heir", compile(t, def("base", "", "chat:read", ""), heir), authz.SetOf("admin:users")},
		{"a role gone", compile(t, base), authz.Set{}},
		{"no policy", nil, authz.Set{}},
	}
	for _, tt := range tests {
		if got := authz.Gained(before, tt.after); got != tt.want {
			t.Errorf("%s: got %v, want %v", tt.name, got.Permissions(), tt.want.Permissions())
		}
	}
	if got := authz.Gained(nil, compile(t, base)); got != authz.SetOf("chat:read") {
		t.Errorf("from nothing: got %v", got.Permissions())
	}
}

func TestMessagesStayShort(t *testing.T) {
	t.Parallel()
	long := make([]authz.RoleDef, 2000)
	for i := range long {
		long[i] = authz.RoleDef{Name: fmt.Sprintf("r%d", i), Parents: []string{fmt.Sprintf("r%d", (i+1)%len(long))}}
	}
	for name, own := range map[string][]authz.RoleDef{
		"cycle": long,
		"name":  {{Name: strings.Repeat("é", 1<<16)}},
		"parts": {{Name: "lead", Parents: []string{strings.Repeat("p", 1<<16)}, Allow: []string{strings.Repeat("*:", 1<<16)}}},
	} {
		_, faults := authz.Load(own)
		if len(faults) == 0 {
			t.Errorf("%s: no fault", name)
		}
		for _, f := range faults {
			if len(f.Message) > 400 {
				t.Errorf("%s: a message of %d bytes", name, len(f.Message))
			}
		}
	}
}

// chain returns r01 to the given number, each inheriting from the one before it.
func chain(n int) []authz.RoleDef {
	own := make([]authz.RoleDef, n)
	for i := range own {
		own[i].Name = fmt.Sprintf("r%02d", i+1)
		if i > 0 {
			own[i].Parents = []string{own[i-1].Name}
		}
	}
	return own
}

func reversed(own []authz.RoleDef) []authz.RoleDef {
	slices.Reverse(own)
	return own
}
