package scalar_test

import (
	"bytes"
	"encoding/json"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/99designs/gqlgen/graphql"

	"karnak/graph/scalar"
	"karnak/internal/platform/fault"
)

func TestUnmarshalDateTime(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name string
		in   any
		want string // "" for a refusal
	}{
		{"UTC", "2026-11-22T09:30:00Z", "2026-11-22T09:30:00Z"},
		{"another zone", "2026-11-22T09:30:00+02:00", "2026-11-22T07:30:00Z"},
		{"cut to microseconds", "2026-11-22T09:30:00.123456789Z", "2026-11-22T09:30:00.123456Z"},
		{"the first year", "0001-01-01T00:00:00Z", "0001-01-01T00:00:00Z"},
		{"without a zone", "2026-11-22T09:30:00", ""},
		{"a day", "2026-11-22", ""},
		{"the 30th of February", "2026-02-30T00:00:00Z", ""},
		{"the year zero", "0000-01-01T00:00:00Z", ""},
		{"empty", "", ""},
		{"a quote in it", `2026-11-22T09:30:00Z"`, ""},
		{"a number", 1, ""},
		{"null", nil, ""},
		{"before the first year once in UTC", "0001-01-01T00:00:00+23:00", ""},
		{"after the last year once in UTC", "9999-12-31T23:59:59-23:00", ""},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got, err := scalar.UnmarshalDateTime(c.in)
			if c.want == "" {
				if fault.CodeOf(err) != fault.BadUserInput || !got.IsZero() {
					t.Errorf("%v, %v", got, err)
				}
				return
			}
			if err != nil || written(scalar.MarshalDateTime(got)) != `"`+c.want+`"` {
				t.Errorf("%v, %v", got, err)
			}
		})
	}
}

func TestMarshalDateTimeWritesUTC(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 1, 1, 0, 30, 0, 0, time.FixedZone("", 3600))
	if got := written(scalar.MarshalDateTime(at)); got != `"2025-12-31T23:30:00Z"` {
		t.Error(got)
	}
}

func TestInt64(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name string
		in   any
		want int64
		ok   bool
	}{
		{"text", "42", 42, true},
		{"the largest", "9223372036854775807", math.MaxInt64, true},
		{"the smallest", "-9223372036854775808", math.MinInt64, true},
		{"a JSON number", json.Number("9007199254740993"), 9007199254740993, true},
		{"an int64 of a document", int64(7), 7, true},
		{"an int of a document", 7, 7, true},
		{"one too large", "9223372036854775808", 0, false},
		{"a fraction", "1.5", 0, false},
		{"a JSON fraction", json.Number("1.5"), 0, false},
		{"a float", 1.0, 0, false},
		{"hexadecimal", "0x10", 0, false},
		{"empty", "", 0, false},
		{"true", true, 0, false},
		{"null", nil, 0, false},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got, err := scalar.UnmarshalInt64(c.in)
			if got != c.want || (err == nil) != c.ok || (err != nil && fault.CodeOf(err) != fault.BadUserInput) {
				t.Fatalf("%v, %v", got, err)
			}
			if !c.ok {
				return
			}
			var text string
			if json.Unmarshal([]byte(written(scalar.MarshalInt64(got))), &text) != nil {
				t.Fatal("not a string")
			}
			if back, err := scalar.UnmarshalInt64(text); err != nil || back != got {
				t.Errorf("read again: %v, %v", back, err)
			}
		})
	}
}

func TestDuration(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"P30D": "P30D", "PT36H": "P1DT12H", "P2W": "P14D", "P1DT2H3M4S": "P1DT2H3M4S", "PT90S": "PT1M30S", "PT0S": "PT0S", "P36500D": "P36500D",
		"PT60M": "PT1H", "P0D": "PT0S",
	} {
		got, err := scalar.UnmarshalDuration(in)
		if text := written(scalar.MarshalDuration(got)); err != nil || text != `"`+want+`"` {
			t.Errorf("%s: %s, %v", in, text, err)
		}
	}
	for _, in := range []any{"", "P", "PT", "P1DT", "30D", "P1M", "P1Y", "P-1D", "-P1D", "P1.5D", "PT1,5H", "P1W2D", "PT1S1H", "p1d", "P1D ", "P99999999D", "PT99999999999S", "PT9999999999S", 30, nil, true} {
		if d, err := scalar.UnmarshalDuration(in); fault.CodeOf(err) != fault.BadUserInput {
			t.Errorf("%v is %s: %v", in, d, err)
		}
	}
}

func TestJSON(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{"": "null", `{"a":[1,"<svg>"]}`: `{"a":[1,"<svg>"]}`, "null": "null"} {
		if got := written(scalar.MarshalJSON(json.RawMessage(in))); got != want {
			t.Errorf("%q is written as %s", in, got)
		}
	}
	got, err := scalar.UnmarshalJSON(map[string]any{"n": json.Number("9007199254740993"), "l": []any{nil, "x"}})
	if err != nil || string(got) != `{"l":[null,"x"],"n":9007199254740993}` {
		t.Errorf("%s, %v", got, err)
	}
	if _, err := scalar.UnmarshalJSON(math.Inf(1)); err == nil {
		t.Error("took what is not JSON")
	}
}

func TestEffectIsOnlyWritten(t *testing.T) {
	t.Parallel()
	if got := written(scalar.MarshalEffect("ALLOW")); got != `"ALLOW"` {
		t.Error(got)
	}
	if s, err := scalar.UnmarshalEffect("ALLOW"); s != "" || fault.CodeOf(err) != fault.BadUserInput || strings.Contains(err.Error(), "ALLOW") {
		t.Errorf("%q, %v", s, err)
	}
}

func written(m graphql.Marshaler) string {
	var b bytes.Buffer
	m.MarshalGQL(&b)
	return b.String()
}
