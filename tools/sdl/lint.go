package main

import (
	"cmp"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/vektah/gqlparser/v2/ast"
)

// linter walks a schema and notes what breaks a rule of the contract.
type linter struct {
	schema *ast.Schema
	found  []finding
	pascal *regexp.Regexp
	camel  *regexp.Regexp
	upper  *regexp.Regexp
}

// lint holds a schema to every rule; the findings are ordered by place.
func lint(s *ast.Schema) []finding {
	l := &linter{
		schema: s,
		pascal: regexp.MustCompile(`^[A-Z][A-Za-z0-9]*$`),
		camel:  regexp.MustCompile(`^[a-z][A-Za-z0-9]*$`),
		upper:  regexp.MustCompile(`^[A-Z][A-Z0-9]*(_[A-Z0-9]+)*$`),
	}
	for _, name := range slices.Sorted(maps.Keys(s.Directives)) {
		l.directive(s.Directives[name])
	}
	for _, name := range slices.Sorted(maps.Keys(s.Types)) {
		if d := s.Types[name]; !d.BuiltIn {
			l.definition(d)
		}
	}
	slices.SortStableFunc(l.found, func(a, b finding) int {
		return cmp.Or(cmp.Compare(a.where, b.where), cmp.Compare(a.line, b.line))
	})
	return l.found
}

func (l *linter) add(at *ast.Position, format string, args ...any) {
	f := finding{where: "schema", what: fmt.Sprintf(format, args...)}
	if at != nil && at.Src != nil {
		f.where, f.line = at.Src.Name, at.Line
	}
	l.found = append(l.found, f)
}

func (l *linter) described(at *ast.Position, what, text string) {
	if strings.TrimSpace(text) == "" {
		l.add(at, "%s has no description", what)
	}
}

func (l *linter) named(at *ast.Position, what, name, style string, want *regexp.Regexp) {
	if !want.MatchString(name) {
		l.add(at, "%s is not written in %s", what, style)
	}
}

func (l *linter) directive(d *ast.DirectiveDefinition) {
	if d.Position == nil || d.Position.Src == nil || d.Position.Src.BuiltIn {
		return
	}
	l.described(d.Position, "@"+d.Name, d.Description)
	l.named(d.Position, "@"+d.Name, d.Name, "camelCase", l.camel)
	l.arguments("@"+d.Name, d.Arguments)
}

func (l *linter) definition(d *ast.Definition) {
	l.described(d.Position, d.Name, d.Description)
	l.named(d.Position, d.Name, d.Name, "PascalCase", l.pascal)
	named := strings.HasSuffix(d.Name, "Input") || strings.HasSuffix(d.Name, "Filter")
	if named != (d.Kind == ast.InputObject) {
		l.add(d.Position, "%s: input types, and they alone, are named …Input or …Filter", d.Name)
	}
	for _, v := range d.EnumValues {
		what := d.Name + "." + v.Name
		l.described(v.Position, what, v.Description)
		l.named(v.Position, what, v.Name, "UPPER_CASE", l.upper)
		l.sunset(v.Position, what, v.Directives)
	}
	for _, f := range d.Fields {
		if !strings.HasPrefix(f.Name, "__") {
			l.field(d, f)
		}
	}
	if strings.HasSuffix(d.Name, "Connection") {
		l.connection(d)
	}
	if d == l.schema.Mutation {
		for _, f := range d.Fields {
			l.mutation(f)
		}
	}
}

func (l *linter) field(d *ast.Definition, f *ast.FieldDefinition) {
	what := d.Name + "." + f.Name
	l.described(f.Position, what, f.Description)
	l.named(f.Position, what, f.Name, "camelCase", l.camel)
	l.sunset(f.Position, what, f.Directives)
	l.arguments(what, f.Arguments)
	if d.Kind == ast.Object || d.Kind == ast.Interface {
		l.list(d, f)
	}
}

func (l *linter) arguments(of string, args ast.ArgumentDefinitionList) {
	for _, a := range args {
		what := fmt.Sprintf("%s(%s:)", of, a.Name)
		l.described(a.Position, what, a.Description)
		l.named(a.Position, what, a.Name, "camelCase", l.camel)
		l.sunset(a.Position, what, a.Directives)
	}
}

// sunset holds that what is deprecated says why and until when.
func (l *linter) sunset(at *ast.Position, what string, ds ast.DirectiveList) {
	deprecated, sunset := ds.ForName("deprecated"), ds.ForName("sunset")
	switch {
	case deprecated == nil && sunset == nil:
	case deprecated == nil:
		l.add(at, "%s has @sunset and is not @deprecated", what)
	case deprecated.Arguments.ForName("reason") == nil:
		l.add(at, "%s is @deprecated without a reason", what)
	case sunset == nil:
		l.add(at, "%s is @deprecated without @sunset(on:)", what)
	default:
		if _, ok := sunsetDay(ds); !ok {
			l.add(at, "%s: @sunset(on:) is not a date like 2027-01-31", what)
		}
	}
}

// sunsetDay is the day on which a deprecated element may go.
func sunsetDay(ds ast.DirectiveList) (time.Time, bool) {
	d := ds.ForName("sunset")
	if d == nil || ds.ForName("deprecated") == nil {
		return time.Time{}, false
	}
	on := d.Arguments.ForName("on")
	if on == nil {
		return time.Time{}, false
	}
	day, err := time.Parse(time.DateOnly, on.Value.Raw)
	return day, err == nil
}
