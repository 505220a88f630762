package archtest

import (
	"fmt"
	"go/ast"
	"go/token"
)

// MostLines is how long the body of a resolver may be.
const MostLines = 12

// Helpers finds what does not belong into a resolver file: functions without a receiver, variables and constants. The
// generator comments them out when it next runs.
func Helpers(t *Tree) []Violation {
	var out []Violation
	for _, f := range t.files {
		if _, ok := resolverFile(f.path); !ok {
			continue
		}
		for _, d := range f.ast.Decls {
			switch d := d.(type) {
			case *ast.FuncDecl:
				if d.Recv == nil {
					out = append(out, Violation{t.at(f, d.Pos()), "the function " + d.Name.Name + " is no resolver; it belongs into a file of its own"})
				}
			case *ast.GenDecl:
				if d.Tok == token.VAR || d.Tok == token.CONST {
					out = append(out, Violation{t.at(f, d.Pos()), "a resolver file holds methods alone"})
				}
			}
		}
	}
	return out
}

// Long finds resolvers whose body has more than MostLines lines: a field makes one call and returns.
func Long(t *Tree) []Violation {
	var out []Violation
	for _, f := range t.files {
		if _, ok := resolverFile(f.path); !ok {
			continue
		}
		for _, d := range f.ast.Decls {
			fn, ok := d.(*ast.FuncDecl)
			if !ok || fn.Body == nil {
				continue
			}
			lines := t.set.Position(fn.Body.Rbrace).Line - t.set.Position(fn.Body.Lbrace).Line - 1
			if lines > MostLines {
				out = append(out, Violation{t.at(f, fn.Pos()), fmt.Sprintf("%s has %d lines, at most %d", fn.Name.Name, lines, MostLines)})
			}
		}
	}
	return out
}

// Starts finds init functions: nothing happens because a package is imported.
func Starts(t *Tree) []Violation {
	var out []Violation
	for _, f := range t.files {
		if f.generated {
			continue
		}
		for _, d := range f.ast.Decls {
			if fn, ok := d.(*ast.FuncDecl); ok && fn.Recv == nil && fn.Name.Name == "init" {
				out = append(out, Violation{t.at(f, fn.Pos()), "has an init function"})
			}
		}
	}
	return out
}
