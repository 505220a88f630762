package assistant

import (
	"context"
	"time"

	"karnak/authz"
	"karnak/ent/entgen"
	"karnak/ent/entgen/modelbudget"
	"karnak/internal/core/eventlog"
	"karnak/internal/core/llm"
	"karnak/internal/platform/fault"
	"karnak/internal/platform/store"
)

// ModelBudget is a workspace's budget as clients see it.
type ModelBudget struct {
	Month           string
	MonthlyLimit    *Money
	Spent, Reserved *Money
	ResetsAt        time.Time
}

func month(t time.Time) string { return t.UTC().Format("2006-01") }

func (s *Service) shown(b *entgen.ModelBudget) *ModelBudget {
	now := s.Clock.Now().UTC()
	out := &ModelBudget{
		Month: month(now), Spent: dollars(spent(b, now)), Reserved: dollars(0),
		ResetsAt: time.Date(now.Year(), now.Month()+1, 1, 0, 0, 0, 0, time.UTC),
	}
	if b == nil {
		return out
	}
	out.Reserved = dollars(b.Reserved)
	if b.MonthlyLimit != nil {
		out.MonthlyLimit = dollars(*b.MonthlyLimit)
	}
	return out
}

// spent is what was spent in the month of an instant.
func spent(b *entgen.ModelBudget, now time.Time) int64 {
	if b == nil || b.Month != month(now) {
		return 0
	}
	return b.Spent
}

// left is what may still be spent or reserved, and whether that is bounded.
func left(b *entgen.ModelBudget, now time.Time) (n int64, bounded bool) {
	if b == nil || b.MonthlyLimit == nil {
		return 0, false
	}
	return max(0, *b.MonthlyLimit-spent(b, now)-b.Reserved), true
}

func (s *Service) budget(ctx context.Context, c *entgen.Client, workspaceID string) (*entgen.ModelBudget, error) {
	return optional(c.ModelBudget.Query().Where(modelbudget.WorkspaceID(workspaceID)).Only(ctx))
}

// Budget returns what a workspace spends on language models this month. Needs assistant:read.
func (s *Service) Budget(ctx context.Context, workspaceID string) (*ModelBudget, error) {
	if err := s.Guard.Require(ctx, workspaceID, authz.AssistantRead, workspaceID); err != nil {
		return nil, err
	}
	b, err := s.budget(ctx, s.DB.Client(), workspaceID)
	return s.shown(b), err
}

// SetModelBudget bounds what a workspace spends on language models in a month. Needs admin:billing. What is held for answers that
// are being made stays held.
func (s *Service) SetModelBudget(ctx context.Context, in SetModelBudgetInput) (*SetModelBudgetPayload, error) {
	if err := s.Guard.Require(ctx, in.WorkspaceID, authz.AdminBilling, in.WorkspaceID); err != nil {
		return nil, err
	}
	limit, err := in.limit()
	if err != nil {
		return nil, err
	}
	var b *entgen.ModelBudget
	set := func(ctx context.Context, tx *eventlog.Tx) (string, error) {
		if b, err = s.account(ctx, tx, in.WorkspaceID); err != nil {
			return "", err
		}
		u := b.Update().ClearMonthlyLimit()
		if limit != nil {
			u.SetMonthlyLimit(*limit)
		}
		if b, err = u.Save(ctx); err != nil {
			return "", err
		}
		return in.WorkspaceID, tx.Append(ctx, in.WorkspaceID, eventlog.Draft{Type: budgeted, ObjectID: b.ID})
	}
	done, err := s.Log.Change(ctx, set)
	if store.Duplicate(err) { // two made the account in the same moment
		done, err = s.Log.Change(ctx, set)
	}
	if err != nil {
		return nil, err
	}
	if done.Replayed {
		b, err = s.budget(ctx, s.DB.Client(), in.WorkspaceID)
	}
	return &SetModelBudgetPayload{done.Receipt, s.shown(b)}, err
}

// account returns a workspace's budget as of this month, and makes it where there is none. Its row is locked to the commit.
func (s *Service) account(ctx context.Context, tx *eventlog.Tx, workspaceID string) (*entgen.ModelBudget, error) {
	n, err := tx.ModelBudget.Update().Where(modelbudget.WorkspaceID(workspaceID)).AddReserved(0).Save(ctx)
	if err != nil {
		return nil, err
	}
	now := s.Clock.Now()
	if n == 0 {
		return tx.ModelBudget.Create().SetWorkspaceID(workspaceID).SetMonth(month(now)).Save(ctx)
	}
	b, err := s.budget(ctx, tx.Client, workspaceID)
	if err == nil && b.Month != month(now) {
		b, err = b.Update().SetMonth(month(now)).SetSpent(0).Save(ctx)
	}
	return b, err
}

// affordable refuses what there is no money for; how much there is for an answer is found out when it is begun.
func (s *Service) affordable(ctx context.Context, tx *eventlog.Tx, workspaceID string, m *llm.Model) error {
	if m.Price == nil {
		return nil
	}
	b, err := s.budget(ctx, tx.Client, workspaceID)
	if err != nil {
		return err
	}
	if n, bounded := left(b, s.Clock.Now()); bounded && n == 0 {
		return fault.User(fault.QuotaExceeded, "", "%s", llm.OverBudget.Message())
	}
	return nil
}

// reserve holds money for an answer, for all that it may come to take or for what there is, beside what is held for it already.
func (m *making) reserve(ctx context.Context, tx *eventlog.Tx, model *llm.Model, r llm.Request) error {
	m.limit = nil
	if model.Price == nil {
		return nil
	}
	b, err := m.account(ctx, tx, m.g.WorkspaceID)
	if err != nil {
		return err
	}
	want := m.used.cost() + model.Price.Cost(llm.Usage{Input: r.Estimate(), Output: r.MaxTokens})
	more := max(0, want-m.g.Reserved)
	if n, bounded := left(b, m.Clock.Now()); bounded && n < more {
		more = n
		limit := m.g.Reserved + more
		m.limit = &limit
	}
	m.reserved = m.g.Reserved + more
	return b.Update().AddReserved(more).Exec(ctx)
}

// settle pays what an answer cost, and lets go of what was held for it.
func (m *making) settle(ctx context.Context, tx *eventlog.Tx) error {
	if m.used.Cost == nil && m.g.Reserved == 0 {
		return nil
	}
	b, err := m.account(ctx, tx, m.g.WorkspaceID)
	if err != nil {
		return err
	}
	u := b.Update().AddReserved(-m.g.Reserved)
	if m.used.Cost != nil {
		u.AddSpent(*m.used.Cost)
	}
	return u.Exec(ctx)
}

// beyond reports whether an answer has come to take more than is held for it, where that is all there is.
func (m *making) beyond(model *llm.Model, u llm.Usage) bool {
	return m.limit != nil && m.used.cost()+model.Price.Cost(u) > *m.limit
}

// cost is what was spent, as far as the prices are known.
func (d usageData) cost() int64 {
	if d.Cost == nil {
		return 0
	}
	return *d.Cost
}
