package authz

import (
	"fmt"
	"slices"
	"strings"
)

type state uint8

const (
	unseen state = iota
	open
	closed
)

// Compile checks and compiles the roles of a workspace beside the built-in ones. Its error is a *PolicyError that lists
// every fault of every role. Use it before roles are written.
func Compile(own []RoleDef) (*Policy, error) {
	p, faults := build(own)
	if len(faults) > 0 {
		return nil, &PolicyError{faults}
	}
	return p, nil
}

// Load compiles roles that were stored, perhaps by an earlier version that knew other permissions. A role with a fault,
// and whatever inherits from it, gives nothing; the others work. The policy is never nil; the faults are to be logged.
func Load(own []RoleDef) (*Policy, []RoleFault) { return build(own) }

type compiler struct {
	policy  *Policy
	covered map[string]Set
	faults  []RoleFault
	path    []string
}

func build(own []RoleDef) (*Policy, []RoleFault) {
	c := &compiler{
		policy:  &Policy{roles: make(map[string]*role, len(own)+8), own: make([]string, 0, len(own))},
		covered: map[string]Set{},
	}
	for _, def := range BuiltIn() {
		c.policy.roles[def.Name] = &role{def: def, builtIn: true}
	}
	for _, def := range own {
		c.add(def)
	}
	for _, name := range c.policy.own {
		c.check(c.policy.roles[name])
	}
	for _, def := range BuiltIn() {
		c.close(c.policy.roles[def.Name])
	}
	for _, name := range c.policy.own {
		c.close(c.policy.roles[name])
	}
	for _, r := range c.policy.roles {
		if r.faulty {
			r.allow, r.deny = Set{}, Set{}
		}
	}
	slices.Sort(c.policy.own)
	return c.policy, c.faults
}

func (c *compiler) add(def RoleDef) {
	r := &role{def: def.clone()}
	switch had := c.policy.roles[def.Name]; {
	case isShadow(def.Name):
		c.fault(r, FaultShadow, "name", def.Name, "this is the name of a built-in role; choose another")
		return
	case had != nil:
		c.fault(had, FaultDuplicate, "name", def.Name, "two roles have this name; rename one of them")
		return
	case !validName(def.Name):
		c.fault(r, FaultName, "name", def.Name,
			"a name is 2 to 40 lower-case letters, digits and dashes and begins with a letter; choose such a one")
	}
	c.policy.roles[def.Name] = r
	c.policy.own = append(c.policy.own, def.Name)
}

func isShadow(name string) bool { return IsBuiltIn(name) || strings.EqualFold(name, RoleSuperAdmin) }

func validName(name string) bool {
	if len(name) < 2 || len(name) > 40 || name[0] < 'a' || name[0] > 'z' {
		return false
	}
	return !strings.ContainsFunc(name, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '-'
	})
}

func (c *compiler) check(r *role) {
	for _, parent := range r.def.Parents {
		switch {
		case parent == RoleSuperAdmin:
			c.fault(r, FaultPlatform, "parents", parent,
				"superAdmin is a role of the platform; inherit from admin or a lower one")
		case c.policy.roles[parent] == nil:
			c.fault(r, FaultParent, "parents", parent,
				"there is no role %s to inherit from; create it first or leave it out", quote(parent))
		}
	}
	c.checkPatterns(r, "allow", r.def.Allow)
	c.checkPatterns(r, "deny", r.def.Deny)
}

func (c *compiler) checkPatterns(r *role, field string, patterns []string) {
	for _, pattern := range patterns {
		switch {
		case !c.matching(pattern, r.builtIn).Empty():
		case Permission(pattern).Platform():
			c.fault(r, FaultPlatform, field, pattern,
				"%s belongs to the platform, no workspace gives it; leave it out", quote(pattern))
		default:
			c.fault(r, FaultPattern, field, pattern,
				"%s covers no permission; name one, or a family such as chat:*", quote(pattern))
		}
	}
}

// close computes what a role gives with all it inherits, its ancestors first.
func (c *compiler) close(r *role) {
	if r.state == closed {
		return
	}
	r.state = open
	c.path = append(c.path, r.def.Name)
	for _, pattern := range r.def.Allow {
		r.allow = r.allow.Union(c.matching(pattern, r.builtIn))
	}
	for _, pattern := range r.def.Deny {
		r.deny = r.deny.Union(c.matching(pattern, r.builtIn))
	}
	for _, name := range r.def.Parents {
		if parent := c.policy.roles[name]; parent != nil {
			c.inherit(r, parent)
		}
	}
	if !r.builtIn {
		r.depth++
	}
	// Only the first role past the limit is told of; those below it have the same cause.
	if r.depth == MaxDepth+1 {
		c.fault(r, FaultDepth, "parents", r.def.Name,
			"it ends a line of %d roles that inherit from each other and %d are the most; take a parent away", r.depth, MaxDepth)
	}
	c.path = c.path[:len(c.path)-1]
	r.state = closed
}

func (c *compiler) inherit(r, parent *role) {
	if parent.state == open {
		told := r.def.Name + " → " + strings.Join(shorten(c.path[slices.Index(c.path, parent.def.Name):]), " → ")
		c.fault(r, FaultCycle, "parents", told, "it inherits from itself by %s; take one of these parents away", told)
		return
	}
	c.close(parent)
	r.allow, r.deny = r.allow.Union(parent.allow), r.deny.Union(parent.deny)
	r.depth = max(r.depth, parent.depth)
	r.faulty = r.faulty || parent.faulty
}

func (c *compiler) matching(pattern string, builtIn bool) Set {
	if builtIn {
		return matching(pattern)
	}
	s, ok := c.covered[pattern]
	if !ok {
		s = Matching(pattern)
		c.covered[pattern] = s
	}
	return s
}

func (c *compiler) fault(r *role, kind FaultKind, field, value, format string, args ...any) {
	r.faulty = true
	message := fmt.Sprintf("Role %s: %s.", quote(r.def.Name), fmt.Sprintf(format, args...))
	c.faults = append(c.faults, RoleFault{kind, r.def.Name, field, value, message})
}

// Names come from outside: a message repeats no more of them than it needs.
func quote(s string) string {
	if runes := []rune(s); len(runes) > 60 {
		s = string(runes[:60]) + "…"
	}
	return fmt.Sprintf("%q", s)
}

// shorten leaves the middle of a long line out.
func shorten(line []string) []string {
	if len(line) <= MaxDepth {
		return line
	}
	return append(slices.Clone(line[:MaxDepth]), "…", line[len(line)-1])
}
