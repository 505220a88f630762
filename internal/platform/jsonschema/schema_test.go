package jsonschema_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"karnak/internal/platform/jsonschema"
)

func TestCompile(t *testing.T) {
	t.Parallel()
	many := `{"type":"object","properties":{` + strings.TrimSuffix(strings.Repeat(`"%d":{},`, 1200), ",") + `}}`
	numbers := make([]any, 1200)
	for i := range numbers {
		numbers[i] = i
	}
	for name, c := range map[string]struct{ schema, want string }{
		"an object":                {`{"type":"object","properties":{"a":{"type":"string","pattern":"^x"}},"required":["a"]}`, ""},
		"a reference into itself":  {`{"type":"object","properties":{"a":{"$ref":"#/$defs/a"}},"$defs":{"a":{"type":"integer"}}}`, ""},
		"recursive":                {`{"type":"object","properties":{"next":{"$ref":"#"}}}`, ""},
		"said to be of 2020-12":    {`{"$schema":"https://json-schema.org/draft/2020-12/schema","type":"object"}`, ""},
		"of another draft":         {`{"$schema":"http://json-schema.org/draft-07/schema#","type":"object"}`, "only https://json-schema.org/draft/2020-12"},
		"no object":                {`{"type":"string"}`, `has to be "object"`},
		"true":                     {`true`, `has to be "object"`},
		"a file":                   {`{"type":"object","properties":{"a":{"$ref":"file:///etc/passwd"}}}`, "leads out"},
		"a page":                   {`{"type":"object","$ref":"http://127.0.0.1:1/x"}`, "leads out"},
		"a relative file":          {`{"type":"object","$ref":"other.json"}`, "leads out"},
		"another place by its id":  {`{"$id":"http://127.0.0.1:1/","type":"object","$ref":"x"}`, "leads out"},
		"a type that is none":      {`{"type":"object","properties":{"a":{"type":"text"}}}`, "value must be one of"},
		"a pattern that is none":   {`{"type":"object","properties":{"a":{"pattern":"("}}}`, "regex"},
		"twice the same name":      {`{"type":"object","type":"object"}`, "twice"},
		"more behind it":           {`{"type":"object"} {}`, "follows"},
		"half of it":               {`{"type":"object"`, "too early"},
		"nested deep":              {`{"type":"object","not":` + strings.Repeat(`{"not":`, 70) + `{}` + strings.Repeat("}", 70) + `}`, "deeper than"},
		"too large":                {`{"type":"object","description":"` + strings.Repeat("x", 70_000) + `"}`, "more than 65536 bytes"},
		"of too many parts":        {fmt.Sprintf(many, numbers...), "more than 1000 parts"},
		"a number beyond measure":  {`{"type":"object","properties":{"a":{"maximum":1e999999999}}}`, "too long"},
		"a reference to nothing":   {`{"type":"object","$ref":"#/$defs/none"}`, "none"},
		"a reference round itself": {`{"type":"object","$ref":"#/$defs/a","$defs":{"a":{"$ref":"#/$defs/a"}}}`, ""},
	} {
		began := time.Now()
		_, err := jsonschema.CompileObject([]byte(c.schema))
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
		if took := time.Since(began); took > 2*time.Second {
			t.Errorf("%s took %s", name, took)
		}
	}
}

const person = `{"type":"object","properties":{"name":{"type":"string","minLength":1},"age":{"type":"integer","minimum":0},
"mail":{"type":"string","format":"email"},"at":{"format":"date-time"}},"required":["name"],"additionalProperties":false}`

func TestValidate(t *testing.T) {
	t.Parallel()
	s, err := jsonschema.CompileObject([]byte(person))
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		value string
		want  []jsonschema.Fault
	}{
		"fits":           {`{"name":"A","age":3,"mail":"a@example.com"}`, nil},
		"a whole number": {`{"name":"A","age":3.0}`, nil},
		"exact":          {`{"name":"A","age":9007199254740993}`, nil},
		"lacks a name":   {`{"age":3}`, []jsonschema.Fault{{"", "missing property 'name'"}}},
		"two faults":     {`{"name":"","age":-1}`, []jsonschema.Fault{{"/name", "minLength: got 0, want 1"}, {"/age", "minimum: got -1, want 0"}}},
		"more than said": {`{"name":"A","x/y":1}`, []jsonschema.Fault{{"", "additional properties 'x/y' not allowed"}}},
		"a list":         {`[]`, []jsonschema.Fault{{"", "got array, want object"}}},
		"no JSON":        {`{"name":}`, []jsonschema.Fault{{"", "this is no JSON value: invalid character '}' looking for beginning of value"}}},
		"nothing":        {``, []jsonschema.Fault{{"", "this is no JSON value: it ends too early"}}},
		"a name twice":   {`{"name":"A","name":"B"}`, []jsonschema.Fault{{"", `this is no JSON value: the name "name" is there twice`}}},
	} {
		err := s.Validate([]byte(c.value))
		var invalid *jsonschema.Invalid
		if c.want == nil {
			if err != nil {
				t.Errorf("%s: %v", name, err)
			}
			continue
		}
		if !errors.As(err, &invalid) || !same(invalid.Faults, c.want) {
			t.Errorf("%s: %+v, want %+v", name, err, c.want)
		}
	}
	for _, bad := range []string{`{"name":"A","mail":"nobody"}`, `{"name":"A","at":"yesterday"}`} {
		if s.Validate([]byte(bad)) == nil {
			t.Errorf("%s fits", bad)
		}
	}
}

// same compares faults in any order.
func same(got, want []jsonschema.Fault) bool {
	seen := map[jsonschema.Fault]int{}
	for _, f := range got {
		seen[f]++
	}
	for _, f := range want {
		seen[f]--
	}
	for _, n := range seen {
		if n != 0 {
			return false
		}
	}
	return true
}

func TestChecksThatWouldTakeLong(t *testing.T) {
	t.Parallel()
	doubling := `{"$ref":"#/$defs/d0","$defs":{`
	for i := range 40 {
		doubling += fmt.Sprintf(`"d%d":{"anyOf":[{"$ref":"#/$defs/d%d"},{"$ref":"#/$defs/d%d"}]},`, i, i+1, i+1)
	}
	doubling += `"d40":{"type":"string"}}}`
	tree := `{"$ref":"#/$defs/n","$defs":{"n":{"anyOf":[{"type":"object","properties":{"x":{"$ref":"#/$defs/n"}}},{"type":"object","properties":{"x":{"$ref":"#/$defs/n"},"y":{}}}]}}}`
	deep := strings.Repeat(`{"x":`, 60) + "1" + strings.Repeat("}", 60)
	for name, c := range map[string]struct{ schema, value string }{
		"branches that double":      {doubling, `1`},
		"branches of a tree":        {tree, deep},
		"a long list of its own":    {`{"uniqueItems":true}`, "[" + strings.TrimSuffix(strings.Repeat(`{"a":[1,2]},`, 20_000), ",") + "]"},
		"a list with a schema each": {`{"items":{"allOf":[{"type":"string"},{"type":"integer"}]}}`, "[" + strings.TrimSuffix(strings.Repeat(`1,`, 100_000), ",") + "]"},
		"an evil pattern":           {`{"pattern":"^(a+)+$"}`, `"` + strings.Repeat("a", 100_000) + `b"`},
		"a number beyond measure":   {`{"multipleOf":3}`, `1e999999999`},
		"round itself":              {`{"$ref":"#"}`, `1`},
		"dynamic round itself":      {`{"$dynamicAnchor":"a","$dynamicRef":"#a"}`, `1`},
	} {
		began := time.Now()
		s, err := jsonschema.Compile([]byte(c.schema))
		if err == nil {
			err = s.Validate([]byte(c.value))
		}
		if err == nil {
			t.Errorf("%s: it fits", name)
		}
		if took := time.Since(began); took > 3*time.Second {
			t.Errorf("%s took %s", name, took)
		}
	}
}

func TestFaultsAreBounded(t *testing.T) {
	t.Parallel()
	s, err := jsonschema.Compile([]byte(`{"items":{"type":"string","enum":["` + strings.Repeat("x", 1000) + `"]}}`))
	if err != nil {
		t.Fatal(err)
	}
	err = s.Validate([]byte("[" + strings.TrimSuffix(strings.Repeat("1,", 500), ",") + "]"))
	var invalid *jsonschema.Invalid
	if !errors.As(err, &invalid) || len(invalid.Faults) != 20 {
		t.Fatalf("%v", err)
	}
	for _, f := range invalid.Faults {
		if len(f.Message) > 310 {
			t.Errorf("%d bytes: %s", len(f.Message), f.Message)
		}
	}
}

func TestCanonical(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		` { "b" : [ 1.0, 10e-1, -0.0, 1e2, 0.5000 ], "a" : "<é>" } `: `{"a":"<é>","b":[1,1,0,100,0.5]}`,
		`9007199254740993`: `9007199254740993`,
		`"\u00e9"`:         `"é"`,
		`{}`:               `{}`,
		`[]`:               `[]`,
		`null`:             `null`,
	} {
		got, err := jsonschema.Canonical([]byte(in))
		if err != nil || string(got) != want {
			t.Errorf("%s: %s %v", in, got, err)
		}
	}
	for _, bad := range []string{``, `{"a":1,"a":2}`, `1 2`, `1e99999`, strings.Repeat("[", 100)} {
		if got, err := jsonschema.Canonical([]byte(bad)); err == nil {
			t.Errorf("%s: %s", bad, got)
		}
	}
}
