package jsonschema_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"karnak/internal/platform/jsonschema"
)

// soon is what nothing may take longer than, with the machine's other work.
const soon = 3 * time.Second

const tooLong = ": would take too long to hold against this schema"

// doubling makes definitions each of which uses the next one twice.
func doubling(n int, with string) string {
	var b strings.Builder
	b.WriteString(`{"$ref":"#/$defs/d0","$defs":{`)
	for i := range n {
		next := fmt.Sprintf(`{"$ref":"#/$defs/d%d"}`, i+1)
		fmt.Fprintf(&b, `"d%d":`+with+`,`, i, next, next)
	}
	fmt.Fprintf(&b, `"d%d":{"type":"string"}}}`, n)
	return b.String()
}

func nest(n int, open, inside, end string) string {
	return strings.Repeat(open, n) + inside + strings.Repeat(end, n)
}

func list(n int, item func(int) string) string {
	all := make([]string, n)
	for i := range all {
		all[i] = item(i)
	}
	return "[" + strings.Join(all, ",") + "]"
}

func TestHostile(t *testing.T) {
	t.Parallel()
	a := func(s string) func(int) string { return func(int) string { return s } }
	number := func(i int) string { return fmt.Sprint(i) }
	for name, c := range map[string]struct{ schema, doc, want string }{
		"anyOf doubles":                       {doubling(40, `{"anyOf":[%s,%s]}`), `1`, tooLong},
		"allOf doubles":                       {doubling(40, `{"allOf":[%s,%s]}`), `1`, tooLong},
		"oneOf doubles":                       {doubling(40, `{"oneOf":[%s,%s]}`), `"x"`, tooLong},
		"not doubles":                         {doubling(40, `{"not":{"not":%s},"if":%s}`), `"x"`, tooLong},
		"properties double":                   {`{"anyOf":[{"properties":{"a":{"$ref":"#"}},"required":["a"]},{"properties":{"a":{"$ref":"#"}},"type":"object"}]}`, nest(60, `{"a":`, `1`, `}`), tooLong},
		"properties double little":            {`{"anyOf":[{"properties":{"a":{"$ref":"#"}},"required":["a"]},{"properties":{"a":{"$ref":"#"}},"type":"object"}]}`, nest(8, `{"a":`, `1`, `}`), ""},
		"items double":                        {`{"allOf":[{"items":{"$ref":"#"}},{"items":{"$ref":"#"}},{"items":{"$ref":"#"}}]}`, nest(60, `[`, ``, `]`), tooLong},
		"keys double":                         {`{"patternProperties":{"a":{"$ref":"#"},"b":{"$ref":"#"},"c":{"$ref":"#"}},"type":"object"}`, nest(40, `{"abc":`, `{}`, `}`), tooLong},
		"unevaluated doubles":                 {`{"unevaluatedItems":{"$ref":"#"},"contains":{"$ref":"#"}}`, nest(60, `[`, ``, `]`), tooLong},
		"meta-schema":                         {`{"$ref":"https://json-schema.org/draft/2020-12/schema"}`, nest(60, `{"not":`, `{}`, `}`), ""},
		"many alternatives":                   {`{"items":{"anyOf":[` + strings.Repeat(`{"type":"string"},`, 900) + `{"type":"null"}]}}`, list(5000, number), tooLong},
		"large enum":                          {`{"items":{"enum":` + list(5000, number) + `}}`, list(5000, a("-1")), tooLong},
		"enum of lists":                       {`{"items":{"enum":` + list(50, a("["+strings.Repeat("1,", 100)+"2]")) + `}}`, list(3000, a("["+strings.Repeat("1,", 100)+"3]")), tooLong},
		"unique numbers":                      {`{"uniqueItems":true}`, list(80000, number), ""},
		"unique small numbers":                {`{"uniqueItems":true}`, list(80000, func(i int) string { return fmt.Sprintf("%de-300", i+1) }), ""},
		"unique lists":                        {`{"uniqueItems":true}`, list(10000, collide), ""},
		"a slow pattern":                      {`{"items":{"pattern":"(a?){50}b(a|b|ab)*c$"}}`, list(2, a(`"`+strings.Repeat("a", 500<<10)+`"`)), tooLong},
		"a quick pattern":                     {`{"items":{"pattern":"^[a-z]+$"}}`, list(5000, a(`"`+strings.Repeat("a", 40)+`"`)), ""},
		"a pattern that backtracks elsewhere": {`{"pattern":"^(a+)+$"}`, `"` + strings.Repeat("a", 100<<10) + `!"`, `: has to match "^(a+)+$"`},
		"many patterns":                       {`{"patternProperties":{` + patterns(400) + `}}`, "{" + strings.Trim(list(5000, func(i int) string { return fmt.Sprintf(`"k%d":1`, i) }), "[]") + "}", tooLong},
		"numbers of many digits":              {`{"items":{"multipleOf":1e-400}}`, list(2000, a(strings.Repeat("9", 400))), ""},
		"a large good document":               {`{"items":{"type":"object","properties":{"id":{"type":"integer"},"name":{"type":"string","minLength":1}},"required":["id"]}}`, list(15000, func(i int) string { return fmt.Sprintf(`{"id":%d,"name":"n%d"}`, i, i) }), ""},
		"a very deep document":                {`{"items":{"$ref":"#"}}`, nest(100, `[`, ``, `]`), ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			began := time.Now()
			s := must(t, c.schema)
			compiled := time.Since(began)
			got := told(t, s.Validate([]byte(c.doc)))
			if took := time.Since(began); took > soon {
				t.Errorf("it took %s to compile and %s in all", compiled, took)
			}
			if got != c.want {
				t.Errorf("got %.300s\nnot %.300s", got, c.want)
			}
		})
	}
}

// collide makes lists that a hash of their parts without their lengths takes for one.
func collide(i int) string {
	var b strings.Builder
	b.WriteString(`["a`)
	for bit := range 16 {
		if i>>bit&1 == 0 {
			b.WriteString(`\u0004b`)
		} else {
			b.WriteString(`","b`)
		}
	}
	return b.String() + `"]`
}

func patterns(n int) string {
	all := make([]string, n)
	for i := range all {
		all[i] = fmt.Sprintf(`"k.*%d":true`, i)
	}
	return strings.Join(all, ",")
}

// Schemas of the largest size, of whatever kind, compile or are refused in time.
func TestHostileSchemas(t *testing.T) {
	t.Parallel()
	fill := func(open, item, end string) string {
		return open + strings.Repeat(item+",", (jsonschema.MaxSchema-len(open)-len(end)-len(item))/(len(item)+1)) + item + end
	}
	for name, schema := range map[string]string{
		"wrong subschemas":   fill(`{"allOf":[`, `1`, `]}`),
		"wrong types":        fill(`{"allOf":[`, `{"type":1}`, `]}`),
		"true":               fill(`{"allOf":[`, `true`, `]}`),
		"enum":               fill(`{"enum":[`, `1`, `]}`),
		"required":           fill(`{"required":[`, `"a"`, `]}`),
		"unused definitions": `{"$defs":{` + keyed(3000, `{"anyOf":[{"type":"string"}]}`) + `}}`,
		"references":         fill(`{"allOf":[`, `{"$ref":"#/$defs/a"}`, `],"$defs":{"a":{}}}`),
		"meta-schemas":       fill(`{"allOf":[`, `{"$ref":"https://json-schema.org/draft/2020-12/schema"}`, `]}`),
		"names":              `{"$defs":{` + keyed(900, `{"$id":"https://n%d.example/","type":"string"}`) + `}}`,
		"patterns":           fill(`{"allOf":[`, `{"pattern":"(a{40}){40}"}`, `]}`),
		"nested patterns":    `{"pattern":"` + nest(600, `(`, `a`, `){2}`) + `"}`,
		"a long pattern":     fill(`{"pattern":"`, `a?`, `"}`),
		"much deep wrong":    fill(`{"allOf":[`, nest(60, `{"allOf":[1,1,1],"not":`, `1`, `}`), `]}`),
		"deep wrong":         nest(63, `{"allOf":[1,1,1],"not":`, `1`, `}`),
		"deep doubles":       nest(20, `{"$id":"a/","allOf":[`, `{}`, `]}`),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			began := time.Now()
			_, err := jsonschema.Compile([]byte(schema))
			took := time.Since(began)
			told(t, err)
			if took > soon {
				t.Errorf("%d bytes took %s", len(schema), took)
			}
			t.Logf("%d bytes: %s, %v", len(schema), took, err != nil)
		})
	}
}

func keyed(n int, schema string) string {
	var b strings.Builder
	for i := range n {
		one := schema
		if strings.Contains(schema, "%d") {
			one = fmt.Sprintf(schema, i)
		}
		if b.Len()+len(one) > jsonschema.MaxSchema-100 {
			break
		}
		fmt.Fprintf(&b, `,"k%d":%s`, i, one)
	}
	return b.String()[1:]
}
