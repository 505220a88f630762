package limit

import (
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"karnak/internal/platform/fault"
)

// What validation may be made to do, whatever the limits say of a single operation: it walks every fragment for itself
// as well as from the operations, and compares the fields of one response key with each other in every walk, once more
// for each inline fragment around them. Both bounds are a few milliseconds of work, far above what clients send.
const (
	mostVisits      = 8000
	mostComparisons = 100000
)

// inspect holds a parsed document to the limits.
func (g *Guard) inspect(doc *ast.QueryDocument) *gqlerror.Error {
	t := newTallier(doc)
	w := work{guard: g, merger: merger{fragments: t.fragments, most: g.limits.Repeats}}
	for _, op := range doc.Operations {
		sum := t.operation(op)
		if err := g.within(t, sum, op.Position); err != nil {
			return err
		}
		w.add(op.SelectionSet, sum)
	}
	for _, f := range doc.Fragments {
		_, used := t.done[f]
		sum := t.fragment(f)
		if !used {
			if err := g.within(t, sum, f.Position); err != nil {
				return err
			}
		}
		w.add(f.SelectionSet, sum)
	}
	if w.visits > mostVisits {
		return refuse(fault.CostLimit, nil, "The operations and fragments of the document hold more than %d elements, each fragment written out where it is spread; send fewer operations in a document and nest fragments less.", mostVisits)
	}
	return w.compare(len(doc.Operations))
}

func (g *Guard) within(t *tallier, sum tally, at *ast.Position) *gqlerror.Error {
	l := g.limits
	switch {
	case t.cycle != nil:
		return refuse(fault.BadUserInput, t.cycle.Position, "The fragment %q spreads itself; take it out of its own selection.", shorten(t.cycle.Name, longestName))
	case sum.meta != nil && !g.introspection:
		return refuse(fault.BadUserInput, sum.meta, "Introspection is switched off on this server; use its published schema.")
	case sum.fields > count(l.Fields):
		return refuse(fault.CostLimit, at, "The operation has more than %d fields, fragments written out; ask for less, or in several requests.", l.Fields)
	case sum.aliases > count(l.Aliases):
		return refuse(fault.CostLimit, at, "The operation has more than %d aliases, fragments written out; ask in several requests.", l.Aliases)
	case sum.directives > count(l.Directives):
		return refuse(fault.CostLimit, at, "The operation has more than %d directives, fragments written out; use fewer.", l.Directives)
	case sum.depth > count(l.Depth):
		return tooDeep(at, "fields", sum.depth, l.Depth)
	case sum.introspection > count(l.IntrospectionDepth):
		return tooDeep(at, "introspection fields", sum.introspection, l.IntrospectionDepth)
	case sum.named > count(l.Depth):
		return tooDeep(at, "fragments", sum.named, l.Depth)
	case sum.inline > count(l.Depth):
		return tooDeep(at, "inline fragments", sum.inline, l.Depth)
	case sum.input > count(l.Depth):
		return tooDeep(at, "lists and input objects", sum.input, l.Depth)
	}
	return nil
}

func tooDeep(at *ast.Position, what string, depth count, most int) *gqlerror.Error {
	return refuse(fault.DepthLimit, at, "The operation nests %s %d levels deep; at most %d. Ask in several requests.", what, depth, most)
}
