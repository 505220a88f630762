package jsonschema_test

import (
	"bytes"
	"encoding/json"
	"math"
	"math/rand/v2"
	"reflect"
	"strconv"
	"testing"

	"karnak/internal/platform/jsonschema"
)

func TestCanonical(t *testing.T) {
	t.Parallel()
	for doc, want := range map[string]string{
		` { "b" : [ 1 , true , null ] , "a" : { } } `:                     `{"a":{},"b":[1,true,null]}`,
		`[1,1.0,1e0,10e-1,0.1E1,1.000,1E+0]`:                              `[1,1,1,1,1,1,1]`,
		`[0,-0,0.0,-0.0e9,0e400]`:                                         `[0,0,0,0,0]`,
		`[-1.50,100,1e2,120e-1]`:                                          `[-1.5,100,100,12]`,
		`[1e20,1e21,1e22,123e20,12.5e20]`:                                 `[100000000000000000000,1e+21,1e+22,1.23e+22,1.25e+21]`,
		`[0.000001,0.0000001,1.5e-7,0.00000123]`:                          `[0.000001,1e-7,1.5e-7,0.00000123]`,
		`[9007199254740993,0.1,0.10000000000000001]`:                      `[9007199254740993,0.1,0.10000000000000001]`,
		`123456789012345678901234567890`:                                  `1.2345678901234567890123456789e+29`,
		`"\u0000\u001f\b\t\n\f\r\"\\\/\u00e4\u2028<&>\ud83d\ude00\u007f"`: "\"\\u0000\\u001f\\b\\t\\n\\f\\r\\\"\\\\/ä\u2028<&>😀\u007f\"",
		// U+FB33 comes after U+1F600 by its code units.
		`{"\ufb33":1,"\ud83d\ude00":2,"\u20ac":3,"1":4,"\r":5,"\u00f6":6,"\u0080":7}`: "{\"\\r\":5,\"1\":4,\"\u0080\":7,\"ö\":6,\"€\":3,\"😀\":2,\"\ufb33\":1}",
		`{"":{"z":1,"aa":2,"a":3}}`: `{"":{"a":3,"aa":2,"z":1}}`,
	} {
		got, err := jsonschema.Canonical([]byte(doc))
		if err != nil || string(got) != want {
			t.Errorf("%s: got %s, %v\nnot %s", doc, got, err, want)
		}
		if again, err := jsonschema.Canonical(got); err != nil || !bytes.Equal(again, got) {
			t.Errorf("%s: a second time %s, %v", doc, again, err)
		}
	}
}

// For doubles the numbers are those of RFC 8785, as encoding/json writes them but for the exponent's sign and width.
func TestCanonicalDoubles(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 2))
	for range 20000 {
		f := math.Float64frombits(r.Uint64())
		if math.IsNaN(f) || math.IsInf(f, 0) {
			continue
		}
		shortest := strconv.FormatFloat(f, 'e', -1, 64)
		got, err := jsonschema.Canonical([]byte(shortest))
		if err != nil {
			t.Fatalf("%s: %v", shortest, err)
		}
		want, err := json.Marshal(f)
		if err != nil {
			t.Fatal(err)
		}
		if string(got) != string(want) {
			t.Fatalf("%s: got %s, not %s", shortest, got, want)
		}
		if back, err := strconv.ParseFloat(string(got), 64); err != nil || back != f {
			t.Fatalf("%s: it comes back as %v, %v", shortest, back, err)
		}
	}
}

func FuzzCanonical(f *testing.F) {
	for _, s := range []string{`{"a":[1,2.50,"x\ud83d\ude00"],"b":null}`, `[1e400,-0.0]`, `-0`, `{"a":1,"a":2}`, `"\ud800"`, `[[[]]`, "\xff"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, doc []byte) {
		got, err := jsonschema.Canonical(doc)
		if err != nil {
			told(t, err)
			return
		}
		if !json.Valid(doc) {
			t.Fatalf("took %q for JSON", doc)
		}
		again, err := jsonschema.Canonical(got)
		if err != nil || !bytes.Equal(got, again) {
			t.Fatalf("%q: %q and then %q, %v", doc, got, again, err)
		}
		var a, b any
		if json.Unmarshal(doc, &a) == nil && (json.Unmarshal(got, &b) != nil || !reflect.DeepEqual(a, b)) {
			t.Fatalf("%q means another than %q", doc, got)
		}
	})
}
