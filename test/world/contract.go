package world

import (
	"encoding/json"
	"maps"
	"slices"
	"sort"
	"strings"
	"testing"

	"karnak/internal/app/apptest"
)

// Contract is the schema as the API tells it.
type Contract map[string]map[string]*Field

// Field is a field of an object or an interface.
type Field struct {
	Name string `json:"name"`
	Args []Arg  `json:"args"`
	Type Type   `json:"type"`
}

// Arg is an argument of a field, or a field of an input.
type Arg struct {
	Name    string  `json:"name"`
	Default *string `json:"defaultValue"`
	Type    Type    `json:"type"`
}

// Type is a reference to a type, with its lists and exclamation marks.
type Type struct {
	Kind   string `json:"kind"`
	Name   string `json:"name"`
	OfType *Type  `json:"ofType"`
}

// Named is the type without its lists and exclamation marks.
func (t Type) Named() Type {
	for t.OfType != nil {
		t = *t.OfType
	}
	return t
}

// Composite says that a selection has to follow.
func (t Type) Composite() bool {
	k := t.Named().Kind
	return k == "OBJECT" || k == "INTERFACE" || k == "UNION"
}

// Required reports whether a value has to be given.
func (a Arg) Required() bool { return a.Type.Kind == "NON_NULL" && a.Default == nil }

const introspection = `query { __schema { types { kind name fields(includeDeprecated: true) { name
	args { name defaultValue type { ...T } } type { ...T } }
	inputFields { name defaultValue type { ...T } } enumValues { name } } } }
	fragment T on __Type { kind name ofType { kind name ofType { kind name ofType { kind name } } } }`

type introspected struct {
	Kind, Name  string
	Fields      []*Field
	InputFields []Arg
	EnumValues  []struct{ Name string }
}

func types(t *testing.T, n *apptest.Node) (out []introspected) {
	t.Helper()
	var answer struct {
		Data struct {
			Schema struct{ Types []introspected } `json:"__schema"`
		}
	}
	if err := json.Unmarshal(n.Must(t, "", introspection, nil).Body, &answer); err != nil {
		t.Fatal(err)
	}
	for _, x := range answer.Data.Schema.Types {
		if !strings.HasPrefix(x.Name, "__") {
			out = append(out, x)
		}
	}
	return out
}

// Inputs are the input objects of the contract with their fields, and the enums with their values.
type Inputs struct {
	Objects map[string][]Arg
	Enums   map[string][]string
}

// IntrospectInputs asks the API for what it takes.
func IntrospectInputs(t *testing.T, n *apptest.Node) Inputs {
	t.Helper()
	in := Inputs{map[string][]Arg{}, map[string][]string{}}
	for _, x := range types(t, n) {
		switch x.Kind {
		case "INPUT_OBJECT":
			in.Objects[x.Name] = x.InputFields
		case "ENUM":
			for _, v := range x.EnumValues {
				in.Enums[x.Name] = append(in.Enums[x.Name], v.Name)
			}
		}
	}
	return in
}

// Introspect asks the API for its objects, interfaces and their fields.
func Introspect(t *testing.T, n *apptest.Node) Contract {
	t.Helper()
	c := Contract{}
	for _, x := range types(t, n) {
		if x.Kind != "OBJECT" && x.Kind != "INTERFACE" {
			continue
		}
		c[x.Name] = map[string]*Field{}
		for _, f := range x.Fields {
			c[x.Name][f.Name] = f
		}
	}
	return c
}

// Covers checks that every coordinate of the contract has a row, and every row a coordinate.
func Covers(t *testing.T, c Contract, rows []Row) {
	t.Helper()
	have := map[string]bool{}
	for _, r := range rows {
		if have[r.Name] {
			t.Errorf("%s: %s has a row already", r.Where, r.Name)
		}
		have[r.Name] = true
		if c[r.On][r.Field] == nil {
			t.Errorf("%s: the schema has no field %s", r.Where, r.coordinate)
		}
	}
	for on, fields := range c {
		for name := range fields {
			if !have[on+"."+name] {
				t.Errorf("test/authz/testdata/access.txt has no row for %s.%s: say who may have it", on, name)
			}
		}
	}
	if t.Failed() {
		t.FailNow()
	}
}

// Selection writes the selection of a row's field under an alias, with the arguments it needs and below it what is asked of
// a composite type.
func (c Contract) Selection(t *testing.T, r Row, alias, below string) string {
	t.Helper()
	f := c[r.On][r.Field]
	text, ok := Arguments()[r.Name]
	if !ok {
		text = Arguments()[r.coordinate]
	}
	for _, a := range f.Args {
		if a.Required() && !strings.Contains(text, a.Name+":") {
			t.Fatalf("%s: test/world: Arguments gives nothing for the argument %q of %s", r.Where, a.Name, r.Name)
		}
	}
	if text != "" {
		text = "(" + text + ")"
	}
	if !f.Type.Composite() {
		below = ""
	}
	return alias + ": " + r.Field + text + " " + below
}

// Leaves lists the fields of a type that need neither arguments nor a selection.
func (c Contract) Leaves(name string) string {
	var out []string
	for _, f := range c[name] {
		if !f.Type.Composite() && len(f.Args) == 0 {
			out = append(out, f.Name)
		}
	}
	if len(out) == 0 {
		return "{ __typename }"
	}
	sort.Strings(out)
	return "{ " + strings.Join(out, " ") + " }"
}

// MutationOf returns the mutation that answers with a payload type; empty for any other type.
func (c Contract) MutationOf(payload string) string {
	for _, f := range c["Mutation"] {
		if f.Type.Named().Name == payload {
			return f.Name
		}
	}
	return ""
}

// SortedFields returns the fields of a type by name.
func SortedFields(fields map[string]*Field) []*Field {
	out := make([]*Field, 0, len(fields))
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		out = append(out, fields[name])
	}
	return out
}
