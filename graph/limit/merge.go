package limit

import (
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"karnak/internal/platform/fault"
)

// work is what validation has to do for a document.
type work struct {
	guard  *Guard
	merger merger
	visits count
	roots  []root
}

// root is where a walk of validation begins: an operation, then a fragment.
type root struct {
	selection ast.SelectionSet
	rounds    count // how often its fields are compared with each other
}

func (w *work) add(set ast.SelectionSet, sum tally) {
	w.visits = w.visits.plus(sum.nodes)
	w.roots = append(w.roots, root{set, sum.inline.plus(1)})
}

// compare refuses a response key that is selected too often at one place, too many root fields of an operation, and too
// many comparisons in all. It writes fragments out, which is affordable once the visits are known to be few.
func (w *work) compare(operations int) *gqlerror.Error {
	var comparisons count
	for i, r := range w.roots {
		w.merger.pairs = 0
		n := w.merger.merge([]ast.SelectionSet{r.selection})
		if f := w.merger.excess; f != nil {
			return refuse(fault.CostLimit, f.Position, "The response key %q is selected more than %d times at one place, fragments written out; select it once.", shorten(f.Alias, longestName), w.merger.most)
		}
		if most := w.guard.limits.RootFields; n > most && i < operations {
			return refuse(fault.CostLimit, nil, "The operation has %d root fields, fragments written out; at most %d. Ask in several requests.", n, most)
		}
		comparisons = comparisons.plus(w.merger.pairs.times(r.rounds))
	}
	if comparisons > mostComparisons {
		return refuse(fault.CostLimit, nil, "The document selects the same response keys too often at the same places; select each once, and nest inline fragments less.")
	}
	return nil
}

// merger lays selections over each other as execution does.
type merger struct {
	fragments map[string]*ast.FragmentDefinition
	most      int
	pairs     count      // pairs of fields of one response key at one place
	excess    *ast.Field // a field whose response key is there too often
}

// merge returns the number of fields at the top of the sets.
func (m *merger) merge(sets []ast.SelectionSet) int {
	level := layer{merger: m, groups: map[string][]*ast.Field{}}
	for _, set := range sets {
		level.collect(set)
	}
	for _, key := range level.keys {
		var below []ast.SelectionSet
		for _, f := range level.groups[key] {
			if len(f.SelectionSet) > 0 {
				below = append(below, f.SelectionSet)
			}
		}
		if len(below) > 0 && m.excess == nil {
			m.merge(below)
		}
	}
	return level.fields
}

// layer is the fields of one place by response key, in the order of their first.
type layer struct {
	merger *merger
	groups map[string][]*ast.Field
	keys   []string
	fields int
}

func (l *layer) collect(set ast.SelectionSet) {
	for _, s := range set {
		switch s := s.(type) {
		case *ast.Field:
			l.take(s)
		case *ast.InlineFragment:
			l.collect(s.SelectionSet)
		case *ast.FragmentSpread:
			if f := l.merger.fragments[s.Name]; f != nil {
				l.collect(f.SelectionSet)
			}
		}
	}
}

func (l *layer) take(f *ast.Field) {
	l.fields++
	group := l.groups[f.Alias]
	if len(group) == 0 {
		l.keys = append(l.keys, f.Alias)
	}
	if len(group) >= l.merger.most && l.merger.excess == nil {
		l.merger.excess = f
	}
	l.merger.pairs = l.merger.pairs.plus(count(len(group)))
	l.groups[f.Alias] = append(group, f)
}
