package authz_test

import (
	"fmt"
	"sort"
	"strings"
	"testing"

	"karnak/authz"
	"karnak/ent"
	"karnak/ent/entgen/member"
	"karnak/internal/app/apptest"
	"karnak/internal/platform/id"
)

// attempt is one call of a mutation by a principal, on things made for it alone.
type attempt struct {
	input apptest.Vars
	// as makes the call in place of the principal: the same person in another session.
	as *person
	// after puts things right again.
	after func()
}

// provider makes the things that a principal's call of a mutation is about.
type provider func(t *testing.T, w *world, p person) attempt

// providers has one for each mutation, and for each mutation@variant.
func providers() map[string]provider {
	all := map[string]provider{}
	for _, some := range []map[string]provider{identityProviders(), workspaceProviders(), accessProviders(), channelProviders(), messageProviders()} {
		for k, v := range some {
			all[k] = v
		}
	}
	return all
}

func given(input apptest.Vars) attempt { return attempt{input: input} }

// member makes a plain member of the workspace whom nothing else knows of. It is written past the API, which would spend
// its time on the hash of a password.
func (w *world) member(t *testing.T) person {
	t.Helper()
	p := person{id: id.New(id.User), email: fmt.Sprintf("made%d@example.test", w.number())}
	sys := authz.System(t.Context(), "test")
	w.Write(t, func(tx *ent.Tx) error {
		err := tx.User.Create().SetID(p.id).SetEmail(p.email).SetEmailKey(p.email).SetDisplayName("Made").
			SetPasswordHash("none").SetCreatedAt(w.now()).Exec(sys)
		if err != nil {
			return err
		}
		return tx.Member.Create().SetWorkspaceID(w.ids["workspace"]).SetUserID(p.id).SetRole("user").SetJoinedAt(w.now()).Exec(sys)
	})
	return p
}

// belongs reports whether somebody is a member of the workspace.
func (w *world) belongs(t *testing.T, p person) bool {
	t.Helper()
	ok, err := w.DB().Client().Member.Query().Where(member.WorkspaceID(w.ids["workspace"]), member.UserID(p.id), member.LeftAtIsNil()).
		Exist(authz.System(t.Context(), "test"))
	if err != nil {
		t.Fatal(err)
	}
	return ok
}

// called is what came of a principal's call.
type called struct {
	outcome
	answer apptest.Answer
}

// mutate has every principal make the call of a row. What was refused has to have changed nothing, what was done something.
func (w *world) mutate(t *testing.T, c contract, r row) map[string]called {
	t.Helper()
	provide := providers()[strings.TrimPrefix(r.name, "Mutation.")]
	if provide == nil {
		t.Fatalf("%s: providers() has none for %s", r.where, r.name)
	}
	tries, out := map[string]attempt{}, map[string]called{}
	for _, name := range principals() {
		tries[name] = provide(t, w, w.people[name])
	}
	before := w.digest(t)
	for _, name := range principals() {
		got, now := w.call(t, c, r, w.people[name], tries[name], before)
		out[name], before = got, now
	}
	for _, try := range tries {
		if try.after != nil {
			try.after()
		}
	}
	return out
}

// call makes one call, and returns what the database then holds.
func (w *world) call(t *testing.T, c contract, r row, p person, try attempt, before digest) (called, digest) {
	t.Helper()
	if try.as == nil {
		try.as = &p
	}
	try.input["clientMutationId"] = "asked"
	f := c[r.on][r.field]
	request := fmt.Sprintf("mutation($input: %sInput!) { %s(input: $input) { %s } }", title(r.field), r.field, payload(c, f.Type.named().Name))
	a := w.ask(t, try.as.token, request, apptest.Vars{"input": try.input})
	now := w.digest(t)
	changed := before.changed(now)
	got := called{outcome{mutationWord(a, r.field, changed != nil), fmt.Sprint(request, try.input), string(a.Body)}, a}
	if changed != nil && got.word != allow {
		t.Errorf("%s: %s for %s: answered %s and changed %v all the same\n  answer: %s", r.where, r.name, p.name, got.word, changed, clip(got.outcome.answer))
	}
	return got, now
}

// payload selects every field of a payload, and of the objects in it what needs no arguments: who may do a thing may see
// what came of it.
func payload(c contract, name string) string {
	var out []string
	for _, f := range c[name] {
		s := f.Name
		if f.Type.composite() {
			s += " " + c.leaves(f.Type.named().Name)
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
