package authz_test

import (
	"strings"
	"testing"

	"karnak/ent/enttest"
	"karnak/internal/app/apptest"
)

// TestAccess asks for every field of the schema as every principal, on both engines, and compares what comes with
// testdata/access.txt. A new field fails it until it has a row.
func TestAccess(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, engine string) {
		c := noon()
		n := apptest.Start(t, engine, options(c))
		schema, rows := introspect(t, n), readTable(t, "testdata/access.txt")
		covers(t, schema, rows)
		ask(t, settle(t, n, c), schema, rows)
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

func ask(t *testing.T, w *world, c contract, rows []row) {
	t.Helper()
	ways, before := routes(), w.digest(t)
	var writing, gaps [][]row
	for _, group := range byGroup(rows) {
		key := group[0].group()
		way, ok := ways[key]
		switch {
		case group[0].on == "Mutation", group[0].on == "Subscription", way.writes:
			writing = append(writing, group)
		case group[0].on == "StreamGap":
			gaps = append(gaps, group)
		case c.mutationOf(group[0].on) != "": // asked with its mutation
		case !ok:
			t.Errorf("%s: routes() has no way to %s", group[0].where, key)
		default:
			askRead(t, w, c, way, group)
		}
	}
	if tables := before.changed(w.digest(t)); tables != nil {
		t.Errorf("reading changed %v", tables)
	}
	for _, group := range writing {
		switch group[0].on {
		case "Mutation":
			askMutations(t, w, c, group, rows)
		case "Subscription":
			askSubscriptions(t, w, group)
		default:
			askRead(t, w, c, ways[group[0].group()], group)
		}
	}
	for _, group := range gaps {
		askGap(t, w, c, group)
	}
}

func askRead(t *testing.T, w *world, c contract, way route, rows []row) {
	t.Helper()
	for _, name := range principals() {
		for i, got := range w.read(t, c, way, rows, w.people[name]) {
			check(t, rows[i], name, got)
		}
	}
}

// askMutations makes each call and looks at its payload, too.
func askMutations(t *testing.T, w *world, c contract, group, rows []row) {
	t.Helper()
	for _, r := range group {
		all := w.mutate(t, c, r)
		for _, name := range principals() {
			got := all[name]
			check(t, r, name, got.outcome)
			if r.variant != "" || got.word != r.want[name] {
				continue
			}
			for _, x := range rows {
				if x.on == c["Mutation"][r.field].Type.named().Name {
					got.word = wordOf(got.answer, objectsAt(got.answer.Data, r.field), x.field)
					check(t, x, name, got.outcome)
				}
			}
		}
	}
}

func askSubscriptions(t *testing.T, w *world, rows []row) {
	t.Helper()
	all := feeds(t, w)
	for _, r := range rows {
		f, ok := all[strings.TrimPrefix(r.name, "Subscription.")]
		if !ok {
			t.Errorf("%s: feeds() has none for %s", r.where, r.name)
			continue
		}
		for _, name := range principals() {
			check(t, r, name, w.follow(t, f, w.people[name]))
		}
	}
}
