package authz_test

import (
	"strings"
	"testing"

	"karnak/ent/enttest"
	"karnak/internal/app/apptest"
	"karnak/test/world"
)

// TestAccess asks for every field of the schema as every principal, on both engines, and compares what comes with
// testdata/access.txt. A new field fails it until it has a row.
func TestAccess(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, engine string) {
		c := world.Noon()
		n := apptest.Start(t, engine, world.Options(t, c))
		schema, rows := world.Introspect(t, n), world.ReadTable(t, "testdata/access.txt")
		world.Covers(t, schema, rows)
		ask(t, world.Settle(t, n, c), schema, rows)
	})
}

// each runs a test on each engine.
func each(t *testing.T, f func(t *testing.T, engine string)) {
	t.Helper()
	for _, e := range enttest.Engines {
		t.Run(e, func(t *testing.T) {
			t.Parallel()
			f(t, e)
		})
	}
}

func ask(t *testing.T, w *world.World, c world.Contract, rows []world.Row) {
	t.Helper()
	ways, before := world.Routes(), w.Digest(t)
	var writing, gaps [][]world.Row
	for _, group := range world.ByGroup(rows) {
		key := group[0].Group()
		way, ok := ways[key]
		switch {
		case group[0].On == "Mutation", group[0].On == "Subscription", way.Writes:
			writing = append(writing, group)
		case group[0].On == "StreamGap":
			gaps = append(gaps, group)
		case c.MutationOf(group[0].On) != "": // asked with its mutation
		case !ok:
			t.Errorf("%s: test/world: Routes has no way to %s", group[0].Where, key)
		default:
			askRead(t, w, c, way, group)
		}
	}
	if tables := before.Changed(w.Digest(t)); tables != nil {
		t.Errorf("reading changed %v", tables)
	}
	for _, group := range writing {
		switch group[0].On {
		case "Mutation":
			askMutations(t, w, c, group, rows)
		case "Subscription":
			askSubscriptions(t, w, group)
		default:
			askRead(t, w, c, ways[group[0].Group()], group)
		}
	}
	for _, group := range gaps {
		askGap(t, w, c, group)
	}
}

func askRead(t *testing.T, w *world.World, c world.Contract, way world.Route, rows []world.Row) {
	t.Helper()
	for _, name := range world.Principals() {
		for i, got := range read(t, w, c, way, rows, w.People[name]) {
			check(t, rows[i], name, got)
		}
	}
}

// askMutations makes each call and looks at its payload, too.
func askMutations(t *testing.T, w *world.World, c world.Contract, group, rows []world.Row) {
	t.Helper()
	for _, r := range group {
		all := mutate(t, w, c, r)
		for _, name := range world.Principals() {
			got := all[name]
			check(t, r, name, got.outcome)
			if r.Variant != "" || got.word != r.Want[name] {
				continue
			}
			for _, x := range rows {
				if x.On == c["Mutation"][r.Field].Type.Named().Name {
					got.word = wordOf(got.answer, objectsAt(got.answer.Data, r.Field), x.Field)
					check(t, x, name, got.outcome)
				}
			}
		}
	}
}

func askSubscriptions(t *testing.T, w *world.World, rows []world.Row) {
	t.Helper()
	all := world.Feeds(t, w)
	for _, r := range rows {
		f, ok := all[strings.TrimPrefix(r.Name, "Subscription.")]
		if !ok {
			t.Errorf("%s: test/world: Feeds has none for %s", r.Where, r.Name)
			continue
		}
		for _, name := range world.Principals() {
			check(t, r, name, follow(t, w, f, w.People[name]))
		}
	}
}
