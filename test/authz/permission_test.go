package authz_test

import (
	"slices"
	"testing"

	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"

	"karnak/internal/app/apptest"
	"karnak/schema"
)

// TestPermissions asks for every permission as every principal and compares the answers with testdata/permissions.txt;
// explainAccess has to come to the same.
func TestPermissions(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, engine string) {
		c := noon()
		w := settle(t, apptest.Start(t, engine, options(c)), c)
		rows := readTable(t, "testdata/permissions.txt")
		everyPermission(t, w, rows)
		for _, name := range principals() {
			p := w.people[name]
			held := w.held(t, p, w.ids["workspace"])
			for _, r := range rows {
				check(t, r, name, outcome{word: yesOrNo(slices.Contains(held, r.name))})
				if name != anonymous && name != foreign {
					check(t, r, name, w.explain(t, p, r.name))
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
func everyPermission(t *testing.T, w *world, rows []row) {
	t.Helper()
	var have, all []string
	for _, r := range rows {
		have = append(have, r.name)
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

func (w *world) explain(t *testing.T, p person, permission string) outcome {
	t.Helper()
	const query = `query($s: ID!, $p: String!, $o: ID!) { explainAccess(subjectId: $s, permission: $p, objectId: $o) { allowed summary } }`
	a := w.Must(t, p.token, query, apptest.Vars{"s": p.id, "p": permission, "o": w.ids["workspace"]})
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
	held := map[string]row{}
	for _, r := range readTable(t, "testdata/permissions.txt") {
		held[r.name] = r
	}
	for _, r := range readTable(t, "testdata/access.txt") {
		if r.want[expired] != r.want[user] {
			t.Errorf("%s: %s: %s and %s differ, but a grant that has ended gives nothing", r.where, r.name, user, expired)
		}
		on := sdl.Types[r.on]
		if on == nil || on.Fields.ForName(r.field) == nil {
			continue // TestAccess tells
		}
		authorized := on.Fields.ForName(r.field).Directives.ForName("authorized")
		agree(t, r, authorized, held, on == sdl.Query || on == sdl.Mutation || on == sdl.Subscription)
	}
}

func agree(t *testing.T, r row, authorized *ast.Directive, held map[string]row, root bool) {
	t.Helper()
	refused := r.want[anonymous] == "UNAUTHENTICATED"
	if root && refused != (authorized != nil) && r.variant == "" {
		t.Errorf("%s: %s is @authorized: %t; the table has %s for nobody", r.where, r.name, authorized != nil, r.want[anonymous])
	}
	if authorized == nil || authorized.Arguments.ForName("permission") == nil {
		return
	}
	permission := authorized.Arguments.ForName("permission").Value.Raw
	for _, p := range principals() {
		if got := r.want[p]; held[permission].want[p] != "yes" && (got == allow || got == idle || got == null || got == empty) {
			t.Errorf("%s: %s needs %s, which %s lacks; the table has %s", r.where, r.name, permission, p, got)
		}
	}
}
