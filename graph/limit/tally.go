package limit

import (
	"github.com/vektah/gqlparser/v2/ast"
)

// tally is what a piece of a document holds, fragments written out.
type tally struct {
	fields     count
	aliases    count
	directives count
	nodes      count // fields, spreads, arguments, values, directives: what validation visits

	depth         count // fields within each other
	introspection count // fields within each other on a path through __schema or __type, 0 without one
	named         count // named fragments within each other
	inline        count // inline fragments within each other
	input         count // lists and objects within each other

	meta *ast.Position // an introspection field
}

func (t *tally) add(o tally) {
	t.fields = t.fields.plus(o.fields)
	t.aliases = t.aliases.plus(o.aliases)
	t.directives = t.directives.plus(o.directives)
	t.nodes = t.nodes.plus(o.nodes)
	t.depth = max(t.depth, o.depth)
	t.introspection = max(t.introspection, o.introspection)
	t.named = max(t.named, o.named)
	t.inline = max(t.inline, o.inline)
	t.input = max(t.input, o.input)
	if t.meta == nil {
		t.meta = o.meta
	}
}

// tallier counts a document. Each fragment is counted once, whatever the number of its spreads.
type tallier struct {
	fragments map[string]*ast.FragmentDefinition
	done      map[*ast.FragmentDefinition]tally
	open      map[*ast.FragmentDefinition]bool
	cycle     *ast.FragmentSpread // a spread that leads back to its own fragment
}

func newTallier(doc *ast.QueryDocument) *tallier {
	t := &tallier{}
	if len(doc.Fragments) == 0 {
		return t
	}
	t.fragments = make(map[string]*ast.FragmentDefinition, len(doc.Fragments))
	t.done = make(map[*ast.FragmentDefinition]tally, len(doc.Fragments))
	t.open = map[*ast.FragmentDefinition]bool{}
	for _, f := range doc.Fragments {
		// The first of several of one name counts, as in validation.
		if t.fragments[f.Name] == nil {
			t.fragments[f.Name] = f
		}
	}
	return t
}

func (t *tallier) operation(op *ast.OperationDefinition) tally {
	sum := t.selection(op.SelectionSet)
	sum.add(t.directives(op.Directives))
	for _, v := range op.VariableDefinitions {
		sum.nodes = sum.nodes.plus(1)
		sum.add(t.directives(v.Directives))
		sum.add(t.value(v.DefaultValue))
		sum.input = max(sum.input, nesting(v.Type))
	}
	return sum
}

func (t *tallier) fragment(f *ast.FragmentDefinition) tally {
	if sum, ok := t.done[f]; ok {
		return sum
	}
	t.open[f] = true
	sum := t.selection(f.SelectionSet)
	sum.add(t.directives(f.Directives))
	delete(t.open, f)
	sum.named = sum.named.plus(1)
	t.done[f] = sum
	return sum
}

func (t *tallier) selection(set ast.SelectionSet) tally {
	var sum tally
	for _, s := range set {
		switch s := s.(type) {
		case *ast.Field:
			sum.add(t.field(s))
		case *ast.InlineFragment:
			in := t.selection(s.SelectionSet)
			in.add(t.directives(s.Directives))
			in.nodes = in.nodes.plus(1)
			in.inline = in.inline.plus(1)
			sum.add(in)
		case *ast.FragmentSpread:
			sum.add(t.spread(s))
		}
	}
	return sum
}

func (t *tallier) spread(s *ast.FragmentSpread) tally {
	sum := tally{nodes: 1}
	sum.add(t.directives(s.Directives))
	f := t.fragments[s.Name]
	switch {
	case f == nil:
		// Validation says that it is unknown.
	case t.open[f]:
		if t.cycle == nil {
			t.cycle = s
		}
	default:
		sum.add(t.fragment(f))
	}
	return sum
}

func (t *tallier) field(f *ast.Field) tally {
	sum := t.selection(f.SelectionSet)
	below := sum.depth
	sum.fields = sum.fields.plus(1)
	sum.nodes = sum.nodes.plus(1)
	sum.depth = below.plus(1)
	if sum.introspection > 0 {
		sum.introspection = sum.introspection.plus(1)
	}
	if introspects(f) {
		sum.depth = 1
		sum.introspection = max(sum.introspection, below.plus(1))
		sum.meta = f.Position
	}
	if f.Alias != f.Name {
		sum.aliases = sum.aliases.plus(1)
	}
	for _, a := range f.Arguments {
		sum.nodes = sum.nodes.plus(1)
		sum.add(t.value(a.Value))
	}
	sum.add(t.directives(f.Directives))
	return sum
}

func (t *tallier) directives(list ast.DirectiveList) tally {
	sum := tally{directives: count(len(list)), nodes: count(len(list))}
	for _, d := range list {
		for _, a := range d.Arguments {
			sum.nodes = sum.nodes.plus(1)
			sum.add(t.value(a.Value))
		}
	}
	return sum
}

func (t *tallier) value(v *ast.Value) tally {
	if v == nil {
		return tally{}
	}
	sum := tally{nodes: 1}
	for _, child := range v.Children {
		sum.add(t.value(child.Value))
	}
	if v.Kind == ast.ListValue || v.Kind == ast.ObjectValue {
		sum.input = sum.input.plus(1)
	}
	return sum
}

func introspects(f *ast.Field) bool { return f.Name == "__schema" || f.Name == "__type" }

func nesting(t *ast.Type) count {
	var n count
	for ; t != nil && t.Elem != nil; t = t.Elem {
		n++
	}
	return n
}
