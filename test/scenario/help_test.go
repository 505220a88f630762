package scenario_test

import (
	"fmt"
	"strings"
	"testing"

	"karnak/internal/app/apptest"
)

// run does a mutation and returns its answer, whatever comes of it.
func run(t testing.TB, n *apptest.Node, p apptest.Person, mutation, selection string, input apptest.Vars, headers ...string) apptest.Answer {
	t.Helper()
	query := fmt.Sprintf("mutation($input: %sInput!) { %s(input: $input) { %s userErrors { code field message } } }",
		strings.ToUpper(mutation[:1])+mutation[1:], mutation, selection)
	return n.Do(t, p.Token, query, apptest.Vars{"input": input}, headers...)
}

// outcome tells what came of a mutation: its user errors as "CODE field", else its first error as "!CODE", else nothing.
func outcome(a apptest.Answer, mutation string) string {
	if len(a.Errors) > 0 {
		return "!" + a.Code()
	}
	list, _ := a.Get(mutation + ".userErrors").([]any)
	var out []string
	for i := range list {
		at := fmt.Sprintf("%s.userErrors.%d", mutation, i)
		s := a.Text(at + ".code")
		if path, _ := a.Get(at + ".field").([]any); len(path) > 0 {
			s += " " + fmt.Sprint(path[len(path)-1])
		}
		out = append(out, s)
	}
	return strings.Join(out, ", ")
}

// refuse does a mutation that has to come to nothing but the given outcome, and returns its answer.
func refuse(t testing.TB, n *apptest.Node, p apptest.Person, want, mutation, selection string, input apptest.Vars, headers ...string) apptest.Answer {
	t.Helper()
	a := run(t, n, p, mutation, selection, input, headers...)
	if got := outcome(a, mutation); got != want {
		t.Errorf("%s %v: %q instead of %q\n%s", mutation, input, got, want, a.Body)
	}
	return a
}

// must does a mutation that has to go well and returns its answer.
func must(t testing.TB, n *apptest.Node, p apptest.Person, mutation, selection string, input apptest.Vars, headers ...string) apptest.Answer {
	t.Helper()
	a := run(t, n, p, mutation, selection, input, headers...)
	if got := outcome(a, mutation); got != "" {
		t.Fatalf("%s %v: %s\n%s", mutation, input, got, a.Body)
	}
	return a
}

// is compares a value of an answer, as fmt prints it.
func is(t testing.TB, a apptest.Answer, path string, want any) {
	t.Helper()
	if got := fmt.Sprint(a.Get(path)); got != fmt.Sprint(want) {
		t.Errorf("%s: %s instead of %v\n%s", path, got, want, a.Body)
	}
}

// column returns one text of each entry of a list.
func column(a apptest.Answer, list, field string) (out []string) {
	rows, _ := a.Get(list).([]any)
	for i := range rows {
		out = append(out, a.Text(fmt.Sprintf("%s.%d.%s", list, i, field)))
	}
	return out
}

// signIn begins another session of somebody's.
func signIn(t testing.TB, n *apptest.Node, p apptest.Person) apptest.Person {
	t.Helper()
	a := must(t, n, apptest.Person{}, "signIn", "session { accessToken }", apptest.Vars{"email": p.Email, "password": apptest.Password})
	p.Token = a.Text("signIn.session.accessToken")
	return p
}
