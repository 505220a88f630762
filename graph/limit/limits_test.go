package limit_test

import (
	"strings"
	"testing"

	"karnak/graph/limit"
)

func TestLimitsTakeTheirDefaults(t *testing.T) {
	t.Parallel()
	if got := newGuard(t, true).Limits(); got != limit.DefaultLimits() {
		t.Errorf("got %+v", got)
	}
	g, err := limit.New(limit.Config{Schema: loadSchema(t), Limits: limit.Limits{Aliases: 2, Cost: 3}})
	if err != nil {
		t.Fatal(err)
	}
	want := limit.DefaultLimits()
	want.Aliases, want.Cost = 2, 3
	if g.Limits() != want {
		t.Errorf("got %+v", g.Limits())
	}
	if err := g.Check("{a:__typename b:__typename c:__typename}"); err == nil || !strings.Contains(err.Message, "more than 2 aliases") {
		t.Errorf("got %v", err)
	}
}

func TestLimitsAreChecked(t *testing.T) {
	t.Parallel()
	_, err := limit.New(limit.Config{Limits: limit.Limits{Tokens: -1, Depth: 1 << 40, Page: 30, PageSize: 20}})
	for _, fault := range []string{"Tokens", "Depth", "Page is 30", "Schema is missing"} {
		if err == nil || !strings.Contains(err.Error(), fault) {
			t.Errorf("%q is not in %v", fault, err)
		}
	}
}
