package authz

import "math/bits"

const setWords = 4

// A registry that outgrows the set does not compile.
var _ [setWords*64 - len(registry)]struct{}

// Set is a set of permissions. It is a value: it can be compared with == and shared, and nothing changes one that was
// handed out. The zero Set is empty. It is good for one process only and must not be stored.
type Set struct{ words [setWords]uint64 }

// SetOf returns the set of the given permissions; unknown ones are left out.
func SetOf(permissions ...Permission) Set {
	var s Set
	for _, p := range permissions {
		if i, ok := bitOf(p); ok {
			s.add(i)
		}
	}
	return s
}

// Has reports whether the set holds a permission.
func (s Set) Has(p Permission) bool {
	i, ok := bitOf(p)
	return ok && s.has(i)
}

// Contains reports whether the set holds all of another.
func (s Set) Contains(other Set) bool { return other.Minus(s).Empty() }

// Union returns what at least one of two sets holds.
func (s Set) Union(other Set) Set {
	for i, w := range other.words {
		s.words[i] |= w
	}
	return s
}

// Minus returns what the set holds and the other does not.
func (s Set) Minus(other Set) Set {
	for i, w := range other.words {
		s.words[i] &^= w
	}
	return s
}

// Empty reports whether the set holds nothing.
func (s Set) Empty() bool { return s == Set{} }

// Len returns how many permissions the set holds.
func (s Set) Len() int {
	n := 0
	for _, w := range s.words {
		n += bits.OnesCount64(w)
	}
	return n
}

// Permissions returns what the set holds, sorted by name.
func (s Set) Permissions() []Permission {
	out := make([]Permission, 0, s.Len())
	for i := range registry {
		if s.has(i) {
			out = append(out, registry[i].Name)
		}
	}
	return out
}

func (s *Set) add(i int)      { s.words[i>>6] |= 1 << (i & 63) }
func (s *Set) has(i int) bool { return s.words[i>>6]&(1<<(i&63)) != 0 }

func bitOf(p Permission) (int, bool) {
	i, ok := positions[p]
	return i, ok
}
