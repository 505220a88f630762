package assistant

import (
	"context"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"karnak/authz"
	"karnak/ent/enum"
	"karnak/internal/core/llm"
	"karnak/internal/platform/fault"
)

// LanguageModel is a model as clients see it.
type LanguageModel struct {
	Name, Provider          string
	StandIn                 bool
	ContextTokens           *int
	MaxOutputTokens         int
	InputPrice, OutputPrice *Money
	// Tier is that which a workspace has to have for it; nil for any.
	Tier      *enum.Tier
	Available bool
}

// Money is an amount of money.
type Money struct{ Amount, Currency string }

// dollars makes Money of millionths of a US dollar.
func dollars(micros int64) *Money {
	const million = 1_000_000
	amount := fmt.Sprintf("%d.%06d", micros/million, micros%million)
	amount = strings.TrimRight(amount, "0")
	if i := strings.IndexByte(amount, '.'); len(amount)-i < 3 {
		amount += strings.Repeat("0", 3-len(amount)+i)
	}
	return &Money{amount, "USD"}
}

var amount = regexp.MustCompile(`^([0-9]{1,9})(?:\.([0-9]{1,6}))?$`)

// micros reads an amount of US dollars.
func micros(s string) (int64, bool) {
	g := amount.FindStringSubmatch(s)
	if g == nil {
		return 0, false
	}
	n, err := strconv.ParseInt(g[1]+(g[2] + "000000")[:6], 10, 64)
	return n, err == nil
}

// LanguageModels returns the models that answer in a workspace. Needs assistant:read.
func (s *Service) LanguageModels(ctx context.Context, workspaceID string) ([]*LanguageModel, error) {
	if err := s.Guard.Require(ctx, workspaceID, authz.AssistantRead, workspaceID); err != nil {
		return nil, err
	}
	has, err := s.Guard.Tier(ctx, workspaceID)
	if err != nil {
		return nil, err
	}
	all := s.Models.All()
	out := make([]*LanguageModel, len(all))
	for i, m := range all {
		out[i] = &LanguageModel{Name: m.FullName(), Provider: m.Provider.Name(), StandIn: m.Provider.StandIn(), MaxOutputTokens: m.MaxTokens, Available: m.For(has)}
		if m.Tier != "" {
			out[i].Tier = &m.Tier
		}
		if m.ContextTokens > 0 {
			out[i].ContextTokens = &m.ContextTokens
		}
		if m.Price != nil {
			out[i].InputPrice, out[i].OutputPrice = dollars(m.Price.Input), dollars(m.Price.Output)
		}
	}
	return out, nil
}

// model returns the model of a name, the first one that the workspace may have answer for no name. One of a tier that the workspace
// does not have is TIER_REQUIRED.
func (s *Service) model(ctx context.Context, workspaceID, name string) (*llm.Model, error) {
	if name == "" {
		m, err := s.offered(ctx, workspaceID, s.Models.All())
		if m != nil || err != nil {
			return m, err
		}
		return nil, fault.User(fault.NotAllowed, "model", "No language model answers here: an operator has to give karnak a provider.")
	}
	if m := s.Models.Find(name); m != nil {
		if ok, err := s.offered(ctx, workspaceID, []*llm.Model{m}); ok != nil || err != nil {
			return ok, err
		}
		return nil, fault.User(fault.TierRequired, "model", "This model needs the tier %s, which the workspace does not have.", m.Tier)
	}
	return nil, fault.User(fault.Missing, "model", "There is no such model: see languageModels of the workspace.")
}

// offered returns the first of several models that a workspace may have answer; nil for none. The workspace is looked at where one
// is kept for a tier.
func (s *Service) offered(ctx context.Context, workspaceID string, models []*llm.Model) (*llm.Model, error) {
	has := enum.Tier("")
	for _, m := range models {
		if m.Tier != "" && has == "" {
			var err error
			if has, err = s.Guard.Tier(ctx, workspaceID); err != nil {
				return nil, err
			}
		}
		if m.For(has) {
			return m, nil
		}
	}
	return nil, nil
}
