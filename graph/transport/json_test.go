package transport

import (
	"bytes"
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestReadObject(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		in   string
		want error
	}{
		"empty object":                {`{}`, nil},
		"white space":                 {" {\n\t\"a\" : [ 1 , 2 ]\r} ", nil},
		"all kinds":                   {`{"a":null,"b":true,"c":false,"d":-0.5e+3,"e":"x","f":[],"g":{}}`, nil},
		"escapes":                     {`{"a":"\"\\\/\b\f\n\r\t\u00e4\ud83d\ude00\u0000"}`, nil},
		"same key at two levels":      {`{"a":{"a":1},"b":{"a":1}}`, nil},
		"keys that differ by case":    {`{"query":1,"Query":2}`, nil},
		"nothing":                     {``, errSyntax},
		"array":                       {`[{"query":"{a}"}]`, errNotObject},
		"text":                        {`"x"`, errNotObject},
		"unfinished":                  {`{"a":1`, errSyntax},
		"trailing bytes":              {`{}x`, errSyntax},
		"second object":               {`{}{}`, errSyntax},
		"trailing zero byte":          {"{}\x00", errSyntax},
		"comma at the end":            {`{"a":1,}`, errSyntax},
		"comma at the end of list":    {`{"a":[1,]}`, errSyntax},
		"no colon":                    {`{"a" 1}`, errSyntax},
		"no quotes":                   {`{a:1}`, errSyntax},
		"NaN":                         {`{"a":NaN}`, errSyntax},
		"infinity":                    {`{"a":-Infinity}`, errSyntax},
		"leading zero":                {`{"a":01}`, errSyntax},
		"plus":                        {`{"a":+1}`, errSyntax},
		"no digits after point":       {`{"a":1.}`, errSyntax},
		"no digits in exponent":       {`{"a":1e}`, errSyntax},
		"only minus":                  {`{"a":-}`, errSyntax},
		"half a word":                 {`{"a":tru}`, errSyntax},
		"raw line break in text":      {"{\"a\":\"\n\"}", errSyntax},
		"raw line break after escape": {"{\"a\":\"\\t\n\"}", errSyntax},
		"bad escape":                  {`{"a":"\x41"}`, errSyntax},
		"bad digits":                  {`{"a":"\u12g4"}`, errSyntax},
		"unfinished text":             {`{"a":"b`, errSyntax},
		"unfinished escape":           {`{"a":"\`, errSyntax},
		"bad UTF-8":                   {"{\"a\":\"\xff\"}", errEncoding},
		"overlong UTF-8":              {"{\"a\":\"\xc0\xaf\"}", errEncoding},
		"half a surrogate pair":       {`{"a":"\ud800"}`, errEncoding},
		"two high surrogates":         {`{"a":"\ud800\ud800"}`, errEncoding},
		"only a low surrogate":        {`{"a":"\udc00"}`, errEncoding},
		"same key twice":              {`{"query":"a","query":"b"}`, errDuplicate},
		"same key, one escaped":       {`{"query":"a","\u0071uery":"b"}`, errDuplicate},
		"same key twice, deep":        {`{"variables":{"input":[{"a":1,"a":1}]}}`, errDuplicate},
		"as deep as allowed":          {nested(5), nil},
		"too deep":                    {nested(6), errDepth},
		"10,000 levels":               {nested(10_000), errDepth},
		"10,000 lists":                {`{"a":` + strings.Repeat("[", 10_000), errDepth},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m, _, err := readObject([]byte(c.in), 5, "")
			if !errors.Is(err, c.want) || (c.want == nil) != (err == nil) {
				t.Fatalf("error %v, want %v", err, c.want)
			}
			if err == nil && !reflect.DeepEqual(m, standard(t, c.in)) {
				t.Fatalf("read %v, want %v", m, standard(t, c.in))
			}
		})
	}
}

func TestReadObjectMarks(t *testing.T) {
	t.Parallel()
	_, marked, err := readObject([]byte(`{"x":{"payload":1},"payload" : {"a": [1, "b"]} }`), 9, "payload")
	if err != nil || string(marked) != `{"a": [1, "b"]}` {
		t.Fatalf("marked %q, error %v", marked, err)
	}
}

func nested(n int) string {
	return strings.Repeat(`{"a":`, n-1) + `{}` + strings.Repeat(`}`, n-1)
}

func standard(t testing.TB, in string) map[string]any {
	d := json.NewDecoder(strings.NewReader(in))
	d.UseNumber()
	var m map[string]any
	if err := d.Decode(&m); err != nil {
		t.Fatalf("encoding/json refuses %q: %v", in, err)
	}
	return m
}

// FuzzBody compares with encoding/json: what is read is the same there, and what is refused has one of the reasons for which we
// are stricter.
func FuzzBody(f *testing.F) {
	for _, s := range []string{
		`{"query":"{a}","variables":{"x":[1,2.5e3,"\u00e4"]},"operationName":null,"extensions":{}}`, `{"query":"a","query":"b"}`, `[]`,
		`{"a":01}`, `{"a":"\ud83d\ude00"}`, `{"a":"\ud800"}`, "{\"a\":\"\xff\"}", `{} {}`, nested(40), `{"query":7}`, `{"":"\/"}`, `null`,
	} {
		f.Add([]byte(s))
	}
	const depth = 33
	f.Fuzz(func(t *testing.T, in []byte) {
		m, _, err := readObject(in, depth, "query")
		object := json.Valid(in) && bytes.HasPrefix(bytes.TrimLeft(in, " \t\r\n"), []byte{'{'})
		switch {
		case err == nil:
			if !object || !utf8.Valid(in) {
				t.Fatalf("%q is read", in)
			}
			if want := standard(t, string(in)); !reflect.DeepEqual(m, want) {
				t.Fatalf("%q is read as %v, not %v", in, m, want)
			}
		case object && errors.Is(err, errSyntax), object && errors.Is(err, errNotObject):
			t.Fatalf("%q is refused: %v", in, err)
		}
		if p, refused := parseBody(in, depth-1); (p == nil) == (refused == nil) {
			t.Fatalf("%q: %v and %v", in, p, refused)
		}
	})
}
