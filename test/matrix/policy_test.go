package matrix_test

import (
	"bufio"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"karnak/test/world"
)

// The words of testdata/policy.txt.
const (
	takesID = "id"
	cursor  = "cursor"
	claims  = "claim"
	proves  = "proof"
	names   = "name"
	free    = "free"
)

const policyFile = "testdata/policy.txt"

// readPolicy reads what a foreign value of each argument and input field comes to.
func readPolicy(t *testing.T) map[string]string {
	t.Helper()
	f, err := os.Open(policyFile)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	out := map[string]string{}
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		words := strings.Fields(lines.Text())
		switch {
		case len(words) == 0 || strings.HasPrefix(words[0], "#"):
		case len(words) != 2 || !slices.Contains([]string{takesID, cursor, claims, proves, names, free}, words[1]):
			t.Fatalf("%s: %q: a coordinate and id, cursor, claim, proof, name or free are wanted", policyFile, lines.Text())
		case out[words[0]] != "":
			t.Fatalf("%s has %s twice", policyFile, words[0])
		default:
			out[words[0]] = words[1]
		}
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	return out
}

// coordinates returns every argument and every input field of the schema.
func (s *stage) coordinates() []string {
	var out []string
	for _, x := range s.parameters() {
		out = append(out, x.coordinate())
	}
	for name, fields := range s.inputs.Objects {
		for _, f := range fields {
			out = append(out, name+"."+f.Name)
		}
	}
	slices.Sort(out)
	return out
}

// covered checks that every field has a row of the access table, and every argument and input field one of the policy. An
// argument of ids cannot be called free.
func (s *stage) covered(t *testing.T) {
	t.Helper()
	left := maps.Clone(s.policy)
	for _, x := range s.coordinates() {
		if s.policy[x] == "" {
			t.Errorf("%s has no policy: add a row to test/matrix/%s that says what a foreign value of it comes to", x, policyFile)
		}
		delete(left, x)
	}
	for x := range left {
		t.Errorf("%s: the schema has no %s", policyFile, x)
	}
	for name, fields := range s.inputs.Objects {
		for _, f := range fields {
			s.typed(t, name+"."+f.Name, f)
		}
	}
	for _, x := range s.parameters() {
		s.typed(t, x.coordinate(), x.arg)
	}
	world.Covers(t, s.schema, s.rows)
}

func (s *stage) typed(t *testing.T, coordinate string, a world.Arg) {
	t.Helper()
	kind, policy := a.Type.Named().Name, s.policy[coordinate]
	if kind == "ID" && policy != takesID && policy != claims || kind == "Cursor" && policy != cursor {
		t.Errorf("%s: %s is a %s and cannot be %s", policyFile, coordinate, kind, policy)
	}
}
