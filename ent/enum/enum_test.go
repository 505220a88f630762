package enum_test

import (
	"bytes"
	"testing"

	"karnak/ent/enum"
	"karnak/internal/platform/fault"
)

func TestTierHas(t *testing.T) {
	t.Parallel()
	order := []enum.Tier{enum.Solopreneur, enum.Startup, enum.SME, enum.Enterprise}
	for i, a := range order {
		for j, b := range order {
			if a.Has(b) != (i >= j) {
				t.Errorf("%s has what %s has: %v", a, b, a.Has(b))
			}
		}
		if enum.Tier("GOLD").Has(a) {
			t.Errorf("an unknown tier has what %s has", a)
		}
	}
}

func TestValues(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name             string
		in               any
		tier, visibility bool
	}{
		{"a tier", "SME", true, false},
		{"a visibility", "DIRECT", false, true},
		{"in small letters", "sme", false, false},
		{"empty", "", false, false},
		{"with more after it", "PUBLIC\"", false, false},
		{"a number", 1, false, false},
		{"nothing", nil, false, false},
		{"a list", []any{"PUBLIC"}, false, false},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var tier enum.Tier
			var v enum.Visibility
			for _, x := range []struct {
				err   error
				want  bool
				valid bool
			}{{tier.UnmarshalGQL(c.in), c.tier, tier.IsValid()}, {v.UnmarshalGQL(c.in), c.visibility, v.IsValid()}} {
				if x.want != (x.err == nil) || x.want != x.valid || (x.err != nil && fault.CodeOf(x.err) != fault.BadUserInput) {
					t.Errorf("%v, valid %v", x.err, x.valid)
				}
			}
		})
	}
}

func TestMarshal(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	enum.Enterprise.MarshalGQL(&b)
	enum.Private.MarshalGQL(&b)
	if b.String() != `"ENTERPRISE""PRIVATE"` {
		t.Error(b.String())
	}
}
