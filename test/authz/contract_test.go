package authz_test

import (
	"encoding/json"
	"sort"
	"strings"
	"testing"

	"karnak/internal/app/apptest"
)

// contract is the schema as the API tells it.
type contract map[string]map[string]*schemaField

type schemaField struct {
	Name string      `json:"name"`
	Args []schemaArg `json:"args"`
	Type typeRef     `json:"type"`
}

type schemaArg struct {
	Name    string  `json:"name"`
	Default *string `json:"defaultValue"`
	Type    typeRef `json:"type"`
}

type typeRef struct {
	Kind   string   `json:"kind"`
	Name   string   `json:"name"`
	OfType *typeRef `json:"ofType"`
}

// named is the type without its lists and exclamation marks.
func (t typeRef) named() typeRef {
	for t.OfType != nil {
		t = *t.OfType
	}
	return t
}

// composite says that a selection has to follow.
func (t typeRef) composite() bool {
	k := t.named().Kind
	return k == "OBJECT" || k == "INTERFACE" || k == "UNION"
}

func (a schemaArg) required() bool { return a.Type.Kind == "NON_NULL" && a.Default == nil }

const introspection = `query { __schema { types { kind name fields(includeDeprecated: true) { name
	args { name defaultValue type { kind name } }
	type { kind name ofType { kind name ofType { kind name ofType { kind name } } } } } } } }`

// introspect asks the API for its objects, interfaces and their fields.
func introspect(t *testing.T, n *apptest.Node) contract {
	t.Helper()
	var answer struct {
		Data struct {
			Schema struct {
				Types []struct {
					Kind, Name string
					Fields     []*schemaField
				}
			} `json:"__schema"`
		}
	}
	if err := json.Unmarshal(n.Must(t, "", introspection, nil).Body, &answer); err != nil {
		t.Fatal(err)
	}
	c := contract{}
	for _, x := range answer.Data.Schema.Types {
		if strings.HasPrefix(x.Name, "__") || x.Kind != "OBJECT" && x.Kind != "INTERFACE" {
			continue
		}
		c[x.Name] = map[string]*schemaField{}
		for _, f := range x.Fields {
			c[x.Name][f.Name] = f
		}
	}
	return c
}

// covers checks that every coordinate of the contract has a row, and every row a coordinate.
func covers(t *testing.T, c contract, rows []row) {
	t.Helper()
	have := map[string]bool{}
	for _, r := range rows {
		if have[r.name] {
			t.Errorf("%s: %s has a row already", r.where, r.name)
		}
		have[r.name] = true
		if c[r.on][r.field] == nil {
			t.Errorf("%s: the schema has no field %s", r.where, r.coordinate)
		}
	}
	for on, fields := range c {
		for name := range fields {
			if !have[on+"."+name] {
				t.Errorf("testdata/access.txt has no row for %s.%s: say who may have it", on, name)
			}
		}
	}
	if t.Failed() {
		t.FailNow()
	}
}

// selection writes the selection of a row's field under an alias, with the arguments it needs and below it what is asked of
// a composite type.
func (c contract) selection(t *testing.T, r row, alias, below string) string {
	t.Helper()
	f := c[r.on][r.field]
	text, ok := arguments()[r.name]
	if !ok {
		text = arguments()[r.coordinate]
	}
	for _, a := range f.Args {
		if a.required() && !strings.Contains(text, a.Name+":") {
			t.Fatalf("%s: arguments() gives nothing for the argument %q of %s", r.where, a.Name, r.name)
		}
	}
	if text != "" {
		text = "(" + text + ")"
	}
	if !f.Type.composite() {
		below = ""
	}
	return alias + ": " + r.field + text + " " + below
}

// leaves lists the fields of a type that need neither arguments nor a selection.
func (c contract) leaves(name string) string {
	var out []string
	for _, f := range c[name] {
		if !f.Type.composite() && len(f.Args) == 0 {
			out = append(out, f.Name)
		}
	}
	if len(out) == 0 {
		return "{ __typename }"
	}
	sort.Strings(out)
	return "{ " + strings.Join(out, " ") + " }"
}

// mutationOf returns the mutation that answers with a payload type; empty for any other type.
func (c contract) mutationOf(payload string) string {
	for _, f := range c["Mutation"] {
		if f.Type.named().Name == payload {
			return f.Name
		}
	}
	return ""
}
