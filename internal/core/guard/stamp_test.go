package guard

import (
	"fmt"
	"testing"
)

func TestStamps(t *testing.T) {
	t.Parallel()
	var s stamps
	s.raise("")
	if s.latest("a", "b") != 0 {
		t.Error("stamped before anything changed")
	}
	s.raise("a")
	a, both, b := s.latest("a"), s.latest("a", "b"), s.latest("b")
	s.raise("b")
	if s.latest("a") != a || s.latest("b") == b || s.latest("a", "b") == both {
		t.Error("a change of b does not show where it should, or shows where it should not")
	}
	s.raise("a")
	if s.latest("a") == a {
		t.Error("a second change does not show")
	}
	seen := s.latest("a", "b")
	for i := range 3 * keptStamps {
		s.raise(fmt.Sprint("session", i))
	}
	if len(s.of) > keptStamps {
		t.Errorf("%d stamps are kept, %d are the most", len(s.of), keptStamps)
	}
	if s.latest("a", "b") == seen || s.latest("never heard of") <= seen {
		t.Error("what was forgotten is taken for unchanged")
	}
	before := s.latest("a")
	s.raise("a")
	if s.latest("a") == before {
		t.Error("a change after that does not show")
	}
}
