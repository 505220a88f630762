package matrix_test

import (
	"maps"
	"testing"

	"karnak/internal/app/apptest"
	"karnak/test/world"
)

// crossInputs gives each field of each input something foreign and something missing, the rest of the input being good and
// of the caller's own; and each enum all of its values.
func (s *stage) crossInputs(t *testing.T) {
	for _, m := range s.mutations() {
		name := s.inputOf(m)
		if enough(t) {
			return
		}
		for _, f := range s.inputs.Objects[name] {
			coordinate := name + "." + f.Name
			value, ok := s.value(t, m, f, s.a)
			if !ok && s.inputs.Enums[f.Type.Named().Name] == nil && f.Name != "clientMutationId" {
				t.Errorf("%s has no value: give extras() in test/matrix/mutation_test.go one, or let test/world.Providers give it", coordinate)
				continue
			}
			switch s.policy[coordinate] {
			case takesID:
				s.crossID(t, m, f)
			case names:
				s.tryOwn(t, m, f, value)
				s.crossName(t, m, f)
			case free:
				s.tryOwn(t, m, f, value)
			}
		}
	}
}

// value is what a mutation's provider gives a field in a tenant, or what extras has for it.
func (s *stage) value(t *testing.T, m string, f world.Arg, w *world.World) (any, bool) {
	t.Helper()
	if v, ok := made(m)(t, w, maker(w, m)).Input[f.Name]; ok {
		return v, true
	}
	v, ok := extras()[s.inputOf(m)+"."+f.Name]
	if text, is := v.(string); is && len(text) > 0 && text[0] == '$' {
		v = w.IDs[text[1:]]
	}
	return v, ok
}

// with is an input with one field changed.
func with(input apptest.Vars, field string, value any) apptest.Vars {
	out := maps.Clone(input)
	out[field] = value
	return out
}

// cross calls a mutation with one field of the input foreign, and then missing. What is nobody's is made by lose; names
// tells what is told apart by nothing but itself.
func (s *stage) cross(t *testing.T, m string, f world.Arg, of func(w *world.World) any, lose func(any) any, names func(any) map[string]string) {
	t.Helper()
	bases, theirs := map[*world.World]apptest.Vars{}, map[*world.World]any{}
	for _, w := range s.tenants() {
		bases[w], theirs[w] = made(m)(t, w, maker(w, m)).Input, of(w)
	}
	s.own(t)
	before := s.Digest(t)
	s.each(func(p principal) {
		if p.own == nil || p.super {
			return
		}
		is, not := theirs[p.foreign], lose(theirs[p.foreign])
		foreign, missing := s.call(m, with(bases[p.own], f.Name, is)), s.call(m, with(bases[p.own], f.Name, not))
		for _, way := range p.ways(true) {
			r := s.send(t, p, way, foreign)
			refusedOf(t, m+" by "+f.Name, m, p, r)
			same(t, m+" by "+f.Name, p, way, foreign, masked(r, names(is)), masked(s.send(t, p, way, missing), names(not)))
		}
	})
	if changed := before.Changed(s.Digest(t)); changed != nil {
		t.Errorf("%s with a foreign %s changed %v", m, f.Name, changed)
	}
}

// crossID gives a field the id of something foreign.
func (s *stage) crossID(t *testing.T, m string, f world.Arg) {
	t.Helper()
	s.cross(t, m, f, func(w *world.World) any {
		v, _ := s.value(t, m, f, w)
		return v
	}, func(v any) any {
		out, _ := lost(apptest.Vars{"x": v})
		return out["x"]
	}, func(v any) map[string]string { return named(apptest.Vars{"x": v}) })
}

// crossName gives a field the name of a role that another tenant has.
func (s *stage) crossName(t *testing.T, m string, f world.Arg) {
	t.Helper()
	list := func(name string) any {
		if f.Type.Kind == "LIST" || f.Type.OfType != nil && f.Type.OfType.Kind == "LIST" {
			return []string{name}
		}
		return name
	}
	text := func(v any) string {
		if l, ok := v.([]string); ok {
			return l[0]
		}
		return v.(string)
	}
	s.cross(t, m, f, func(w *world.World) any { return list("quiet" + w.Mark) }, func(any) any { return list("quietqnoneq") },
		func(v any) map[string]string { return map[string]string{"name": text(v)} })
}

// tryOwn calls a mutation of a tenant's own with a field given; of an enum with each of its values. Whatever comes of it,
// it is no fault of the server's and touches no other tenant.
func (s *stage) tryOwn(t *testing.T, m string, f world.Arg, value any) {
	t.Helper()
	values := []any{value}
	if of := s.inputs.Enums[f.Type.Named().Name]; of != nil {
		values = nil
		for _, v := range of {
			values = append(values, v)
		}
	}
	if f.Name == "clientMutationId" {
		values = []any{"echoed"}
	}
	before := s.DigestOf(t, s.b.IDs["workspace"])
	for _, v := range values {
		try := world.Providers()[m](t, s.a, maker(s.a, m))
		p := s.principal(entitled(m))
		if try.As != nil {
			p.who = *try.As
		}
		if r := s.send(t, p, wayOf(try), s.call(m, with(try.Input, f.Name, v))); r.failed(t) {
			t.Errorf("%s with %s %v: %s", m, f.Name, v, r.body)
		}
		if try.After != nil {
			try.After()
		}
	}
	if changed := before.Changed(s.DigestOf(t, s.b.IDs["workspace"])); changed != nil {
		t.Errorf("%s with %s changed %v of another tenant", m, f.Name, changed)
	}
}

// claim gives names and ids for something new that are in use: elsewhere they come to what they come to at home, and
// nothing is taken over.
func (s *stage) claim(t *testing.T) {
	for _, m := range s.mutations() {
		for _, f := range s.inputs.Objects[s.inputOf(m)] {
			if s.policy[s.inputOf(m)+"."+f.Name] != claims {
				continue
			}
			p := s.principal(world.Admin)
			ask := func(of *world.World) string {
				value, ok := s.inUse(t, m, f, of)
				if !ok {
					t.Fatalf("%s.%s has no value in use: give inUse in test/matrix/input_test.go one", s.inputOf(m), f.Name)
				}
				input := made(m)(t, s.a, maker(s.a, m)).Input
				s.own(t)
				before := s.Digest(t)
				r := s.send(t, p, post, s.call(m, with(input, f.Name, value)))
				if changed := before.Changed(s.Digest(t)); changed != nil {
					t.Errorf("%s with %s %v, which is in use, changed %v: %s", m, f.Name, value, changed, r.body)
				}
				return masked(r, map[string]string{"value": value})
			}
			same(t, m+" by "+f.Name, p, post, request{}, ask(s.b), ask(s.a))
		}
	}
}

// inUse is what is taken of a tenant's.
func (s *stage) inUse(t *testing.T, m string, f world.Arg, w *world.World) (string, bool) {
	t.Helper()
	switch s.inputOf(m) + "." + f.Name {
	case "CreateWorkspaceInput.slug":
		return w.IDs["slug"], true
	case "SignUpInput.email":
		return w.Target.Email, true
	}
	v, _ := s.value(t, m, f, w)
	text, ok := v.(string)
	return text, ok
}
