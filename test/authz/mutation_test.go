package authz_test

import (
	"fmt"
	"sort"
	"strings"
	"testing"

	"karnak/internal/app/apptest"
	"karnak/test/world"
)

// called is what came of a principal's call.
type called struct {
	outcome
	answer apptest.Answer
}

// mutate has every principal make the call of a row. What was refused has to have changed nothing, what was done something.
func mutate(t *testing.T, w *world.World, c world.Contract, r world.Row) map[string]called {
	t.Helper()
	provide := world.Providers()[strings.TrimPrefix(r.Name, "Mutation.")]
	if provide == nil {
		t.Fatalf("%s: test/world: Providers has none for %s", r.Where, r.Name)
	}
	tries, out := map[string]world.Attempt{}, map[string]called{}
	for _, name := range world.Principals() {
		tries[name] = provide(t, w, w.People[name])
	}
	before := w.Digest(t)
	for _, name := range world.Principals() {
		got, now := call(t, w, c, r, w.People[name], tries[name], before)
		out[name], before = got, now
	}
	for _, try := range tries {
		if try.After != nil {
			try.After()
		}
	}
	return out
}

// call makes one call, and returns what the database then holds.
func call(t *testing.T, w *world.World, c world.Contract, r world.Row, p world.Person, try world.Attempt, before world.Digest) (called, world.Digest) {
	t.Helper()
	if try.As == nil {
		try.As = &p
	}
	try.Input["clientMutationId"] = "asked"
	f := c[r.On][r.Field]
	request := fmt.Sprintf("mutation($input: %sInput!) { %s(input: $input) { %s } }", world.Title(r.Field), r.Field, payload(c, f.Type.Named().Name))
	ask := w.Once
	if !try.Live {
		ask = func(t testing.TB, token, query string, vars apptest.Vars) apptest.Answer {
			return w.Ask(t, token, query, vars)
		}
	}
	a := ask(t, try.As.Token, request, apptest.Vars{"input": try.Input})
	now := w.Digest(t)
	changed := before.Changed(now)
	got := called{outcome{mutationWord(a, r.Field, changed != nil), fmt.Sprint(request, try.Input), string(a.Body)}, a}
	if changed != nil && got.word != allow {
		t.Errorf("%s: %s for %s: answered %s and changed %v all the same\n  answer: %s", r.Where, r.Name, p.Name, got.word, changed, clip(got.outcome.answer))
	}
	return got, now
}

// payload selects every field of a payload, and of the objects in it what needs no arguments: who may do a thing may see
// what came of it.
func payload(c world.Contract, name string) string {
	var out []string
	for _, f := range c[name] {
		s := f.Name
		if f.Type.Composite() {
			s += " " + c.Leaves(f.Type.Named().Name)
		}
		out = append(out, s)
	}
	sort.Strings(out)
	return strings.Join(out, " ")
}

func mutationWord(a apptest.Answer, field string, changed bool) string {
	if len(a.Errors) > 0 {
		return a.Code()
	}
	if codes := a.UserErrors(field); len(codes) > 0 {
		sort.Strings(codes)
		return "!" + strings.Join(codes, ",")
	}
	if !changed {
		return idle
	}
	return allow
}
