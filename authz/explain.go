package authz

import (
	"fmt"
	"strings"
	"time"
)

// Effect is what a rule does.
type Effect string

// The effects; a denial beats every allowance.
const (
	EffectAllow Effect = "ALLOW"
	EffectDeny  Effect = "DENY"
)

// Rule is one pattern of a role.
type Rule struct {
	Role    string
	Pattern string
	Effect  Effect
}

// Explanation is a decision and its path.
type Explanation struct {
	Permission Permission
	Allowed    bool
	// Roles are the subject's, the assigned one first, then by inheritance, the nearest first.
	Roles []string
	// Rule is the rule that decided; nil where a grant did, or the lack of any rule.
	Rule *Rule
	// GrantID is the grant that decided; empty where a rule did, or the lack of any.
	GrantID string
	// Until is when the decision ends because that grant does; zero without one.
	Until time.Time
	// GrantableBy are the built-in roles that would give the permission, the lowest first; empty when it is held.
	GrantableBy []string
	// Summary is the decision in one sentence.
	Summary string
}

// Explain says how Allows comes to its answer to the same question.
func (a *Access) Explain(p Permission, now time.Time, objectIDs ...string) Explanation {
	e := Explanation{Permission: p, Allowed: a.Allows(p, now, objectIDs...), GrantableBy: []string{}}
	var g *grant
	if a != nil {
		e.Roles = a.policy.Roles(a.acting)
		e.Rule = a.deciding(p, e.Roles)
		if bit, known := bitOf(p); known {
			g = a.lastGrant(bit, objectIDs)
		}
	}
	switch {
	case !e.Allowed:
		e.GrantableBy = givers(p)
		e.Summary = "Denied: " + a.whyNot(&e, g, now) + "."
	case e.Rule == nil:
		e.GrantID, e.Until = g.ID, g.ExpiresAt
		e.Summary = fmt.Sprintf("Allowed: grant %s gives %s until %s.", g.ID, g.told(p), stamp(g.ExpiresAt))
	case a.Owner:
		e.Summary = fmt.Sprintf("Allowed: the owner has role admin, and role %s has %s.", e.Rule.Role, told(e.Rule.Pattern, p))
	default:
		e.Summary = fmt.Sprintf("Allowed: role %s has %s.", e.Rule.Role, told(e.Rule.Pattern, p))
	}
	return e
}

func (a *Access) whyNot(e *Explanation, g *grant, now time.Time) string {
	if !Known(string(e.Permission)) {
		return fmt.Sprintf("there is no permission %s", quote(string(e.Permission)))
	}
	if a == nil {
		return "not a member of the workspace"
	}
	if e.Rule != nil {
		why := fmt.Sprintf("role %s denies %s", e.Rule.Role, told(e.Rule.Pattern, e.Permission))
		if g != nil && now.Before(g.ExpiresAt) {
			why += ", and grant " + g.ID + " does not lift a denial"
		}
		return why
	}
	why := fmt.Sprintf("no role of %s has %s", a.line(e.Roles), e.Permission)
	switch r := a.policy.find(a.acting); {
	case r == nil:
		why = fmt.Sprintf("there is no role %s", quote(a.acting))
	case r.faulty:
		why = fmt.Sprintf("role %s has a fault and gives nothing", a.acting)
	}
	if g != nil {
		why += fmt.Sprintf(", and grant %s ended at %s", g.ID, stamp(g.ExpiresAt))
	}
	if len(e.GrantableBy) > 0 {
		why += "; " + e.GrantableBy[0] + " has it"
	}
	return why
}

// deciding returns the rule that decides: the nearest that denies, else the nearest that allows.
func (a *Access) deciding(p Permission, roles []string) *Rule {
	bit, known := bitOf(p)
	if !known || !a.set.has(bit) && !a.denied.has(bit) {
		return nil
	}
	effect := EffectAllow
	if a.denied.has(bit) {
		effect = EffectDeny
	}
	for _, name := range roles {
		r := a.policy.roles[name]
		patterns := r.def.Allow
		if effect == EffectDeny {
			patterns = r.def.Deny
		}
		for _, pattern := range patterns {
			if Covers(pattern, p) && (r.builtIn || !p.Platform()) {
				return &Rule{name, pattern, effect}
			}
		}
	}
	return nil
}

// An arrow says that each role inherits from the one before it, so it is right only where no role has two parents.
func (a *Access) line(roles []string) string {
	for _, name := range roles {
		if len(a.policy.roles[name].def.Parents) > 1 {
			return strings.Join(roles, ", ")
		}
	}
	return strings.Join(roles, " → ")
}

func (g *grant) told(p Permission) string {
	s := string(p)
	if g.Role != "" && g.Permission != p {
		s = "role " + g.Role + ", which has " + s + ","
	}
	if g.ObjectID != "" {
		s += " on " + g.ObjectID
	}
	return s
}

func told(pattern string, p Permission) string {
	if pattern == string(p) {
		return pattern
	}
	return pattern + ", which covers " + string(p)
}

func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339Nano) }

func givers(p Permission) []string {
	policy, _ := build(nil)
	out := []string{}
	for _, def := range BuiltIn() {
		if policy.Set(def.Name).Has(p) {
			out = append(out, def.Name)
		}
	}
	return out
}
