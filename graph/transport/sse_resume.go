package transport

import (
	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
)

// resume lets a subscription begin after a position, where its field has an argument `after`; an empty position changes
// nothing. Documents are shared between requests, so that what is changed is a copy.
func resume(op *graphql.OperationContext, position string) {
	if position == "" {
		return
	}
	from := *op.Operation
	from.SelectionSet = startedAfter(from.SelectionSet, position)
	op.Operation = &from
}

// startedAfter copies the selection of a subscription, down to its field, with the argument set.
func startedAfter(set ast.SelectionSet, position string) ast.SelectionSet {
	out := make(ast.SelectionSet, len(set))
	for i, s := range set {
		switch s := s.(type) {
		case *ast.Field:
			out[i] = fieldAfter(s, position)
		case *ast.InlineFragment:
			f := *s
			f.SelectionSet = startedAfter(s.SelectionSet, position)
			out[i] = &f
		case *ast.FragmentSpread:
			out[i] = &ast.InlineFragment{
				TypeCondition: s.Definition.TypeCondition, Directives: s.Directives, ObjectDefinition: s.ObjectDefinition,
				SelectionSet: startedAfter(s.Definition.SelectionSet, position), Position: s.Position,
			}
		}
	}
	return out
}

func fieldAfter(f *ast.Field, position string) *ast.Field {
	const name = "after"
	if f.Definition == nil || f.Definition.Arguments.ForName(name) == nil {
		return f
	}
	begun := *f
	begun.Arguments = nil
	for _, a := range f.Arguments {
		if a.Name != name {
			begun.Arguments = append(begun.Arguments, a)
		}
	}
	begun.Arguments = append(begun.Arguments, &ast.Argument{
		Name: name, Position: f.Position, Value: &ast.Value{Raw: position, Kind: ast.StringValue, Position: f.Position},
	})
	return &begun
}
