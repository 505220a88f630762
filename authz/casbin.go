package authz

import (
	_ "embed"
	"errors"
	"fmt"

	"github.com/casbin/casbin/v2"
	"github.com/casbin/casbin/v2/model"
	defaultrolemanager "github.com/casbin/casbin/v2/rbac/default-role-manager"
)

//go:embed model.conf
var modelText string

// everywhere is the Casbin domain of what holds in every workspace.
const everywhere = "*"

// Assignment gives a user a role in a workspace, or superAdmin in every one, WorkspaceID being empty then.
type Assignment struct{ WorkspaceID, UserID, Role string }

// EnforcerConfig is what a Casbin enforcer is loaded with.
type EnforcerConfig struct {
	// Workspaces are the policies by workspace id.
	Workspaces  map[string]*Policy
	Assignments []Assignment
}

// UserSubject returns a user's name in Casbin.
func UserSubject(userID string) string { return "u:" + userID }

// RoleSubject returns a role's name in Casbin.
func RoleSubject(role string) string { return "r:" + role }

// NewEnforcer returns the Casbin enforcer that defines the decisions of roles: Enforce(subject, workspaceID, permission).
// It reads every rule for one answer (milliseconds at thousands of rules) and knows no grants: it is for proving that the
// compiled sets are right, never for answering a request. It is not to be changed after it was made.
func NewEnforcer(c EnforcerConfig) (*casbin.Enforcer, error) {
	m, err := model.NewModelFromString(modelText)
	if err != nil {
		return nil, fmt.Errorf("casbin model: %w", err)
	}
	rules, links, err := c.lines()
	if err != nil {
		return nil, err
	}
	// The model's own AddPolicies leaves out what is already there; the enforcer's would then add nothing at all.
	if err := m.AddPolicies("p", "p", rules); err != nil {
		return nil, fmt.Errorf("casbin rules: %w", err)
	}
	if err := m.AddPolicies("g", "g", links); err != nil {
		return nil, fmt.Errorf("casbin role links: %w", err)
	}
	e, err := casbin.NewEnforcer(m)
	if err != nil {
		return nil, fmt.Errorf("casbin enforcer: %w", err)
	}
	e.AddFunction("covers", coversFunc)
	// Casbin's own manager stops after ten links without a word: room is needed for our own depth, the built-in roles
	// and the user.
	roles := defaultrolemanager.NewRoleManager(MaxDepth + len(BuiltIn()) + 1)
	roles.AddDomainMatchingFunc("everywhere", func(domain, pattern string) bool { return pattern == everywhere })
	e.SetRoleManager(roles)
	if err := e.BuildRoleLinks(); err != nil {
		return nil, fmt.Errorf("casbin role links: %w", err)
	}
	return e, nil
}

func (c EnforcerConfig) lines() (rules, links [][]string, err error) {
	for _, def := range BuiltIn() {
		rules, links = appendRole(rules, links, everywhere, def)
	}
	for id, p := range c.Workspaces {
		if id == "" || id == everywhere || p == nil {
			return nil, nil, fmt.Errorf("casbin: workspace %q needs an id and a policy", id)
		}
		for _, name := range p.own {
			if r := p.roles[name]; !r.faulty {
				rules, links = appendRole(rules, links, id, r.def)
			}
		}
	}
	for _, a := range c.Assignments {
		domain := a.WorkspaceID
		if (a.Role == RoleSuperAdmin) != (domain == "") || domain == everywhere {
			return nil, nil, fmt.Errorf("casbin: role %s cannot be assigned in workspace %q", a.Role, domain)
		}
		if domain == "" {
			domain = everywhere
		}
		links = append(links, []string{UserSubject(a.UserID), RoleSubject(a.Role), domain})
	}
	return rules, links, nil
}

func appendRole(rules, links [][]string, domain string, def RoleDef) ([][]string, [][]string) {
	for _, pattern := range def.Allow {
		rules = append(rules, []string{RoleSubject(def.Name), domain, pattern, "allow"})
	}
	for _, pattern := range def.Deny {
		rules = append(rules, []string{RoleSubject(def.Name), domain, pattern, "deny"})
	}
	for _, parent := range def.Parents {
		links = append(links, []string{RoleSubject(def.Name), RoleSubject(parent), domain})
	}
	return rules, links
}

func coversFunc(args ...any) (any, error) {
	if len(args) != 3 {
		return nil, errors.New("covers takes a pattern, a permission and a domain")
	}
	pattern, ok1 := args[0].(string)
	name, ok2 := args[1].(string)
	domain, ok3 := args[2].(string)
	if !ok1 || !ok2 || !ok3 {
		return nil, errors.New("covers takes strings")
	}
	p := Permission(name)
	return Covers(pattern, p) && (domain == everywhere || !p.Platform()), nil
}

// Verify asks Casbin about every permission of the given roles, of all when none is given, and returns an error that names
// the first on which the compiled set says something else.
func (p *Policy) Verify(roles ...string) error {
	if p == nil {
		return nil
	}
	const workspace = "ws"
	e, err := NewEnforcer(EnforcerConfig{Workspaces: map[string]*Policy{workspace: p}})
	if err != nil {
		return err
	}
	if len(roles) == 0 {
		for _, def := range BuiltIn() {
			roles = append(roles, def.Name)
		}
		roles = append(roles, p.own...)
	}
	for _, name := range roles {
		for _, info := range All() {
			want, err := e.Enforce(RoleSubject(name), workspace, string(info.Name))
			if err != nil {
				return fmt.Errorf("casbin: %w", err)
			}
			if got := p.Set(name).Has(info.Name); got != want {
				return fmt.Errorf("role %s, permission %s: compiled to %t, Casbin says %t", name, info.Name, got, want)
			}
		}
	}
	return nil
}
