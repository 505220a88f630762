package jsonschema_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"karnak/internal/platform/jsonschema"
)

// told is what is wrong, a line for each fault.
func told(t *testing.T, err error) string {
	t.Helper()
	if err == nil {
		return ""
	}
	var i *jsonschema.Invalid
	if !errors.As(err, &i) {
		t.Fatalf("an error of another kind: %v", err)
	}
	if len(i.Faults) == 0 || len(i.Faults) > jsonschema.MaxFaults {
		t.Fatalf("%d faults", len(i.Faults))
	}
	lines := make([]string, 0, len(i.Faults))
	for _, f := range i.Faults {
		if len(f.Path) > 256 || f.Message == "" || len(f.Message) > 1<<10 {
			t.Errorf("a fault out of form: %+v", f)
		}
		lines = append(lines, f.Path+": "+f.Message)
	}
	return strings.Join(lines, "\n")
}

func must(t testing.TB, schema string) *jsonschema.Schema {
	t.Helper()
	s, err := jsonschema.Compile([]byte(schema))
	if err != nil {
		t.Fatalf("%.200s: %v", schema, err)
	}
	return s
}

func TestValidate(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ schema, doc, want string }{
		"fits":                   {`{"type":"object","properties":{"a":{"type":"integer"}},"required":["a"]}`, `{"a":1.0}`, ""},
		"true":                   {`true`, `[1]`, ""},
		"false":                  {`false`, `[1]`, ": may not be there"},
		"wrong type":             {`{"type":["string","null"]}`, `1`, ": has to be null or string, not number"},
		"type below":             {`{"properties":{"a/b~":{"items":{"type":"string"}}}}`, `{"a/b~":["x",2]}`, "/a~1b~0/1: has to be string, not number"},
		"missing":                {`{"required":["a","b"]}`, `{}`, ": lacks \"a\"\n: lacks \"b\""},
		"too many keys":          {`{"properties":{"a":true},"additionalProperties":false}`, `{"c":1,"a":1,"b":1}`, ": may not have \"b\"\n: may not have \"c\""},
		"unevaluated":            {`{"allOf":[{"properties":{"a":true}}],"unevaluatedProperties":false}`, `{"a":1,"b":1}`, "/b: may not be there"},
		"enum":                   {`{"enum":["a",1,{"b":[]}]}`, `"b"`, `: has to be one of "a", 1, {"b":[]}`},
		"enum of equal numbers":  {`{"enum":[1]}`, `1.0`, ""},
		"const":                  {`{"const":{"a":1}}`, `{"a":2}`, `: has to be {"a":1}`},
		"bounds of a number":     {`{"minimum":0.1,"exclusiveMaximum":1e2,"multipleOf":0.01}`, `100.001`, ": has to be a multiple of 0.01\n: has to be less than 100"},
		"an exact number":        {`{"maximum":9007199254740993}`, `9007199254740994`, ": has to be at most 9007199254740993"},
		"an exact sum":           {`{"multipleOf":0.1}`, `0.3`, ""},
		"lengths":                {`{"minLength":3}`, `"äö"`, ": has 2 characters, at least 3 are needed"},
		"pattern":                {`{"pattern":"^a+$"}`, `"b"`, `: has to match "^a+$"`},
		"items":                  {`{"minItems":3,"uniqueItems":true}`, `[1,1.0]`, ": has 2 items, at least 3 are needed\n: has the same item at 0 and 1"},
		"unique":                 {`{"uniqueItems":true}`, `[1,"1",[1],{"a":1},{"a":2},[[1]],true,null]`, ""},
		"unique keys in order":   {`{"uniqueItems":true}`, `[{"a":1,"b":2},{"b":2,"a":1}]`, ": has the same item at 0 and 1"},
		"prefix":                 {`{"prefixItems":[{"type":"string"}],"items":false}`, `[1,2]`, "/0: has to be string, not number\n/1: may not be there"},
		"contains":               {`{"contains":{"const":1},"maxContains":1}`, `[1,1]`, ": has 2 items of which at most 1 are allowed"},
		"contains none":          {`{"contains":{"const":1}}`, `[2]`, ": has no item as it needs one"},
		"not":                    {`{"not":{"type":"string"}}`, `"a"`, ": may not be as it is"},
		"any of types":           {`{"anyOf":[{"type":"string"},{"type":"null"}]}`, `1`, ": has to be null or string"},
		"any of shapes":          {`{"anyOf":[{"required":["a"]},{"type":"null"}]}`, `{}`, ": fits none of the alternatives"},
		"one of two":             {`{"oneOf":[{"minimum":1},{"maximum":5}]}`, `3`, ": fits more than one of the alternatives"},
		"all of":                 {`{"allOf":[{"minimum":5},{"type":"integer"}]}`, `1.5`, ": has to be at least 5\n: has to be integer, not number"},
		"if":                     {`{"if":{"required":["a"]},"then":{"required":["b"]}}`, `{"a":1}`, `: lacks "b"`},
		"dependent":              {`{"dependentRequired":{"a":["b"]}}`, `{"a":1}`, `: has "a" and lacks "b"`},
		"names of keys":          {`{"propertyNames":{"maxLength":2}}`, `{"abc":1}`, `: may not have a key like "abc"`},
		"reference":              {`{"$defs":{"n":{"type":"number"}},"items":{"$ref":"#/$defs/n"}}`, `["x"]`, "/0: has to be number, not string"},
		"anchor":                 {`{"$defs":{"n":{"$anchor":"num","type":"number"}},"items":{"$ref":"#num"}}`, `["x"]`, "/0: has to be number, not string"},
		"a tree":                 {`{"properties":{"kids":{"items":{"$ref":"#"}}},"required":["id"]}`, `{"id":1,"kids":[{"id":2,"kids":[{}]}]}`, `/kids/0/kids/0: lacks "id"`},
		"meta-schema":            {`{"$ref":"https://json-schema.org/draft/2020-12/schema"}`, `{"properties":{"a":{"type":"text"}}}`, "/properties/a/type: fits none of the alternatives"},
		"a good schema":          {`{"$ref":"https://json-schema.org/draft/2020-12/schema"}`, `{"properties":{"a":{"items":{"not":{"anyOf":[{"type":"string"}]}}}}}`, ""},
		"date-time":              {`{"format":"date-time"}`, `"2026-02-30T00:00:00Z"`, ": has to be of the format date-time"},
		"email":                  {`{"format":"email"}`, `"a@"`, ": has to be of the format email"},
		"uri":                    {`{"format":"uri"}`, `"/relative"`, ": has to be of the format uri"},
		"uuid":                   {`{"format":"uuid"}`, `"00000000"`, ": has to be of the format uuid"},
		"formats that are met":   {`{"prefixItems":[{"format":"date-time"},{"format":"email"},{"format":"uri"},{"format":"uuid"}]}`, `["2026-02-28T00:00:00.5+01:00","a@b.example","https://a.example/?b#c","123e4567-e89b-12d3-a456-426614174000"]`, ""},
		"formats that are notes": {`{"prefixItems":[{"format":"date"},{"format":"regex"},{"format":"ipv4"},{"format":"bed"}]}`, `["x","(","x","x"]`, ""},
		"content":                {`{"contentMediaType":"application/json","contentSchema":false}`, `"{"`, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := told(t, must(t, c.schema).Validate([]byte(c.doc))); got != c.want {
				t.Errorf("got %s\nnot %s", got, c.want)
			}
		})
	}
}

func TestDocumentsThatAreNone(t *testing.T) {
	t.Parallel()
	s := must(t, `true`)
	for name, c := range map[string]struct{ doc, want string }{
		"nothing":            {``, ": is not valid JSON"},
		"half":               {`{"a":[1`, "/a: is not valid JSON"},
		"comma":              {`{"a":[1,]}`, "/a/1: is not valid JSON"},
		"comma in an object": {`{"a":1,}`, ": is not valid JSON"},
		"no comma":           {`[1 2]`, "/1: is not valid JSON"},
		"wrong end":          {`[1}`, ": is not valid JSON"},
		"NaN":                {`[NaN]`, "/0: is not valid JSON"},
		"leading zero":       {`[01]`, "/1: is not valid JSON"},
		"behind":             {`{} {}`, ": has something behind its end"},
		"behind by a byte":   {"1\x00", ": has something behind its end"},
		"twice":              {`{"a":{"b":1,"\u0062":2}}`, "/a: has the key \"b\" twice"},
		"twice at two ends":  {`[{"a":1},{"a":1}]`, ""},
		"bad UTF-8":          {"\"\xff\"", ": is not valid UTF-8"},
		"half a pair":        {`["\ud83d"]`, ": has half of a surrogate pair in a text"},
		"the other half":     {`["a\\\n\ude00"]`, ": has half of a surrogate pair in a text"},
		"two first halves":   {`["\ud83d\ud83d\ude00"]`, ": has half of a surrogate pair in a text"},
		"a pair":             {`["\ud83d\ude00","\\ud83d","\u00e4\\"]`, ""},
		"deep":               {strings.Repeat("[", 101) + strings.Repeat("]", 101), strings.Repeat("/0", 100) + ": is nested more than 100 levels deep"},
		"as deep as allowed": {strings.Repeat("[", 100) + strings.Repeat("]", 100), ""},
		"very deep":          {strings.Repeat("[", 1<<20), strings.Repeat("/0", 100) + ": is nested more than 100 levels deep"},
		"large":              {`"` + strings.Repeat("x", 1<<20) + `"`, ": has 1048578 bytes, more than 1048576"},
		"a huge exponent":    {`{"a":1e1000000000}`, "/a: is a number with too many digits or too large an exponent"},
		"a tiny one":         {`[1E-401]`, "/0: is a number with too many digits or too large an exponent"},
		"more than int":      {`[1e99999999999999999999]`, "/0: is a number with too many digits or too large an exponent"},
		"many digits":        {strings.Repeat("1", 401), ": is a number with too many digits or too large an exponent"},
		"as many as allowed": {"[" + strings.Repeat("1", 400) + ",1e400,-1.5E-400]", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := told(t, s.Validate([]byte(c.doc))); got != c.want {
				t.Errorf("validate: got %s\nnot %s", got, c.want)
			}
			_, err := jsonschema.Canonical([]byte(c.doc))
			if got := told(t, err); got != c.want {
				t.Errorf("canonical: got %s\nnot %s", got, c.want)
			}
		})
	}
}

func TestCompileRefuses(t *testing.T) {
	t.Parallel()
	secret := filepath.Join(t.TempDir(), "secret.json")
	if err := os.WriteFile(secret, []byte(`{"type":"string"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct{ schema, want string }{
		"no schema":              {`[]`, ": has to be an object, true or false"},
		"no JSON":                {`{`, ": is not valid JSON"},
		"a key twice":            {`{"type":"string","type":"null"}`, `: has the key "type" twice`},
		"a type that is none":    {`{"properties":{"a":{"type":"text"}}}`, "/properties/a/type: fits none of the alternatives"},
		"a bad keyword":          {`{"items":{"minLength":-1}}`, "/items/minLength: has to be at least 0"},
		"a bad pattern":          {`{"properties":{"a":{"pattern":"(?=x)"}}}`, "/properties/a/pattern: is not a pattern of RE2, or too large a one"},
		"a large pattern":        {`{"pattern":"((a{100}){100}){100}"}`, "/pattern: is not a pattern of RE2, or too large a one"},
		"a large pattern of key": {`{"patternProperties":{"(a{50}){50}":true}}`, "/patternProperties: may not have a key like \"(a{50}){50}\""},
		"an older draft":         {`{"$schema":"http://json-schema.org/draft-07/schema#"}`, "/$schema: has to be https://json-schema.org/draft/2020-12/schema"},
		"an older draft inside":  {`{"properties":{"a":{"$id":"https://b.example/","$schema":"http://json-schema.org/draft-07/schema#","type":"string"}}}`, "draft"},
		"a draft of its own":     {`{"$schema":"https://schema.invalid/"}`, "/$schema: has to be"},
		"a file":                 {`{"$ref":"file://` + secret + `"}`, "outside of it: nothing is loaded"},
		"a relative file":        {`{"$ref":"secret.json"}`, `: refers to "secret.json", which is outside of it`},
		"the web":                {`{"items":{"$ref":"http://127.0.0.1:1/x"}}`, `: refers to "http://127.0.0.1:1/x", which is outside of it`},
		"the web by a name":      {`{"$id":"http://127.0.0.1:1/","items":{"$ref":"x"}}`, `: refers to "http://127.0.0.1:1/x", which is outside of it`},
		"a missing definition":   {`{"$ref":"#/$defs/a"}`, `refers to "#/$defs/a", which is not there`},
		"a missing anchor":       {`{"$ref":"#a"}`, `refers to "#a", which is not there`},
		"itself":                 {`{"$ref":"#"}`, ": comes back to itself without going deeper"},
		"each other":             {`{"$defs":{"a":{"anyOf":[{"$ref":"#/$defs/b"}]},"b":{"not":{"$ref":"#/$defs/a"}}},"items":{"$ref":"#/$defs/a"}}`, "comes back to itself without going deeper"},
		"dynamic references":     {`{"$dynamicAnchor":"a","items":{"$dynamicRef":"#a"}}`, "is not supported"},
		"recursive references":   {`{"items":{"$recursiveRef":"#"}}`, "/items/$recursiveRef: is not supported"},
		"many subschemas":        {`{"allOf":[` + strings.Repeat(`{},`, 1000) + `{}]}`, ": has more than 1000 subschemas"},
		"deep":                   {strings.Repeat(`{"not":`, 65) + `{}` + strings.Repeat(`}`, 65), "is nested more than 64 levels deep"},
		"wide":                   {`{"enum":[` + strings.Repeat(`true,`, 3000) + `1]}`, ": is too large, or too much of it too deep"},
		"many patterns":          {`{"items":{"allOf":[` + strings.Repeat(`{"pattern":"a{999}"},`, 30) + `{}]}}`, "/items/allOf/20/pattern: is not a pattern of RE2, or too large a one"},
		"long":                   {`{"title":"` + strings.Repeat("x", 64<<10) + `"}`, ": has 65548 bytes, more than 65536"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, err := jsonschema.Compile([]byte(c.schema))
			if got := told(t, err); s != nil || got == "" || !strings.Contains(got, c.want) {
				t.Errorf("got %q\nnot %q", got, c.want)
			} else if strings.Contains(got, "schema.invalid") {
				t.Errorf("it tells where it pretends to be: %q", got)
			}
		})
	}
}

func TestCompileObject(t *testing.T) {
	t.Parallel()
	for schema, want := range map[string]string{
		`{"type":"object"}`: "",
		`{"type":"object","$schema":"https://json-schema.org/draft/2020-12/schema","properties":{"$dynamicRef":{"type":"string"}}}`: "",
		`{"type":["object"]}`:                 `/type: has to be "object"`,
		`{"type":"array"}`:                    `/type: has to be "object"`,
		`{}`:                                  `/type: has to be "object"`,
		`true`:                                `/type: has to be "object"`,
		`{"type":"object","properties":1}`:    "/properties: has to be object, not number",
		`{"allOf":[{"type":"object"}]}`:       `/type: has to be "object"`,
		`{"type":"object","$schema":"draft"}`: "/$schema: has to be https://json-schema.org/draft/2020-12/schema",
	} {
		s, err := jsonschema.CompileObject([]byte(schema))
		if got := told(t, err); got != want || (s == nil) != (want != "") {
			t.Errorf("%s: got %q, not %q", schema, got, want)
		}
	}
}

func TestFaultsAreBounded(t *testing.T) {
	t.Parallel()
	s := must(t, `{"items":{"type":"string"},"additionalProperties":false}`)
	numbers := "[" + strings.Repeat("1,", 5000) + "1]"
	var keys strings.Builder
	for i := range 500 {
		fmt.Fprintf(&keys, `,"%d%s":1`, i, strings.Repeat("ä", 300))
	}
	for _, doc := range []string{numbers, "{" + keys.String()[1:] + "}"} {
		first := told(t, s.Validate([]byte(doc)))
		if n := strings.Count(first, "\n") + 1; n != jsonschema.MaxFaults || len(first) > 8<<10 {
			t.Errorf("%d faults in %d bytes", n, len(first))
		}
		if again := told(t, s.Validate([]byte(doc))); again != first {
			t.Error("other faults the second time")
		}
	}
	long := `{"properties":{"` + strings.Repeat("k", 5000) + `":{"type":"null"}}}`
	doc := `{"` + strings.Repeat("k", 5000) + `":1}`
	if got := told(t, must(t, long).Validate([]byte(doc))); got != "/"+strings.Repeat("k", 255)+": has to be null, not number" {
		t.Errorf("got %s", got)
	}
}
