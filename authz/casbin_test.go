package authz_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"karnak/authz"
)

// Thousands of random role graphs: what is compiled is what Casbin says, for every role and permission.
func TestCompiledEqualsCasbin(t *testing.T) {
	t.Parallel()
	const graphs = 2000
	r := rand.New(rand.NewPCG(20, 26))
	var asked, allowed, denied int
	for i := range graphs {
		own := randomRoles(r)
		p := compile(t, own...)
		names := make([]string, len(own))
		for j, d := range own {
			names[j] = d.Name
			asked += len(authz.All())
			allowed += p.Set(d.Name).Len()
			denied += p.Denied(d.Name).Len()
		}
		if err := p.Verify(names...); err != nil {
			t.Fatalf("graph %d: %v\n%+v", i, err, own)
		}
	}
	t.Logf("%d decisions, %d allowed, %d under a denial", asked, allowed, denied)
	if allowed < asked/10 || denied < asked/20 || allowed > asked*9/10 {
		t.Error("the graphs are too much alike to prove anything")
	}
}

func randomRoles(r *rand.Rand) []authz.RoleDef {
	patterns := []string{"*", "chat:*", "chat:read:*", "*:read", "*:*:all", "admin:*", "api:*", "user:*", "*:write", "*:delete"}
	for _, info := range authz.All() {
		if !info.Platform {
			patterns = append(patterns, string(info.Name), string(info.Name))
		}
	}
	pick := func(most int) []string {
		var out []string
		for range r.IntN(most + 1) {
			out = append(out, patterns[r.IntN(len(patterns))])
		}
		return out
	}
	builtIn := []string{"user", "pro", "moderator", "admin"}
	own := make([]authz.RoleDef, 1+r.IntN(10))
	for i := range own {
		own[i] = authz.RoleDef{Name: fmt.Sprintf("r%d", i), Allow: pick(3)}
		if r.IntN(3) == 0 {
			own[i].Deny = pick(2)
		}
		if r.IntN(2) == 0 {
			own[i].Parents = append(own[i].Parents, builtIn[r.IntN(len(builtIn))])
		}
		// Parents come from before, so the graph has no cycle; ten roles are at most ten deep.
		for range r.IntN(3) {
			if i > 0 {
				own[i].Parents = append(own[i].Parents, own[r.IntN(i)].Name)
			}
		}
	}
	r.Shuffle(len(own), func(i, j int) { own[i], own[j] = own[j], own[i] })
	return own
}

func TestEnforcerKeepsWorkspacesAndNamesApart(t *testing.T) {
	t.Parallel()
	e, err := authz.NewEnforcer(authz.EnforcerConfig{
		Workspaces: map[string]*authz.Policy{
			"ws_1": compile(t, authz.RoleDef{Name: "auditor", Parents: []string{"moderator"}, Allow: []string{"*"}, Deny: []string{"chat:write"}}),
			"ws_2": compile(t, authz.RoleDef{Name: "auditor", Allow: []string{"feed:read"}}),
		},
		Assignments: []authz.Assignment{
			{WorkspaceID: "ws_1", UserID: "ann", Role: "auditor"},
			{WorkspaceID: "ws_2", UserID: "ann", Role: "user"},
			{WorkspaceID: "ws_2", UserID: "bob", Role: "auditor"},
			{WorkspaceID: "ws_1", UserID: "admin", Role: "user"},
			{WorkspaceID: "ws_1", UserID: "r:admin", Role: "user"},
			{UserID: "root", Role: "superAdmin"},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		subject, workspace string
		p                  authz.Permission
		want               bool
	}{
		{"u:ann", "ws_1", "admin:users", true}, {"u:ann", "ws_1", "chat:write", false}, {"u:ann", "ws_1", "admin:system", false},
		{"u:ann", "ws_2", "admin:users", false}, {"u:ann", "ws_2", "chat:write", true}, {"u:ann", "ws_3", "chat:read", false},
		{"u:bob", "ws_2", "feed:read", true}, {"u:bob", "ws_2", "chat:read", false}, {"u:bob", "ws_1", "feed:read", false},
		{"r:auditor", "ws_1", "user:delete", true}, {"r:auditor", "ws_2", "user:delete", false}, {"r:auditor", "ws_3", "feed:read", false},
		{"u:admin", "ws_1", "admin:users", false}, {"u:admin", "ws_1", "chat:read", true}, {"u:r:admin", "ws_1", "admin:users", false},
		{"admin", "ws_1", "chat:read", false}, {"u:nobody", "ws_1", "chat:read", false}, {"*", "ws_1", "chat:read", false},
		{"u:root", "ws_1", "admin:system", true}, {"u:root", "ws_3", "chat:read:all", true}, {"u:root", "ws_1", "chat:write", true},
	}
	for _, tt := range tests {
		got, err := e.Enforce(tt.subject, tt.workspace, string(tt.p))
		if err != nil || got != tt.want {
			t.Errorf("%s, %s, %s: %t, %v", tt.subject, tt.workspace, tt.p, got, err)
		}
	}
	if _, err := e.Enforce("u:ann", "ws_1", 7); err == nil {
		t.Error("a permission that is no string is answered")
	}
}

func TestEnforcerRefuses(t *testing.T) {
	t.Parallel()
	p := compile(t)
	for name, c := range map[string]authz.EnforcerConfig{
		"workspace without an id":     {Workspaces: map[string]*authz.Policy{"": p}},
		"workspace named as the star": {Workspaces: map[string]*authz.Policy{"*": p}},
		"workspace without a policy":  {Workspaces: map[string]*authz.Policy{"ws_1": nil}},
		"superAdmin of a workspace":   {Assignments: []authz.Assignment{{WorkspaceID: "ws_1", UserID: "u", Role: "superAdmin"}}},
		"admin of the platform":       {Assignments: []authz.Assignment{{UserID: "u", Role: "admin"}}},
		"admin of every workspace":    {Assignments: []authz.Assignment{{WorkspaceID: "*", UserID: "u", Role: "admin"}}},
	} {
		if e, err := authz.NewEnforcer(c); err == nil || e != nil {
			t.Errorf("%s: got %v, %v", name, e, err)
		}
	}
}
