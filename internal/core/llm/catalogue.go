package llm

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"karnak/ent/enum"
)

// Model is a model that an installation offers.
type Model struct {
	Provider Provider
	// Name is its name at the provider.
	Name string
	// ContextTokens bounds conversation and answer together; 0 where that is not known. MaxTokens bounds an answer.
	ContextTokens, MaxTokens int
	// Price is nil where it is not known.
	Price *Price
	// Tier is that which a workspace has to have for it; empty for any.
	Tier enum.Tier
	// Fallback goes on where this one fails; nil for none.
	Fallback *Model
}

// Price is what a million tokens cost, in millionths of a US dollar.
type Price struct{ Input, Cached, Output int64 }

// Cost returns what an answer cost in millionths of a US dollar, rounded up.
func (p Price) Cost(u Usage) int64 {
	const million = 1_000_000
	sum := int64(u.Input-u.Cached)*p.Input + int64(u.Cached)*p.Cached + int64(u.Output)*p.Output
	return (sum + million - 1) / million
}

// FullName is how the API calls the model.
func (m *Model) FullName() string { return m.Provider.Name() + "/" + m.Name }

// Catalogue is the models of an installation, in the order in which they are offered. It does not change once it is in use.
type Catalogue struct{ models []*Model }

// NewCatalogue returns a catalogue.
func NewCatalogue(models ...*Model) (*Catalogue, error) {
	seen := map[string]bool{}
	for _, m := range models {
		if m.Provider == nil || m.Name == "" || m.MaxTokens < 1 || seen[m.FullName()] {
			return nil, errors.New("llm: a model has no provider, no name, no bound, or is named twice: " + m.Name)
		}
		seen[m.FullName()] = true
	}
	return &Catalogue{models}, nil
}

// FallBack lets models go on where others fail: each chain names them, the first one first. A model is in one chain.
func (c *Catalogue) FallBack(chains ...[]string) error {
	for _, chain := range chains {
		for i := 1; i < len(chain); i++ {
			from, to := c.Find(chain[i-1]), c.Find(chain[i])
			if from == nil || to == nil || from.Fallback != nil || to.leads(from) {
				return fmt.Errorf("llm: %s cannot go on for %s: one of them is not offered, or they are named twice", chain[i], chain[i-1])
			}
			from.Fallback = to
		}
	}
	return nil
}

// Reserve keeps models for workspaces of a tier and those above it.
func (c *Catalogue) Reserve(tiers map[string]enum.Tier) error {
	for name, tier := range tiers {
		m := c.Find(name)
		if m == nil || !tier.IsValid() {
			return fmt.Errorf("llm: %s cannot be kept for %s: it is not offered, or that is no tier", name, tier)
		}
		m.Tier = tier
	}
	return nil
}

// For reports whether a workspace of a tier may have the model answer.
func (m *Model) For(t enum.Tier) bool { return m.Tier == "" || t.Has(m.Tier) }

// leads reports whether another model comes behind this one, or is it.
func (m *Model) leads(to *Model) bool {
	for ; m != nil; m = m.Fallback {
		if m == to {
			return true
		}
	}
	return false
}

// All returns the models.
func (c *Catalogue) All() []*Model { return slices.Clone(c.models) }

// Find returns the model of a full name, or nil.
func (c *Catalogue) Find(name string) *Model {
	for _, m := range c.models {
		if m.FullName() == name {
			return m
		}
	}
	return nil
}

// Providers names who runs the models, each once.
func (c *Catalogue) Providers() string {
	var out []string
	for _, m := range c.models {
		if !slices.Contains(out, m.Provider.Name()) {
			out = append(out, m.Provider.Name())
		}
	}
	return strings.Join(out, ",")
}
