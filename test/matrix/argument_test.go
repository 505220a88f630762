package matrix_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"karnak/test/world"
)

// values has what is given for arguments and for fields of the inputs that arguments take: $names stand for ids.
func values() map[string][]string {
	objects := []string{"$workspace", "$public", "$private", "$message", "$deleted", "$targetMember", "$target"}
	nodes := append(slices.Clone(objects), "$direct", "$directMessage", "$privateMessage", "$publicMember", "$privateMember", "$directMember",
		"$invitation", "$grant", "$scoped", "$role", "$victimSession", "$stranger", "$conversation", "$generation", "$talk", "$prompt", "$answer",
		"$tool", "$toolVersion", "$invocation", "$failedInvocation", "$askedInvocation", "$call", "$calling")
	all := map[string][]string{
		"Query.node(id)": nodes, "Query.nodes(ids)": {"[" + strings.Join(nodes, ", ") + "]", "[$message, $$message]"},
		"Query.workspace(id)": {"$workspace"}, "Query.workspace(slug)": {"$slug"},
		"Query.explainAccess(subjectId)": {"$target", "$owner", "$stranger"}, "Query.explainAccess(permission)": {`"chat:read"`, `"admin:system"`},
		"Query.explainAccess(objectId)": objects,
		"Viewer.can(permissions)":       {`["chat:read", "admin:users"]`}, "Viewer.can(objectId)": objects,
		"Workspace.searchMessages(query)": {`"beginning"`, `"qamberq"`, `"qberylq"`, `"qcoralq"`},
		"ActivityFilter.types":            {`["access.*"]`, `["chat.*"]`, `["workspace.member.joined"]`},
		"ActivityFilter.actorIds":         {"[$owner]", "[$target, $stranger]"}, "ActivityFilter.channelIds": {"[$public]", "[$private]", "[$direct]"},
	}
	return all
}

// parameter is an argument of a field.
type parameter struct {
	on, field string
	arg       world.Arg
}

func (p parameter) coordinate() string { return p.on + "." + p.field + "(" + p.arg.Name + ")" }

// parameters returns the arguments of all fields, but for the inputs of mutations.
func (s *stage) parameters() (out []parameter) {
	for _, on := range slices.Sorted(maps.Keys(s.schema)) {
		for _, f := range world.SortedFields(s.schema[on]) {
			for _, a := range f.Args {
				if on != "Mutation" {
					out = append(out, parameter{on, f.Name, a})
				}
			}
		}
	}
	return out
}

// given returns the values of an argument; of one that takes an input, an input for each value of each of its fields.
func (s *stage) given(a world.Arg, coordinate string) (out []string) {
	kind := a.Type.Named()
	if of := s.inputs.Enums[kind.Name]; of != nil {
		return of
	}
	if kind.Kind != "INPUT_OBJECT" {
		if paged[a.Name] != nil {
			return paged[a.Name]
		}
		return values()[coordinate]
	}
	for _, f := range s.inputs.Objects[kind.Name] {
		for _, v := range s.given(f, kind.Name+"."+f.Name) {
			out = append(out, "{ "+f.Name+": "+v+" }")
		}
	}
	return out
}

// paged are values of the arguments of pages; cursors have a test of their own.
var paged = map[string][]string{"first": {"1", "5"}, "last": {"1", "5"}}

// isCursor reports whether an argument is a place in a list.
func isCursor(a world.Arg) bool { return a.Type.Named().Name == "Cursor" }

// readArguments gives each argument of each field values that are one's own, foreign and missing, on an object of one's own.
func (s *stage) readArguments(t *testing.T) {
	told := map[string]bool{}
	for _, x := range s.parameters() {
		if x.on == "Subscription" || isCursor(x.arg) || enough(t) {
			continue // by streams, and by cursors
		}
		given := s.given(x.arg, x.coordinate())
		if len(given) == 0 {
			t.Errorf("%s has no value: give values() in test/matrix/argument_test.go one", x.coordinate())
		}
		for _, v := range given {
			text := s.with(t, x, v)
			s.each(func(p principal) { s.readAs(t, p, x.coordinate(), text) })
			told[x.coordinate()] = s.tells(t, text) || told[x.coordinate()]
		}
		if s.policy[x.coordinate()] == takesID && !told[x.coordinate()] {
			t.Errorf("%s: its owner cannot tell what is there from what is missing: the values prove nothing", x.coordinate())
		}
	}
}

// with writes a document that gives one argument a value, on an object of the caller's own.
func (s *stage) with(t *testing.T, x parameter, value string) string {
	t.Helper()
	f := s.schema[x.on][x.field]
	args := []string{x.arg.Name + ": " + value}
	for _, a := range f.Args {
		if a.Name != x.arg.Name && a.Required() {
			others := s.given(a, x.on+"."+x.field+"("+a.Name+")")
			if len(others) == 0 {
				t.Fatalf("%s.%s(%s) has no value: give values() in test/matrix/argument_test.go one", x.on, x.field, a.Name)
			}
			args = append(args, a.Name+": "+mine(others[0]))
		}
	}
	way, ok := world.Routes()[x.on]
	if !ok {
		t.Fatalf("there is no way to %s: give test/world.Routes one", x.on)
	}
	selection := x.field + "(" + strings.Join(args, ", ") + ")"
	if f.Type.Composite() {
		selection += " " + s.deep(f.Type.Named().Name, 1)
	}
	return strings.Replace(mine(way.Open), "%s", selection, 1)
}

// mine makes the names of a text those of the caller's own.
func mine(text string) string {
	return placeholder.ReplaceAllStringFunc(text, func(name string) string { return "$$" + strings.TrimLeft(name, "$") })
}

// tells reports whether the owner of a tenant gets another answer for what is there than for what is missing.
func (s *stage) tells(t *testing.T, text string) bool {
	t.Helper()
	for _, p := range s.principals {
		if p.name == "owner" {
			is := s.send(t, p, post, request{text: s.fill(t, p, text, s.a.IDs)})
			not := s.send(t, p, post, request{text: s.fill(t, p, text, s.missing)})
			return masked(is, s.a.IDs) != masked(not, s.missing)
		}
	}
	return false
}
