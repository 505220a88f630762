package authz_test

import (
	"slices"
	"testing"

	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"

	"karnak/internal/app/apptest"
	"karnak/schema"
	"karnak/test/world"
)

// TestPermissions asks for every permission as every principal and compares the answers with testdata/permissions.txt;
// explainAccess has to come to the same.
func TestPermissions(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, engine string) {
		c := world.Noon()
		w := world.Settle(t, apptest.Start(t, engine, world.Options(t, c)), c)
		rows := world.ReadTable(t, "testdata/permissions.txt")
		everyPermission(t, w, rows)
		for _, name := range world.Principals() {
			p := w.People[name]
			held := w.Held(t, p, w.IDs["workspace"])
			for _, r := range rows {
				check(t, r, name, outcome{word: yesOrNo(slices.Contains(held, r.Name))})
				if name != world.Anonymous && name != world.Foreign {
					check(t, r, name, explain(t, w, p, r.Name))
				}
			}
		}
	})
}

func yesOrNo(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}

// everyPermission checks that the table has a row for each permission that the API lists, and no other.
func everyPermission(t *testing.T, w *world.World, rows []world.Row) {
	t.Helper()
	var have, all []string
	for _, r := range rows {
		have = append(have, r.Name)
	}
	list, _ := w.Must(t, "", "{ permissions { name } }", nil).Get("permissions").([]any)
	for _, x := range list {
		all = append(all, x.(map[string]any)["name"].(string))
	}
	slices.Sort(have)
	slices.Sort(all)
	if !slices.Equal(have, all) {
		t.Fatalf("testdata/permissions.txt has rows for %v; the permissions are %v", have, all)
	}
}

func explain(t *testing.T, w *world.World, p world.Person, permission string) outcome {
	t.Helper()
	const query = `query($s: ID!, $p: String!, $o: ID!) { explainAccess(subjectId: $s, permission: $p, objectId: $o) { allowed summary } }`
	a := w.Must(t, p.Token, query, apptest.Vars{"s": p.ID, "p": permission, "o": w.IDs["workspace"]})
	return outcome{yesOrNo(a.Get("explainAccess.allowed") == true), query, string(a.Body)}
}

// TestTableAgreesWithContract holds the access table against what the schema says of its fields, and against the table of
// permissions.
func TestTableAgreesWithContract(t *testing.T) {
	t.Parallel()
	sdl, err := gqlparser.LoadSchema(&ast.Source{Name: "schema.graphql", Input: schema.Published})
	if err != nil {
		t.Fatal(err)
	}
	held := map[string]world.Row{}
	for _, r := range world.ReadTable(t, "testdata/permissions.txt") {
		held[r.Name] = r
	}
	for _, r := range world.ReadTable(t, "testdata/access.txt") {
		if r.Want[world.Expired] != r.Want[world.User] {
			t.Errorf("%s: %s: %s and %s differ, but a grant that has ended gives nothing", r.Where, r.Name, world.User, world.Expired)
		}
		on := sdl.Types[r.On]
		if on == nil || on.Fields.ForName(r.Field) == nil {
			continue // TestAccess tells
		}
		authorized := on.Fields.ForName(r.Field).Directives.ForName("authorized")
		agree(t, r, authorized, held, on == sdl.Query || on == sdl.Mutation || on == sdl.Subscription)
	}
}

func agree(t *testing.T, r world.Row, authorized *ast.Directive, held map[string]world.Row, root bool) {
	t.Helper()
	refused := r.Want[world.Anonymous] == "UNAUTHENTICATED"
	if root && refused != (authorized != nil) && r.Variant == "" {
		t.Errorf("%s: %s is @authorized: %t; the table has %s for nobody", r.Where, r.Name, authorized != nil, r.Want[world.Anonymous])
	}
	if authorized == nil || authorized.Arguments.ForName("permission") == nil {
		return
	}
	permission := authorized.Arguments.ForName("permission").Value.Raw
	for _, p := range world.Principals() {
		if got := r.Want[p]; held[permission].Want[p] != "yes" && (got == allow || got == idle || got == null || got == empty) {
			t.Errorf("%s: %s needs %s, which %s lacks; the table has %s", r.Where, r.Name, permission, p, got)
		}
	}
}
