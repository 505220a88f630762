package matrix_test

import (
	"fmt"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"

	"karnak/test/world"
)

// most is how many fields are asked in one document: its aliases are bounded.
const most = 25

// placeholder is a $name of what is asked for, or a $$name of the caller's own.
var placeholder = regexp.MustCompile(`\$\$?\w+`)

// fill puts ids for names.
func (s *stage) fill(t *testing.T, p principal, text string, of map[string]string) string {
	t.Helper()
	own := s.missing
	if p.own != nil {
		own = p.own.IDs
	}
	return placeholder.ReplaceAllStringFunc(text, func(name string) string {
		x, ok := of[name[1:]]
		if strings.HasPrefix(name, "$$") {
			x, ok = own[name[2:]]
		}
		switch strings.TrimLeft(name, "$") {
		case "self":
			x, ok = p.who.ID, true
		case "email":
			x, ok = p.who.Email, true
		case "password":
			x, ok = world.Password, true
		}
		if !ok {
			t.Fatalf("nothing is named %s in %s", name, text)
		}
		return fmt.Sprintf("%q", x)
	})
}

// deep selects the leaves of a type and, so many levels below, of what hangs on it.
func (s *stage) deep(on string, levels int) string {
	out := []string{"__typename"}
	for _, f := range world.SortedFields(s.schema[on]) {
		switch {
		case needs(f) || s.gated[on+"."+f.Name]:
		case !f.Type.Composite():
			out = append(out, f.Name)
		case levels > 0:
			out = append(out, f.Name+" "+s.deep(f.Type.Named().Name, levels-1))
		}
	}
	return "{ " + strings.Join(out, " ") + " }"
}

// needs reports whether a field has arguments that have to be given.
func needs(f *world.Field) bool {
	for _, a := range f.Args {
		if a.Required() {
			return true
		}
	}
	return false
}

// readFields asks every field of every type, by the way to it, of what is one's own, foreign and missing.
func (s *stage) readFields(t *testing.T) {
	routes := world.Routes()
	for _, group := range world.ByGroup(s.rows) {
		first := group[0]
		if first.On == "Mutation" || first.On == "Subscription" || first.On == "StreamGap" || s.schema.MutationOf(first.On) != "" {
			continue // by mutations and by streams
		}
		way, ok := routes[first.Group()]
		if !ok {
			t.Errorf("%s: there is no way to %s: give test/world.Routes one", first.Where, first.Group())
			continue
		}
		for len(group) > 0 && !enough(t) {
			n := min(most, len(group))
			s.readGroup(t, way, group[:n])
			group = group[n:]
		}
	}
}

// document writes the request for some fields of one type.
func (s *stage) document(t *testing.T, way world.Route, rows []world.Row) string {
	t.Helper()
	var fields []string
	for i, r := range rows {
		below := s.deep(s.schema[r.On][r.Field].Type.Named().Name, 1)
		fields = append(fields, s.schema.Selection(t, r, fmt.Sprintf("f%d", i), below))
	}
	return strings.Replace(way.Open, "%s", strings.Join(fields, " "), 1)
}

func (s *stage) readGroup(t *testing.T, way world.Route, rows []world.Row) {
	t.Helper()
	text := s.document(t, way, rows)
	var alone atomic.Bool
	s.each(func(p principal) {
		if s.readAs(t, p, rows[0].Group(), text) {
			alone.Store(true)
		}
	})
	// An error hides the fields beside it: each is asked on its own, too.
	if alone.Load() && len(rows) > 1 {
		for _, r := range rows {
			s.readGroup(t, way, []world.Row{r})
		}
	}
}

// readAs asks for what is one's own, foreign and missing, by every way, and reports whether one's own had an error.
func (s *stage) readAs(t *testing.T, p principal, what, text string) (failed bool) {
	t.Helper()
	mutation := strings.HasPrefix(text, "mutation")
	if mutation && p.who.Email == "" {
		return false
	}
	ways := p.waysOf(text)
	if len(ways) == 0 {
		return false
	}
	of := func(names map[string]string) request { return request{text: s.fill(t, p, text, names)} }
	if p.own != nil {
		own := of(p.own.IDs)
		if strings.Contains(text, "$") && !strings.Contains(text, "viewer {") && !strings.Contains(text, "workspaces(") {
			own.about = p.own
		}
		r := s.send(t, p, ways[0], own)
		failed = r.failed(t)
		if mutation {
			return failed
		}
		for _, way := range ways[1:] {
			if other := s.send(t, p, way, own); plain(other) != plain(r) {
				t.Errorf("%s for %s: by %s it is another answer than by POST\n  request: %s\n  %s\n  %s", what, p.name, way, own.text, other.body, r.body)
			}
		}
	}
	if mutation || p.super || !strings.Contains(text, "$") {
		return failed
	}
	foreign, missing := of(p.foreign.IDs), of(s.missing)
	for _, way := range ways {
		same(t, what, p, way, foreign, masked(s.send(t, p, way, foreign), p.foreign.IDs), masked(s.send(t, p, way, missing), s.missing))
	}
	return failed
}

// plain is an answer without what differs from one request to another, or from one way to another.
func plain(r reply) string {
	out := ordered(requestID.ReplaceAllString(r.body, `"requestId":""`))
	return regexp.MustCompile(`"(uptimeSeconds|lastUsedAt)":("[^"]*"|\d+)`).ReplaceAllString(out, "")
}
