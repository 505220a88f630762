package assistant

import (
	"context"
	"errors"
	"strings"
	"time"

	"karnak/ent/entgen"
	"karnak/ent/entgen/generation"
	"karnak/internal/core/llm"
	"karnak/internal/core/tape"
)

const (
	// capacity bounds the answers that a node makes at a time.
	capacity = 2000
	// tries is how often a provider is asked by one server, lives how often by all that make an answer, one after the other.
	tries, lives = 4, 25
)

// making is an answer that is being made here.
type making struct {
	*Service
	hold *tape.Hold
	g    *entgen.Generation
	// kept is what there is of the answer from before this attempt.
	kept *Snapshot
	used usageData
	// provider is who was asked.
	provider string
	// reserved is held for it; limit is as much where there is no more, else nil.
	reserved int64
	limit    *int64
}

// makes is the work about a generation that is held here.
func (s *Service) makes(h *tape.Hold) tape.Work { return &making{Service: s, hold: h} }

// Run makes the answer, or what is missing of it, and ends its tape.
func (m *making) Run(ctx context.Context) error { return m.run(author(ctx, m.hold.WorkspaceID)) }

// Fail ends the tape of an answer that could not be made.
func (m *making) Fail(ctx context.Context) error {
	return m.fail(author(ctx, m.hold.WorkspaceID), llm.Internal)
}

func (m *making) run(ctx context.Context) (err error) {
	if err := m.load(ctx); err != nil {
		return err
	}
	model := m.Models.Find(m.g.Model)
	if model == nil {
		return m.fail(ctx, llm.Unknown)
	}
	if m.kept.open {
		if over, err := m.collect(ctx); over || err != nil {
			return err
		}
	}
	why := interrupted
	for try := 1; ; try++ {
		if m.hold.Stopped() {
			return m.stop(ctx)
		}
		if m.kept.asked >= lives { // it may be what ends the servers
			return m.fail(ctx, llm.Internal)
		}
		r, err := m.request(ctx, model)
		if err != nil {
			return err
		}
		if err := m.begin(ctx, model, r, why); err != nil {
			return err
		}
		if m.beyond(model, llm.Usage{Input: r.Estimate(), Output: 1}) {
			return m.fail(ctx, llm.OverBudget)
		}
		since := m.Clock.Now()
		out, calls, err := m.attempt(ctx, model, r)
		var f *llm.Fault
		_ = errors.As(err, &f)
		m.metrics.asked(model.Provider.Name(), outcome(err, f), m.firstAfter(since))
		switch {
		case err == nil && out.Reason == llm.Called && len(calls) > 0:
			return m.call(ctx, calls)
		case err == nil:
			return m.finish(ctx, out.Reason)
		case errors.Is(err, tape.ErrStopped):
			return m.stop(ctx)
		case f == nil:
			return err
		}
		m.Logger.Warn("the provider of a model failed", "generation", m.g.ID, "model", model.FullName(), "attempt", m.g.Attempts, "error", err)
		if why = f.Kind; !why.Retryable() || try >= tries {
			next, err := m.fallback(ctx, model)
			if err != nil {
				return err
			}
			if next == nil || !why.Elsewhere() {
				return m.fail(ctx, why)
			}
			model, try = next, 0
			continue
		}
		if err := m.pause(ctx, f, try); err != nil && !errors.Is(err, tape.ErrStopped) {
			return err
		}
	}
}

// fallback returns the model that goes on for one that failed, and that the workspace may have answer; nil for none.
func (m *making) fallback(ctx context.Context, model *llm.Model) (*llm.Model, error) {
	var chain []*llm.Model
	for x := model.Fallback; x != nil; x = x.Fallback {
		chain = append(chain, x)
	}
	return m.offered(ctx, m.g.WorkspaceID, chain)
}

// load reads the generation, and what there is of the answer.
func (m *making) load(ctx context.Context) (err error) {
	m.g, err = m.DB.Client().Generation.Query().Where(generation.ID(m.hold.ID)).Only(ctx)
	if err != nil {
		return err
	}
	if m.kept, err = m.snapshot(ctx, m.g.WorkspaceID, m.g.ID); err != nil {
		return err
	}
	m.provider = m.g.Provider
	m.used = usageData{Input: m.g.InputTokens, Cached: m.g.CachedTokens, Output: m.g.OutputTokens, Estimated: m.g.Estimated}
	if m.g.Cost > 0 {
		m.used.Cost = &m.g.Cost
	}
	if m.kept.asked == 0 {
		return nil
	}
	// What the server knew of the attempt that ended with it is lost.
	return m.guess(ctx)
}

// firstAfter is how long it took from an instant to the first part of the answer; 0 where that came before, or not.
func (m *making) firstAfter(asked time.Time) time.Duration {
	if m.kept.firstAt == nil || m.kept.firstAt.Before(asked) {
		return 0
	}
	return m.kept.firstAt.Sub(asked)
}

// longestPause bounds how long it is waited before a provider is asked again.
const longestPause = 30 * time.Second

// pause waits before the provider is asked again.
func (m *making) pause(ctx context.Context, f *llm.Fault, try int) error {
	wait := time.Duration(0) // most breaks are of a moment
	if try > 1 {
		wait = 250 * time.Millisecond << (2 * (try - 2))
	}
	if f.After > wait {
		wait = f.After
	}
	if wait == 0 {
		return nil
	}
	select {
	case <-m.Clock.After(min(wait, longestPause)):
		return nil
	case <-m.hold.Stopping():
		return tape.ErrStopped
	case <-m.hold.Lost():
		return tape.ErrLost
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// attempt asks the provider and writes down what comes: text, and the calls that the model wants made.
func (m *making) attempt(ctx context.Context, model *llm.Model, r llm.Request) (out llm.Outcome, calls []llm.Call, err error) {
	requesting, end := m.hold.Bind(ctx)
	defer func() { _ = end() }() // also where something panics
	// What was seen of the answer is written also where its making ends.
	rec := newRecorder(context.WithoutCancel(ctx), m.hold, m.Clock)
	input, parting := r.Estimate(), m.parting()
	out, err = model.Provider.Stream(requesting, r, func(p llm.Part) error {
		if p.Text != "" {
			p.Text, parting = parting+p.Text, ""
		}
		size := rec.written() + len(p.Text) + len(p.Reasoning)
		switch {
		case len(m.kept.Text)+size > longestAnswer:
			return errLong
		case m.beyond(model, llm.Usage{Input: input, Output: (size + 3) / 4}):
			return llm.Failed(llm.OverBudget, errors.New("the budget of the workspace is spent"))
		}
		return rec.add(requesting, p)
	})
	cause := end()
	if errors.Is(err, errLong) {
		out.Reason, err = llm.Length, nil
	}
	if lost := rec.close(); lost != nil {
		return out, nil, lost
	}
	m.kept.Text += rec.text.String()
	m.kept.part.WriteString(rec.text.String())
	if m.kept.firstAt == nil {
		m.kept.firstAt = rec.firstAt
	}
	m.count(model, r, out.Usage, rec)
	if err != nil && cause != nil {
		err = cause
	}
	return out, rec.calls, err
}

// parting is what comes before the next text.
func (m *making) parting() string {
	if len(m.kept.rounds) == 0 || m.kept.part.Len() > 0 || m.kept.Text == "" || strings.HasSuffix(m.kept.Text, "\n") {
		return ""
	}
	return parted
}

var errLong = errors.New("assistant: the answer is too long")

// count adds what an attempt took; where the provider has not told, it is estimated.
func (m *making) count(model *llm.Model, r llm.Request, u llm.Usage, rec *recorder) {
	if u.Output == 0 && rec.written() > 0 {
		u.Output = (rec.written() + 3) / 4
		m.used.Estimated = true
	}
	if u.Input == 0 && u.Output > 0 {
		u.Input = r.Estimate()
		m.used.Estimated = true
	}
	m.add(model, u)
}

func (m *making) add(model *llm.Model, u llm.Usage) {
	m.used.Input += u.Input
	m.used.Cached += u.Cached
	m.used.Output += u.Output
	if model.Price != nil {
		cost := m.used.cost() + model.Price.Cost(u)
		m.used.Cost = &cost
	}
}

// guess estimates what the attempt took that ended with its server.
func (m *making) guess(ctx context.Context) error {
	model := m.Models.Find(m.g.Model)
	came := m.kept.guessed() - (m.g.OutputTokens - m.kept.counted)
	if model == nil || came <= 0 {
		return nil
	}
	r, err := m.request(ctx, model)
	if err != nil {
		return err
	}
	r.Kept = ""
	m.used.Estimated = true
	m.add(model, llm.Usage{Input: r.Estimate(), Output: came})
	return nil
}

// request is what the model is asked: what led up to the message, as much of the end of it as the model takes, and what became of
// the tools that it called since.
func (m *making) request(ctx context.Context, model *llm.Model) (llm.Request, error) {
	r := llm.Request{Model: model.Name, MaxTokens: max(1, m.g.MaxTokens-m.kept.counted), Kept: m.kept.said()}
	c, err := m.Conversation(ctx, m.g.ConversationID)
	if c == nil || err != nil {
		return r, either(err, errors.New("assistant: the conversation of an answer is gone"))
	}
	r.Instructions = c.Instructions
	if r.Tools, err = m.Tools.Offer(ctx, m.g.Tools); err != nil {
		return r, err
	}
	rows, err := m.path(ctx, m.g.WorkspaceID, m.g.PromptID)
	if err != nil {
		return r, err
	}
	if r.Turns, err = m.rounds(ctx); err != nil {
		return r, err
	}
	r.Turns = append(turns(rows, model, r), r.Turns...)
	return r, nil
}
