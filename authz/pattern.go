package authz

import "strings"

// Wildcard stands in a pattern for one segment, and as the last segment for all that follow, at least one.
const Wildcard = "*"

// Covers reports whether a pattern covers a permission: "chat:*" covers chat:read and chat:read:all, "*:read" covers
// chat:read, "*" covers everything, and a name covers itself alone.
func Covers(pattern string, p Permission) bool {
	name := string(p)
	if pattern == "" || name == "" {
		return false
	}
	for {
		want, restWant, moreWant := strings.Cut(pattern, ":")
		have, restHave, moreHave := strings.Cut(name, ":")
		switch {
		case want == Wildcard && !moreWant:
			return true
		case want != Wildcard && want != have:
			return false
		case moreWant != moreHave:
			return false
		case !moreWant:
			return true
		}
		pattern, name = restWant, restHave
	}
}

// Matching returns the permissions that a pattern of a workspace's own role covers: those of the platform are left out.
// It is empty for a pattern that a role may not have.
func Matching(pattern string) Set { return matching(pattern).Minus(platformSet()) }

func matching(pattern string) Set {
	var s Set
	for i := range registry {
		if Covers(pattern, registry[i].Name) {
			s.add(i)
		}
	}
	return s
}

func platformSet() Set {
	var s Set
	for i := range registry {
		if registry[i].Platform {
			s.add(i)
		}
	}
	return s
}
