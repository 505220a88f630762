package assistant

import (
	"context"
	"errors"
	"unicode/utf8"

	"karnak/ent/entgen"
	"karnak/ent/entgen/conversation"
	"karnak/ent/entgen/generation"
	"karnak/ent/enum"
	"karnak/internal/core/eventlog"
	"karnak/internal/core/llm"
	"karnak/internal/core/tape"
	"karnak/internal/platform/id"
	"karnak/internal/platform/store"
)

// begin writes down that a provider is asked.
func (m *making) begin(ctx context.Context, model *llm.Model, r llm.Request, why llm.Kind) error {
	now := m.Clock.Now()
	attempt := m.g.Attempts + 1
	err := m.change(ctx, func(ctx context.Context, tx *eventlog.Tx) error {
		// Tapes are locked before budgets, here and where the answer ends.
		if err := m.hold.AppendIn(ctx, tx.Tx, m.begun(model, why)); err != nil {
			return err
		}
		if err := m.reserve(ctx, tx, model, r); err != nil {
			return err
		}
		u := m.counted(tx).SetReserved(m.reserved).SetState(enum.Running).SetProvider(model.Provider.Name()).SetAttempts(attempt)
		if m.g.StartedAt == nil {
			u.SetStartedAt(now)
		}
		return u.Exec(ctx)
	})
	if err != nil {
		return err
	}
	m.g.Attempts, m.g.Reserved, m.provider = attempt, m.reserved, model.Provider.Name()
	m.kept.asked++
	if m.g.StartedAt == nil {
		m.g.StartedAt = &now
	}
	return nil
}

// begun is the step that tells of an attempt.
func (m *making) begun(model *llm.Model, why llm.Kind) tape.Draft {
	asked := startedData{model.Provider.Name(), model.FullName()}
	if m.kept.asked == 0 {
		return tape.Draft{Kind: stepStarted, Data: asked}
	}
	return tape.Draft{Kind: stepRetrying, Data: retryingData{m.g.Attempts + 1, why, utf8.RuneCountInString(m.kept.Text), asked}}
}

// counted writes down what the answer took so far.
func (m *making) counted(tx *eventlog.Tx) *entgen.GenerationUpdateOne {
	return tx.Generation.UpdateOneID(m.g.ID).SetNillableFirstAt(m.kept.firstAt).SetInputTokens(m.used.Input).SetCachedTokens(m.used.Cached).
		SetOutputTokens(m.used.Output).SetEstimated(m.used.Estimated).SetCost(m.used.cost())
}

// change makes a change that goes with steps of the tape.
func (m *making) change(ctx context.Context, do func(context.Context, *eventlog.Tx) error) error {
	made := func(ctx context.Context) error {
		_, err := m.Log.Change(ctx, func(ctx context.Context, tx *eventlog.Tx) (string, error) { return m.g.ID, do(ctx, tx) })
		return err
	}
	err := m.hold.Change(ctx, made)
	if store.Duplicate(err) { // the first two answers of a workspace made its account in the same moment
		err = m.hold.Change(ctx, made)
	}
	return err
}

func (m *making) finish(ctx context.Context, r llm.Reason) error {
	return m.over(ctx, enum.Finished, finished, stepFinished, endData{Reason: r})
}

func (m *making) fail(ctx context.Context, k llm.Kind) error {
	if m.g == nil || m.kept == nil {
		return errors.New("assistant: the generation could not be read")
	}
	return m.over(ctx, enum.Failed, failed, stepFailed, endData{Failure: k})
}

func (m *making) stop(ctx context.Context) error {
	return m.over(ctx, enum.Stopped, stopped, stepStopped, endData{})
}

// over ends a generation with what there is of an answer, in one transaction: the message, the state, the event, the last steps.
func (m *making) over(ctx context.Context, state enum.GenerationState, t eventlog.Type, kind string, end endData) error {
	// What has come to its end is written down also where this node ends.
	ctx = context.WithoutCancel(ctx)
	if m.kept.Text != "" {
		end.MessageID = id.New(id.Message)
	}
	now := m.Clock.Now()
	err := m.change(ctx, func(ctx context.Context, tx *eventlog.Tx) error {
		if m.kept.open { // what was called is of no use any more
			if err := m.Tools.Stop(ctx, tx, m.g); err != nil {
				return err
			}
		}
		if err := m.hold.End(ctx, tx.Tx, tape.Draft{Kind: stepUsage, Data: m.used}, tape.Draft{Kind: kind, Data: end}); err != nil {
			return err
		}
		u := m.counted(tx).SetState(state).SetEndedAt(now).SetFailure(string(end.Failure)).SetReserved(0)
		if end.MessageID != "" {
			if err := m.post(ctx, tx, end.MessageID); err != nil {
				return err
			}
			u.SetMessageID(end.MessageID)
		}
		if err := m.settle(ctx, tx); err != nil {
			return err
		}
		if err := u.Exec(ctx); err != nil {
			return err
		}
		return tx.Append(ctx, m.g.WorkspaceID, eventlog.Draft{Type: t, ObjectID: m.g.ID, ChannelID: m.g.ChannelID})
	})
	if err == nil {
		m.metrics.ended(m.provider, state, m.used)
	}
	if !errors.Is(err, tape.ErrLost) {
		return err
	}
	// The commit may have been made although it failed.
	g, e := m.DB.Client().Generation.Query().Where(generation.ID(m.g.ID)).Only(ctx)
	if e == nil && g.State.Over() {
		return nil
	}
	return err
}

// post posts the answer, and makes it the end of the branch that is looked at where that still ends with what it answers.
func (m *making) post(ctx context.Context, tx *eventlog.Tx, messageID string) error {
	c := &entgen.Channel{ID: m.g.ChannelID, WorkspaceID: m.g.WorkspaceID, Visibility: enum.Assistant}
	if _, _, err := m.Say(ctx, tx, c, messageID, m.kept.Text, m.g.PromptID); err != nil {
		return err
	}
	return tx.Conversation.Update().Where(conversation.ID(m.g.ConversationID), conversation.LeafID(m.g.PromptID)).SetLeafID(messageID).Exec(ctx)
}
