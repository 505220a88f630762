package limit

import (
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"karnak/internal/platform/fault"
)

// Info is what the guard knows of an operation that is about to run.
type Info struct {
	// Cost is the operation's cost in points; see the package comment.
	Cost int
	// Depth is how deep its fields nest, introspection included.
	Depth int
}

// Cost prices a validated operation with its coerced variables. The error is nil, BAD_USER_INPUT for a paging argument or
// a list of ids out of bounds, or COST_LIMIT; the Info is filled in the last case too.
func (g *Guard) Cost(op *ast.OperationDefinition, variables map[string]any) (Info, *gqlerror.Error) {
	p := pricer{guard: g, variables: variables}
	sum := p.selection(op.SelectionSet, false)
	info := Info{Cost: int(sum.total(count(g.limits.Page))), Depth: int(sum.depth)}
	if p.err != nil {
		return info, p.err
	}
	if info.Cost > g.limits.Cost {
		return info, refuse(fault.CostLimit, op.Position, "The operation costs %d points; at most %d. Ask for smaller pages or nest fewer lists.", info.Cost, g.limits.Cost)
	}
	return info, nil
}

// Sizes of lists below __schema and __type, and how many of their fields weigh as much as one other field. They are
// fixed, so that the standard introspection query passes however large the schema grows.
const (
	metaTypes  = 100
	metaList   = 5
	metaWeight = 40
)

// sums is the cost of a selection: what it costs once, and what one entry of its connection costs.
type sums struct {
	once, entry, depth count
}

func (s sums) total(size count) count { return s.once.plus(s.entry.times(size)) }

func (s *sums) add(o sums) {
	s.once = s.once.plus(o.once)
	s.entry = s.entry.plus(o.entry)
	s.depth = max(s.depth, o.depth)
}

type pricer struct {
	guard     *Guard
	variables map[string]any
	fragments map[*ast.FragmentDefinition]sums
	err       *gqlerror.Error // the first argument out of bounds
}

func (p *pricer) selection(set ast.SelectionSet, meta bool) sums {
	var sum sums
	for _, s := range set {
		switch s := s.(type) {
		case *ast.Field:
			sum.add(p.field(s, meta))
		case *ast.InlineFragment:
			sum.add(p.selection(s.SelectionSet, meta))
			sum.add(part(s.Directives))
		case *ast.FragmentSpread:
			sum.add(p.fragment(s.Definition, meta))
			sum.add(part(s.Directives))
		}
	}
	return sum
}

// partWeight is what a deferred fragment costs beside its fields: it is executed beside the others, and a part of the answer of
// its own.
const partWeight = 10

func part(directives ast.DirectiveList) sums {
	if directives.ForName("defer") == nil {
		return sums{}
	}
	return sums{once: partWeight}
}

// fragment prices a fragment once. Its type tells whether it belongs to introspection, so one price is enough.
func (p *pricer) fragment(f *ast.FragmentDefinition, meta bool) sums {
	if f == nil {
		return sums{}
	}
	if sum, ok := p.fragments[f]; ok {
		return sum
	}
	if p.fragments == nil {
		p.fragments = map[*ast.FragmentDefinition]sums{}
	}
	p.fragments[f] = sums{}
	sum := p.selection(f.SelectionSet, meta)
	p.fragments[f] = sum
	return sum
}

func (p *pricer) field(f *ast.Field, meta bool) sums {
	if meta || introspects(f) {
		return p.metaField(f, meta)
	}
	cost := p.guard.price(f)
	size := p.size(f, cost)
	below := p.selection(f.SelectionSet, false)
	sum := sums{depth: below.depth.plus(1)}
	page := count(p.guard.limits.Page)
	switch {
	case cost.entry:
		sum.once = cost.weight
		sum.entry = below.total(page)
	case cost.kind == connection:
		sum.once = cost.weight.plus(below.total(size))
	default:
		sum.once = cost.weight.plus(below.total(page).times(size))
	}
	return sum
}

// price looks a field up; what the schema does not list, like __typename, weighs 1.
func (g *Guard) price(f *ast.Field) *fieldCost {
	if f.ObjectDefinition != nil {
		if known := g.fields[fieldKey{f.ObjectDefinition.Name, f.Name}]; known != nil {
			return known
		}
	}
	return &fieldCost{weight: 1, assumed: 1}
}

// metaField prices introspection: in its own small points below __schema and __type, in points at these two.
func (p *pricer) metaField(f *ast.Field, meta bool) sums {
	below := p.selection(f.SelectionSet, true)
	size := count(1)
	switch {
	case f.Definition == nil || f.Definition.Type.Elem == nil || len(f.SelectionSet) == 0:
	case f.Name == "types":
		size = metaTypes
	case strings.HasPrefix(f.Definition.Type.Name(), "__"):
		size = metaList
	}
	once := below.once.times(size)
	if !meta {
		once /= metaWeight
	}
	return sums{once: once.plus(1), depth: below.depth.plus(1)}
}
