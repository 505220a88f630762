package assistant

import (
	"context"
	"encoding/json"
	"time"

	"karnak/ent/entgen"
	"karnak/internal/core/eventlog"
	"karnak/internal/core/llm"
	"karnak/internal/core/tape"
)

// What a model may do for one answer, beside the most tokens and the budget.
const (
	// mostRounds is how often it may call tools and wait for them.
	mostRounds = 10
	// longestMaking is how long it and its tools may take, since a person last said yes or no.
	longestMaking = 15 * time.Minute
	// patience is how long an answer waits for what it called; that ends before.
	patience = 25 * time.Hour
)

// call has the tools run that the model called, and parks the answer until they have.
func (m *making) call(ctx context.Context, calls []llm.Call) error {
	return m.change(ctx, func(ctx context.Context, tx *eventlog.Tx) error {
		runs, err := m.Tools.Invoke(ctx, tx, m.g, calls)
		if err != nil {
			return err
		}
		steps := []tape.Draft{{Kind: stepUsage, Data: m.used}}
		for i, x := range runs {
			steps = append(steps, tape.Draft{Kind: stepMade, Data: madeData{calls[i].ID, x.ID}})
		}
		if err := m.hold.Park(ctx, tx.Tx, m.Clock.Now().Add(patience), steps...); err != nil {
			return err
		}
		return m.counted(tx).Exec(ctx)
	})
}

// collect tells of the calls that have ended. over says that the answer waits on, or has ended.
func (m *making) collect(ctx context.Context) (over bool, err error) {
	if m.hold.Stopped() {
		return true, m.stop(ctx)
	}
	runs, err := m.Tools.Runs(ctx, m.DB.Client(), m.g)
	if err != nil {
		return false, err
	}
	byID := index(runs, func(x *entgen.ToolInvocation) string { return x.ID })
	var steps []tape.Draft
	waits := 0
	for _, c := range m.kept.rounds[len(m.kept.rounds)-1].calls {
		switch x := byID[c.invocationID]; {
		case x == nil || !x.State.Over():
			waits++
		case !c.told:
			steps = append(steps, tape.Draft{Kind: stepResult, Data: madeData{c.call, c.invocationID}})
		}
	}
	if waits > 0 {
		return true, m.wait(ctx, steps, waits)
	}
	if len(steps) > 0 {
		if err := m.hold.Append(ctx, steps...); err != nil {
			return false, err
		}
	}
	return m.enough(ctx, runs)
}

// wait parks the answer for the calls that are left.
func (m *making) wait(ctx context.Context, steps []tape.Draft, waits int) error {
	return m.change(ctx, func(ctx context.Context, tx *eventlog.Tx) error {
		if err := m.hold.Park(ctx, tx.Tx, m.Clock.Now().Add(patience), steps...); err != nil {
			return err
		}
		runs, err := m.Tools.Runs(ctx, tx.Client, m.g)
		if err != nil {
			return err
		}
		still := 0
		for _, x := range runs {
			if !x.State.Over() {
				still++
			}
		}
		if still < waits { // one has ended meanwhile
			return m.Tapes.Wake(ctx, tx.Tx, m.g.ID)
		}
		return nil
	})
}

// enough ends an answer whose model has done what it may.
func (m *making) enough(ctx context.Context, runs []*entgen.ToolInvocation) (over bool, err error) {
	since := m.g.CreatedAt
	for _, x := range runs {
		if x.DecidedAt != nil && x.DecidedAt.After(since) {
			since = *x.DecidedAt
		}
	}
	switch {
	case len(m.kept.rounds) >= mostRounds:
		return true, m.finish(ctx, llm.Steps)
	case m.Clock.Now().Sub(since) > longestMaking:
		return true, m.finish(ctx, llm.Time)
	case m.g.MaxTokens <= m.kept.counted:
		return true, m.finish(ctx, llm.Length)
	}
	return false, nil
}

// rounds are what the model called so far and what it is told of that.
func (m *making) rounds(ctx context.Context) ([]llm.Turn, error) {
	if len(m.kept.rounds) == 0 {
		return nil, nil
	}
	runs, err := m.Tools.Runs(ctx, m.DB.Client(), m.g)
	if err != nil {
		return nil, err
	}
	results := make(map[string]told, len(runs))
	for _, x := range runs {
		results[x.ID] = told{llm.Call{ID: x.Call, Name: x.Tool, Arguments: asWritten(x.Arguments)}, m.Tools.Result(x)}
	}
	return m.kept.turns(results), nil
}

// asWritten are arguments as the model wrote them: those that were no JSON are kept as a text.
func asWritten(arguments string) string {
	var text string
	if json.Unmarshal([]byte(arguments), &text) == nil {
		return text
	}
	return arguments
}
