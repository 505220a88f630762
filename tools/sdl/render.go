package main

import (
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/formatter"
)

const heading = "# The public contract of karnak, merged from schema/*.graphqls by `make schema`. Not edited by hand.\n\n"

// render writes a schema in one order whatever the files it came from: directives, then types, by name; fields as written,
// the roots' fields by name, since theirs depends on the order of the files.
func render(s *ast.Schema) string {
	sorted := *s
	sorted.Types = make(map[string]*ast.Definition, len(s.Types))
	for name, d := range s.Types {
		sorted.Types[name] = ordered(s, d)
	}
	var b strings.Builder
	b.WriteString(heading)
	formatter.NewFormatter(&b, formatter.WithIndent("  ")).FormatSchema(&sorted)
	// The formatter leaves no room between definitions.
	return strings.TrimSpace(strings.ReplaceAll(b.String(), "\n}\n", "\n}\n\n")) + "\n"
}
