package main

import (
	"fmt"
	"go/ast"
	"strings"
)

// list makes a list's elements be answered in order.
func (s *source) list(f *ast.FuncDecl) (found bool) {
	ast.Inspect(f.Body, func(n ast.Node) bool {
		c, ok := n.(*ast.CallExpr)
		if ok && s.of(c.Fun) == "graphql.MarshalSliceConcurrently" && len(c.Args) == 5 {
			s.replace(c.Fun.Pos(), c.Fun.End(), "exec.List")
			s.replace(c.Args[1].End(), c.Args[3].End(), "")
			found = true
		}
		return true
	})
	return found
}

// scalarFields returns the names of the functions that describe fields without a selection.
func scalarFields(all []*source) map[string]bool {
	out := map[string]bool{}
	for _, s := range all {
		for _, d := range s.file.Decls {
			if f, ok := d.(*ast.FuncDecl); ok && f.Body != nil && strings.HasPrefix(f.Name.Name, "fieldContext_") && len(f.Body.List) == 1 &&
				strings.Contains(s.of(f.Body), "graphql.NewScalarFieldContext(") {
				out[strings.TrimPrefix(f.Name.Name, "fieldContext")] = true
			}
		}
	}
	return out
}

// field rewrites the function of a field: one that hands a scalar out of its object needs nothing around it.
func (s *source) field(f *ast.FuncDecl, leaves map[string]bool) bool {
	if len(f.Body.List) != 1 {
		return false
	}
	r, ok := f.Body.List[0].(*ast.ReturnStmt)
	if !ok || len(r.Results) != 1 {
		return false
	}
	c, ok := r.Results[0].(*ast.CallExpr)
	if !ok || s.of(c.Fun) != "graphql.ResolveField" || len(c.Args) != 9 {
		return false
	}
	value, marshal := s.handedOut(c.Args[4]), s.called(c.Args[6])
	if !leaves[f.Name.Name] || value == "" || marshal == "" || s.of(c.Args[5]) != "nil" {
		return false
	}
	s.replace(r.Pos(), r.End(), fmt.Sprintf("return %s(ctx, field.Selections, %s)", marshal, value))
	return true
}

// handedOut returns the field of the object that a resolver does nothing but return.
func (s *source) handedOut(resolver ast.Expr) string {
	f, ok := resolver.(*ast.FuncLit)
	if !ok || len(f.Body.List) != 1 {
		return ""
	}
	r, ok := f.Body.List[0].(*ast.ReturnStmt)
	if !ok || len(r.Results) != 2 {
		return ""
	}
	for x := r.Results[0]; ; {
		switch e := x.(type) {
		case *ast.SelectorExpr:
			x = e.X
		case *ast.Ident:
			if e.Name == "obj" {
				return s.of(r.Results[0])
			}
			return ""
		default:
			return ""
		}
	}
}

// called returns the function that a marshaler does nothing but call.
func (s *source) called(marshal ast.Expr) string {
	f, ok := marshal.(*ast.FuncLit)
	if !ok || len(f.Body.List) != 1 {
		return ""
	}
	r, ok := f.Body.List[0].(*ast.ReturnStmt)
	if !ok || len(r.Results) != 1 {
		return ""
	}
	c, ok := r.Results[0].(*ast.CallExpr)
	if !ok {
		return ""
	}
	return s.of(c.Fun)
}
