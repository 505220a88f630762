package authz

import "slices"

// MaxDepth is how many of a workspace's own roles may stand in one line of inheritance; built-in roles at its end do not
// count.
const MaxDepth = 10

// Policy is the compiled roles of one workspace, the built-in ones among them. It never changes and may be shared; a nil
// Policy has no roles.
type Policy struct {
	roles map[string]*role
	own   []string
}

type role struct {
	def     RoleDef
	builtIn bool
	// What the role allows and denies with everything it inherits; a faulty role gives nothing.
	allow, deny Set
	depth       int
	state       state
	faulty      bool
}

func (r *role) set() Set { return r.allow.Minus(r.deny) }

// Set returns what a role gives in the end: what it and its ancestors allow, less what any of them denies. An unknown
// role gives nothing.
func (p *Policy) Set(role string) Set {
	if r := p.find(role); r != nil {
		return r.set()
	}
	return Set{}
}

// Denied returns what a role or one of its ancestors denies.
func (p *Policy) Denied(role string) Set {
	if r := p.find(role); r != nil {
		return r.deny
	}
	return Set{}
}

// Has reports whether there is a role of this name, superAdmin among them.
func (p *Policy) Has(role string) bool { return p.find(role) != nil }

// Assignable reports whether a workspace can give a role to a member: it is there, free of faults, and not superAdmin.
func (p *Policy) Assignable(role string) bool {
	r := p.find(role)
	return r != nil && !r.faulty && role != RoleSuperAdmin
}

// Defs returns the roles that a workspace can give: the built-in ones, the lowest first, then its own, sorted by name.
func (p *Policy) Defs() []RoleDef {
	if p == nil {
		return nil
	}
	out := BuiltIn()
	out = out[:len(out)-1]
	for _, name := range p.own {
		out = append(out, p.roles[name].def.clone())
	}
	return out
}

// Roles returns a role and everything it inherits from, each once, the nearest first and parents in the order written.
// It is empty for an unknown role.
func (p *Policy) Roles(role string) []string {
	if p.find(role) == nil {
		return nil
	}
	out := []string{role}
	for i := 0; i < len(out); i++ {
		for _, parent := range p.roles[out[i]].def.Parents {
			if p.roles[parent] != nil && !slices.Contains(out, parent) {
				out = append(out, parent)
			}
		}
	}
	return out
}

// AtMost reports whether one role gives nothing that another does not give: that it is not above it. An unknown or
// faulty role is at most nothing and nothing is at most it.
func (p *Policy) AtMost(role, other string) bool {
	r, o := p.find(role), p.find(other)
	if r == nil || o == nil || r.faulty || o.faulty {
		return false
	}
	return o.set().Contains(r.set())
}

// Gained returns what at least one role gives after a change and did not give before it; what a new role gives counts as
// gained, before may be nil. Whoever changes roles must hold all of it: so nobody allows what they lack, be it by a
// role's own rules, by a new parent, by a denial taken away, or in a role further down that inherits from the changed one.
func Gained(before, after *Policy) Set {
	var out Set
	if after == nil {
		return out
	}
	for _, name := range after.own {
		out = out.Union(after.Set(name).Minus(before.Set(name)))
	}
	return out
}

func (p *Policy) find(role string) *role {
	if p == nil {
		return nil
	}
	return p.roles[role]
}
