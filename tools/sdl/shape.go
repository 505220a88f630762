package main

import (
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
)

// list holds that no list of objects is without a bound: it is a page of a connection, or its size is told.
func (l *linter) list(d *ast.Definition, f *ast.FieldDefinition) {
	item := l.schema.Types[f.Type.Name()]
	if item == nil {
		return
	}
	if strings.HasSuffix(item.Name, "Connection") {
		l.paged(d, f)
		return
	}
	composite := item.Kind == ast.Object || item.Kind == ast.Interface || item.Kind == ast.Union
	inConnection := strings.HasSuffix(d.Name, "Connection") && (f.Name == "edges" || f.Name == "nodes")
	if f.Type.Elem == nil || !composite || inConnection || f.Name == "userErrors" || f.Directives.ForName("listSize") != nil {
		return
	}
	l.add(f.Position, "%s.%s is a list of objects without a bound: make it a connection or give it @listSize", d.Name, f.Name)
}

func (l *linter) paged(d *ast.Definition, f *ast.FieldDefinition) {
	for name, want := range map[string]string{"first": "Int", "after": "Cursor"} {
		if a := f.Arguments.ForName(name); a == nil || a.Type.String() != want {
			l.add(f.Position, "%s.%s is a connection and has no argument %s: %s", d.Name, f.Name, name, want)
		}
	}
	if f.Type.Elem != nil {
		l.add(f.Position, "%s.%s is a list of connections", d.Name, f.Name)
	}
	size := f.Directives.ForName("listSize")
	if size == nil || size.Arguments.ForName("slicingArguments") == nil || size.Arguments.ForName("assumedSize") == nil {
		l.add(f.Position, "%s.%s is a connection without @listSize(slicingArguments:, assumedSize:)", d.Name, f.Name)
		return
	}
	for _, c := range size.Arguments.ForName("slicingArguments").Value.Children {
		if f.Arguments.ForName(c.Value.Raw) == nil {
			l.add(f.Position, "%s.%s: @listSize names %s, which is no argument", d.Name, f.Name, c.Value.Raw)
		}
	}
}

func (l *linter) connection(d *ast.Definition) {
	item := strings.TrimSuffix(d.Name, "Connection")
	for _, want := range []struct{ field, kind string }{
		{"edges", "[" + item + "Edge!]!"}, {"nodes", ""}, {"pageInfo", "PageInfo!"},
	} {
		f := d.Fields.ForName(want.field)
		if f == nil || (want.kind != "" && f.Type.String() != want.kind) {
			l.add(d.Position, "%s has no %s: %s", d.Name, want.field, want.kind)
		}
	}
	if total := d.Fields.ForName("totalCount"); total != nil && total.Type.String() != "Int!" {
		l.add(total.Position, "%s.totalCount is not Int!", d.Name)
	}
	edge := l.schema.Types[item+"Edge"]
	if edge == nil || edge.Fields.ForName("node") == nil || edge.Fields.ForName("cursor") == nil {
		l.add(d.Position, "%s: %sEdge does not hold cursor and node", d.Name, item)
	}
}

// mutation holds the shape of the contract: one input in, one payload out.
func (l *linter) mutation(f *ast.FieldDefinition) {
	what := "Mutation." + f.Name
	title := strings.ToUpper(f.Name[:1]) + f.Name[1:]
	if len(f.Arguments) != 1 || f.Arguments[0].Name != "input" || f.Arguments[0].Type.String() != title+"Input!" {
		l.add(f.Position, "%s does not take exactly input: %sInput!", what, title)
	}
	payload := l.schema.Types[title+"Payload"]
	if f.Type.String() != title+"Payload!" || payload == nil {
		l.add(f.Position, "%s does not return %sPayload!", what, title)
		return
	}
	for name, kind := range map[string]string{"userErrors": "[UserError!]!", "clientMutationId": "String", "cursor": "Cursor"} {
		if got := payload.Fields.ForName(name); got == nil || got.Type.String() != kind {
			l.add(payload.Position, "%s has no %s: %s", payload.Name, name, kind)
		}
	}
	if input := l.schema.Types[title+"Input"]; input != nil && input.Fields.ForName("clientMutationId") == nil {
		l.add(input.Position, "%s has no clientMutationId", input.Name)
	}
	l.emits(f, payload)
}

// emits holds that a mutation names its events, or that its payload says why there is no position in the log.
func (l *linter) emits(f *ast.FieldDefinition, payload *ast.Definition) {
	d := f.Directives.ForName("emits")
	if d == nil {
		if cursor := payload.Fields.ForName("cursor"); cursor != nil && !strings.HasPrefix(cursor.Description, "Null") {
			l.add(f.Position, "Mutation.%s has no @emits, and %s.cursor does not begin with “Null” and why", f.Name, payload.Name)
		}
		return
	}
	events := d.Arguments.ForName("events")
	if events == nil || len(events.Value.Children) == 0 {
		l.add(f.Position, "Mutation.%s: @emits names no event", f.Name)
		return
	}
	for _, e := range events.Value.Children {
		parts := strings.Split(e.Value.Raw, ".")
		bad := func(p string) bool {
			return !l.camel.MatchString(strings.ReplaceAll(p, "_", "")) || p != strings.ToLower(p)
		}
		if len(parts) < 2 || slices.ContainsFunc(parts, bad) {
			l.add(f.Position, "Mutation.%s: the event %q is not written domain.noun.verb", f.Name, e.Value.Raw)
		}
	}
}

// ordered returns a root type with its fields by name, any other type as it is.
func ordered(s *ast.Schema, d *ast.Definition) *ast.Definition {
	if d != s.Query && d != s.Mutation && d != s.Subscription {
		return d
	}
	sorted := *d
	sorted.Fields = slices.Clone(d.Fields)
	slices.SortFunc(sorted.Fields, func(a, b *ast.FieldDefinition) int { return strings.Compare(a.Name, b.Name) })
	return &sorted
}
