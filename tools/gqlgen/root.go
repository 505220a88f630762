package main

import (
	"fmt"
	"go/ast"
	"strings"
)

// root rewrites the function that answers the fields of a query. The original stays beside it for queries with deferred
// fields.
func (s *source) root(f *ast.FuncDecl) (bool, error) {
	if f.Name.Name != "_Query" || len(names(f)) != 2 {
		return false, nil
	}
	implementors, cases := s.collected(f)
	if implementors == "" || len(cases) == 0 {
		return false, nil
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s {\n", s.text[s.set.Position(f.Pos()).Offset:s.set.Position(f.Body.Lbrace).Offset])
	fmt.Fprintf(&b, "\tfields := graphql.CollectFields(ec.OperationContext, sel, %s)\n", implementors)
	b.WriteString("\tif exec.Deferred(fields) {\n\t\treturn ec.deferred_Query(ctx, sel)\n\t}\n")
	b.WriteString("\treturn exec.Root(ctx, fields, func(ctx context.Context, field graphql.CollectedField) (v, never graphql.Marshaler) {\n\t\tswitch field.Name {\n")
	for _, c := range cases {
		if c.value == "" {
			return false, fmt.Errorf("%s: a field is answered in a way that this tool does not know", f.Name.Name)
		}
		fmt.Fprintf(&b, "\t\tcase %s:\n\t\t\treturn %s, %s\n", c.name, c.value, c.never)
	}
	b.WriteString("\t\tdefault:\n\t\t\tpanic(\"unknown field \" + strconv.Quote(field.Name))\n\t\t}\n\t})\n}\n\n")
	s.replace(f.Pos(), f.Pos(), b.String())
	s.replace(f.Name.Pos(), f.Name.End(), "deferred_Query")
	return true, nil
}

// output has answers encoded in buffers that are used again, and no map of inputs made for each operation: the functions that
// read inputs are called by name.
func (s *source) output(f *ast.FuncDecl) (found bool) {
	if f.Name.Name != "Exec" {
		return false
	}
	ast.Inspect(f.Body, func(n ast.Node) bool {
		b, ok := n.(*ast.BlockStmt)
		if !ok {
			return true
		}
		for i, st := range b.List {
			switch text := s.of(st); {
			case strings.HasPrefix(text, "inputUnmarshalMap := "), text == "ctx = graphql.WithUnmarshalerMap(ctx, inputUnmarshalMap)":
				s.replace(st.Pos(), st.End(), "")
			case text == "var buf bytes.Buffer" && i+1 < len(b.List) && s.of(b.List[i+1]) == "data.MarshalGQL(&buf)":
				s.replace(st.Pos(), b.List[i+1].End(), "")
				s.encoded(b)
				found = true
			}
		}
		return true
	})
	return found
}

func (s *source) encoded(b *ast.BlockStmt) {
	ast.Inspect(b, func(n ast.Node) bool {
		if c, ok := n.(*ast.CallExpr); ok && s.of(c) == "buf.Bytes()" {
			s.replace(c.Pos(), c.End(), "exec.Encode(data)")
		}
		return true
	})
}
