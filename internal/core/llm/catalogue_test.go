package llm_test

import (
	"context"
	"testing"

	"karnak/ent/enum"
	"karnak/internal/core/llm"
)

// named is a provider that only has a name.
type named string

func (n named) Name() string { return string(n) }
func (named) StandIn() bool  { return true }
func (named) Stream(context.Context, llm.Request, func(llm.Part) error) (llm.Outcome, error) {
	return llm.Outcome{}, nil
}

func TestCatalogue(t *testing.T) {
	t.Parallel()
	a, b, c := &llm.Model{Provider: named("p"), Name: "a", MaxTokens: 1}, &llm.Model{Provider: named("p"), Name: "b", MaxTokens: 1}, &llm.Model{Provider: named("q"), Name: "a", MaxTokens: 1}
	all, err := llm.NewCatalogue(a, b, c)
	if err != nil || all.Find("q/a") != c || all.Find("a") != nil || all.Providers() != "p,q" {
		t.Fatal(all, err)
	}
	for name, models := range map[string][]*llm.Model{"twice": {a, a}, "no provider": {{Name: "x", MaxTokens: 1}}, "no bound": {{Provider: named("p"), Name: "x"}}} {
		if _, err := llm.NewCatalogue(models...); err == nil {
			t.Errorf("%s was let through", name)
		}
	}
	if err := all.Reserve(map[string]enum.Tier{"p/a": enum.SME}); err != nil || a.For(enum.Startup) || !a.For(enum.SME) || !a.For(enum.Enterprise) || !b.For(enum.Solopreneur) {
		t.Errorf("kept for a tier: %v", err)
	}
	for name, tier := range map[string]enum.Tier{"p/none": enum.SME, "p/b": "GOLD"} {
		if err := all.Reserve(map[string]enum.Tier{name: tier}); err == nil {
			t.Errorf("%s is kept for %s", name, tier)
		}
	}
	if err := all.FallBack([]string{"p/a", "p/b", "q/a"}); err != nil || a.Fallback != b || b.Fallback != c || c.Fallback != nil {
		t.Error(err)
	}
	for _, chain := range [][]string{{"p/a", "q/a"}, {"q/a", "p/a"}, {"q/a", "q/a"}, {"q/a", "none"}, {"none", "q/a"}} {
		if err := all.FallBack(chain); err == nil {
			t.Errorf("%v was let through", chain)
		}
	}
}

func TestPrices(t *testing.T) {
	t.Parallel()
	p := llm.Price{Input: 3_000_000, Cached: 300_000, Output: 15_000_000}
	for _, c := range []struct {
		u    llm.Usage
		want int64
	}{
		{llm.Usage{}, 0}, {llm.Usage{Input: 1}, 3}, {llm.Usage{Input: 1, Cached: 1}, 1}, {llm.Usage{Output: 1}, 15},
		// 1,000,000 × 3 + 11,000 × 0.3 + 999,999 × 15
		{llm.Usage{Input: 1_011_000, Cached: 11_000, Output: 999_999}, 3_000_000 + 3_300 + 14_999_985},
	} {
		if got := p.Cost(c.u); got != c.want {
			t.Errorf("%+v costs %d, want %d", c.u, got, c.want)
		}
	}
}
