package authz_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"karnak/test/world"
)

// follow subscribes and tells what came first: an event or an error.
func follow(t *testing.T, w *world.World, f world.Feed, p world.Person) outcome {
	t.Helper()
	s := world.Dial(t, w.Node, p.Token)
	defer func() { _ = s.Conn.CloseNow() }()
	vars := maps.Clone(f.Vars)
	for k, v := range vars {
		if name, ok := v.(string); ok && strings.HasPrefix(name, "$") {
			vars[k], _ = w.Of(p, name[1:])
		}
	}
	s.Subscribe(t, "1", f.Query, vars)
	m, err := s.Read(world.Patience)
	if err != nil {
		t.Fatalf("%s for %s: %v", f.Query, p.Name, err)
	}
	got := outcome{m.Type, f.Query, string(m.Payload)}
	switch {
	case m.Type == "error":
		got.word = m.Code()
	case m.Type == "next" && !slices.ContainsFunc(f.Shows, func(s string) bool { return !m.Has(s) }):
		got.word = allow
	}
	return got
}
