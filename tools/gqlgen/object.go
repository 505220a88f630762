package main

import (
	"fmt"
	"go/ast"
	"go/token"
	"slices"
	"strings"
)

// object rewrites the function that answers a selection of an object type. The original stays beside it for selections with
// deferred fields.
func (s *source) object(f *ast.FuncDecl) (bool, error) {
	params := names(f)
	if len(params) != 3 || params[2] != "obj" || !strings.HasPrefix(f.Name.Name, "_") {
		return false, nil
	}
	implementors, cases := s.collected(f)
	if implementors == "" {
		return false, nil
	}
	if i := slices.IndexFunc(cases, func(c answer) bool { return c.do == "" }); i >= 0 || len(cases) == 0 {
		return false, fmt.Errorf("%s: a field is answered in a way that this tool does not know", f.Name.Name)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s {\n", s.text[s.set.Position(f.Pos()).Offset:s.set.Position(f.Body.Lbrace).Offset])
	fmt.Fprintf(&b, "\tfields := graphql.CollectFields(ec.OperationContext, sel, %s)\n", implementors)
	fmt.Fprintf(&b, "\tif exec.Deferred(fields) {\n\t\treturn ec.deferred%s(ctx, sel, obj)\n\t}\n", f.Name.Name)
	b.WriteString("\tout := exec.NewObject(fields)\n")
	if i := slices.IndexFunc(cases, func(c answer) bool { return c.first }); i >= 0 {
		fmt.Fprintf(&b, "\tfor i, field := range fields {\n\t\tif field.Name == %s {\n\t\t\t%s\n\t\t}\n\t}\n", cases[i].name, cases[i].do)
		cases[i].do = "// answered before the others"
	}
	b.WriteString("\tfor i, field := range fields {\n\t\tswitch field.Name {\n")
	for _, c := range cases {
		fmt.Fprintf(&b, "\t\tcase %s:\n\t\t\t%s\n", c.name, c.do)
	}
	b.WriteString("\t\tdefault:\n\t\t\tpanic(\"unknown field \" + strconv.Quote(field.Name))\n\t\t}\n\t}\n")
	b.WriteString("\tif out.Invalid {\n\t\treturn graphql.Null\n\t}\n\treturn out\n}\n\n")
	s.replace(f.Pos(), f.Pos(), b.String())
	s.replace(f.Name.Pos(), f.Name.End(), "deferred"+f.Name.Name)
	s.deferred(f)
	return true, nil
}

// deferred leaves the fields that are answered later out of the object; gqlgen makes them null.
func (s *source) deferred(f *ast.FuncDecl) {
	ast.Inspect(f.Body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.AssignStmt:
			if s.of(n) == "out.Values[i] = graphql.Null" {
				s.replace(n.Pos(), n.End(), "out.Values[i] = nil")
			}
		case *ast.ReturnStmt:
			if s.of(n) == "return out" {
				s.replace(n.Pos(), n.End(), "return exec.Given(fields, out.Values)")
			}
		}
		return true
	})
}

// parts lets the wait for a deferred part end with its operation.
func (s *source) parts(f *ast.FuncDecl) (found bool) {
	ast.Inspect(f.Body, func(n ast.Node) bool {
		if a, ok := n.(*ast.AssignStmt); ok && s.of(a) == "result := <-ec.DeferredResults" {
			s.replace(a.Pos(), a.End(), "result, ok := exec.Part(ctx, ec.DeferredResults)\nif !ok {\nreturn nil\n}")
			found = true
		}
		return true
	})
	return found
}

func names(f *ast.FuncDecl) (out []string) {
	for _, p := range f.Type.Params.List {
		for _, n := range p.Names {
			out = append(out, n.Name)
		}
	}
	return out
}

// answer is one field of an object: the case of its name, how it is answered, the value alone, and the null that it must not be.
type answer struct {
	name, do, value, never string
	// first is the position in the log that an answer was read at: it is taken before anything else is read.
	first bool
}

// collected returns what an object's function answers; nothing for other functions.
func (s *source) collected(f *ast.FuncDecl) (implementors string, cases []answer) {
	ast.Inspect(f.Body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.CallExpr:
			if s.of(n.Fun) == "graphql.CollectFields" && len(n.Args) == 3 {
				implementors = s.of(n.Args[2])
			}
		case *ast.CaseClause:
			if len(n.List) == 1 {
				name := s.of(n.List[0])
				delayed := strings.Contains(s.of(n), ".Concurrently(")
				a := s.answered(f.Name.Name, n)
				a.name, a.first = name, name == `"cursor"` && delayed
				cases = append(cases, a)
			}
		}
		return true
	})
	return implementors, cases
}

// answered is how the generated case answers its field: by the function of the field, nullable or not.
func (s *source) answered(object string, c *ast.CaseClause) answer {
	if s.of(c.List[0]) == `"__typename"` {
		name := fmt.Sprintf("graphql.MarshalString(%q)", strings.TrimPrefix(object, "_"))
		return answer{do: "out.Values[i] = " + name, value: name, never: "graphql.Null"}
	}
	a, set := answer{never: "graphql.RequiredNull"}, "Nullable"
	for _, st := range c.Body {
		ast.Inspect(st, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.CallExpr:
				if strings.HasPrefix(s.of(n.Fun), "ec."+object+"_") {
					a.value = s.of(n)
				}
			case *ast.BinaryExpr:
				if n.Op == token.EQL && s.of(n.Y) == "graphql.Null" {
					a.never, set = "graphql.Null", "Required"
				}
			}
			return true
		})
	}
	if a.value != "" {
		a.do = fmt.Sprintf("out.%s(i, %s)", set, a.value)
	}
	return a
}
