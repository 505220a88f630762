package assistant

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"time"

	"karnak/ent/entgen"
	"karnak/ent/entgen/generation"
	"karnak/internal/core/llm"
	"karnak/internal/core/tape"
	"karnak/internal/platform/store"
)

const (
	// capacity bounds the answers that a node makes at a time.
	capacity = 2000
	// look is how often it is looked for what nobody works on.
	look = time.Second
	// claims bounds how many are taken over at a look.
	claims = 100
	// tries is how often a provider is asked by one server, lives how often by all that make an answer, one after the other.
	tries, lives = 4, 25
)

// Why the making of an answer here ends before the answer does.
var (
	errStop  = errors.New("assistant: the answer was stopped")
	errDrain = errors.New("assistant: this node ends")
)

// Work makes answers until the context ends: those that are begun here, and those that nobody works on.
func (s *Service) Work(ctx context.Context) {
	for {
		if err := s.claim(ctx); err != nil && ctx.Err() == nil {
			s.Logger.Warn("it could not be looked for answers to make; trying again", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-s.Clock.After(look):
		}
	}
}

// claim takes over what nobody works on.
func (s *Service) claim(ctx context.Context) error {
	room := s.room()
	if room == 0 {
		return nil
	}
	if free, err := s.Tapes.Free(ctx, tapeKind); !free || err != nil {
		return err
	}
	held, err := s.Tapes.Claim(ctx, tapeKind, min(room, claims))
	for _, h := range held {
		s.launch(h)
	}
	return err
}

// Sweep makes the answers that nobody works on, and returns when they have ended.
func (s *Service) Sweep(ctx context.Context) error {
	held, err := s.Tapes.Claim(ctx, tapeKind, claims)
	for _, h := range held {
		s.make(h)
	}
	return err
}

// Drain makes no more answers, and gives those that are being made to other nodes.
func (s *Service) Drain(ctx context.Context) error {
	s.mu.Lock()
	s.draining = true
	s.mu.Unlock()
	s.end(errDrain)
	ended := make(chan struct{})
	go func() { s.work.Wait(); close(ended) }()
	select {
	case <-ended:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("assistant: answers are still being made: %w", ctx.Err())
	}
}

// room is how many answers may be begun here.
func (s *Service) room() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.draining {
		return 0
	}
	return capacity - s.running
}

func (s *Service) roomy() bool { return !s.Idle && s.room() > 0 }

// launch makes an answer beside what else is done here.
func (s *Service) launch(h *tape.Hold) {
	s.mu.Lock()
	draining := s.draining
	if !draining {
		s.running++
		s.work.Add(1)
		s.metrics.running.Inc()
	}
	s.mu.Unlock()
	if draining {
		go s.release(h)
		return
	}
	go func() {
		defer func() {
			s.mu.Lock()
			s.running--
			s.metrics.running.Dec()
			s.mu.Unlock()
			s.work.Done()
		}()
		s.make(h)
	}()
}

func (s *Service) release(h *tape.Hold) {
	ctx, cancel := context.WithTimeout(context.Background(), tape.Lease)
	defer cancel()
	if err := h.Release(ctx); err != nil {
		s.Logger.Warn("an answer could not be given back; its lease runs out", "generation", h.ID, "error", err)
	}
}

// making is an answer that is being made here.
type making struct {
	*Service
	hold *tape.Hold
	g    *entgen.Generation
	// kept is what there is of the answer from before this attempt.
	kept Snapshot
	used usageData
	// provider is who was asked.
	provider string
	// reserved is held for it; limit is as much where there is no more, else nil.
	reserved int64
	limit    *int64
}

// make makes an answer, or what is missing of it, and ends its tape; or gives that back where this node ends.
func (s *Service) make(h *tape.Hold) {
	m := &making{Service: s, hold: h}
	ctx := author(s.life, h.WorkspaceID)
	err := m.safely(func() error { return m.run(ctx) })
	switch {
	case err == nil:
		return
	case errors.Is(err, tape.ErrLost):
		s.Logger.Info("an answer is made elsewhere", "generation", h.ID)
		return
	case store.Unavailable(err):
		s.Logger.Warn("an answer waits for the database", "generation", h.ID, "error", err)
	case s.life.Err() == nil:
		s.Logger.Error("an answer could not be made", "generation", h.ID, "error", err)
		if err := m.safely(func() error { return m.fail(ctx, llm.Internal) }); err == nil || errors.Is(err, tape.ErrLost) {
			return
		}
	}
	s.release(h)
}

// safely makes an error of a panic.
func (m *making) safely(do func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
		}
	}()
	return do()
}

func (m *making) run(ctx context.Context) (err error) {
	m.g, err = m.DB.Client().Generation.Query().Where(generation.ID(m.hold.ID)).Only(ctx)
	if err != nil {
		return err
	}
	kept, err := m.snapshot(ctx, m.g.WorkspaceID, m.g.ID)
	if err != nil {
		return err
	}
	m.kept, m.provider = *kept, m.g.Provider
	m.used = usageData{Input: m.g.InputTokens, Cached: m.g.CachedTokens, Output: m.g.OutputTokens, Estimated: m.g.Estimated}
	if m.g.Cost > 0 {
		m.used.Cost = &m.g.Cost
	}
	if m.g.Attempts > 0 {
		// What the server knew of the attempt that ended with it is lost.
		if err := m.guess(ctx); err != nil {
			return err
		}
	}
	why, model := interrupted, m.Models.Find(m.g.Model)
	if model == nil {
		return m.fail(ctx, llm.Unknown)
	}
	for try := 1; ; try++ {
		if done(m.hold.Stopping()) {
			return m.stop(ctx)
		}
		if m.g.Attempts >= lives { // it may be what ends the servers
			return m.fail(ctx, llm.Internal)
		}
		r, err := m.request(ctx, model)
		if err != nil {
			return err
		}
		if err := m.begin(ctx, model, r, why); err != nil {
			return err
		}
		if m.beyond(model, llm.Usage{Input: asked(r), Output: 1}) {
			return m.fail(ctx, llm.OverBudget)
		}
		since := m.Clock.Now()
		out, err := m.attempt(ctx, model, r)
		var f *llm.Fault
		_ = errors.As(err, &f)
		m.metrics.asked(model.Provider.Name(), outcome(err, f), m.firstAfter(since))
		switch {
		case err == nil:
			return m.finish(ctx, out.Reason)
		case errors.Is(err, errStop):
			return m.stop(ctx)
		case f == nil:
			return err
		}
		m.Logger.Warn("the provider of a model failed", "generation", m.g.ID, "model", model.FullName(), "attempt", m.g.Attempts, "error", err)
		if why = f.Kind; !why.Retryable() || try >= tries {
			if model.Fallback == nil || !why.Elsewhere() {
				return m.fail(ctx, why)
			}
			model, try = model.Fallback, 0
			continue
		}
		if err := m.pause(ctx, f, try); err != nil && !errors.Is(err, errStop) {
			return err
		}
	}
}

// firstAfter is how long it took from an instant to the first part of the answer; 0 where that came before, or not.
func (m *making) firstAfter(asked time.Time) time.Duration {
	if m.kept.firstAt == nil || m.kept.firstAt.Before(asked) {
		return 0
	}
	return m.kept.firstAt.Sub(asked)
}

func done(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
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
		return errStop
	case <-m.hold.Lost():
		return tape.ErrLost
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// attempt asks the provider and writes down what comes.
func (m *making) attempt(ctx context.Context, model *llm.Model, r llm.Request) (out llm.Outcome, err error) {
	requesting, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	watched := make(chan struct{})
	go func() {
		defer close(watched)
		select {
		case <-m.hold.Stopping():
			cancel(errStop)
		case <-m.hold.Lost():
			cancel(tape.ErrLost)
		case <-requesting.Done():
		}
	}()
	// What was seen of the answer is written also where its making ends.
	rec := newRecorder(context.WithoutCancel(ctx), m.hold, m.Clock)
	size, input := 0, asked(r)
	out, err = model.Provider.Stream(requesting, r, func(p llm.Part) error {
		size += len(p.Text) + len(p.Reasoning)
		switch {
		case len(m.kept.Text)+size > longestAnswer:
			return errLong
		case m.beyond(model, llm.Usage{Input: input, Output: (size + 3) / 4}):
			return llm.Failed(llm.OverBudget, errors.New("the budget of the workspace is spent"))
		}
		return rec.add(requesting, p)
	})
	cause := context.Cause(requesting)
	cancel(nil)
	<-watched
	if errors.Is(err, errLong) {
		out.Reason, err = llm.Length, nil
	}
	if lost := rec.close(); lost != nil {
		return out, lost
	}
	m.kept.Text += rec.text.String()
	if m.kept.firstAt == nil {
		m.kept.firstAt = rec.firstAt
	}
	m.count(model, r, out.Usage, rec)
	if err != nil && cause != nil {
		err = cause
	}
	return out, err
}

var errLong = errors.New("assistant: the answer is too long")

// count adds what an attempt took; where the provider has not told, it is estimated.
func (m *making) count(model *llm.Model, r llm.Request, u llm.Usage, rec *recorder) {
	if u.Output == 0 && (rec.text.Len() > 0 || rec.reasoning > 0) {
		u.Output = (rec.text.Len() + rec.reasoning + 3) / 4
		m.used.Estimated = true
	}
	if u.Input == 0 && u.Output > 0 {
		u.Input = asked(r)
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

// asked estimates the tokens of a request.
func asked(r llm.Request) int {
	n := llm.Estimate(r.Instructions)
	for _, t := range r.Asked() {
		n += llm.Estimate(t.Text)
	}
	return n
}

// guess estimates what the attempt took that ended with its server.
func (m *making) guess(ctx context.Context) error {
	model := m.Models.Find(m.g.Model)
	before := m.g.OutputTokens
	came := llm.Estimate(m.kept.Text, m.kept.Reasoning) - before
	if model == nil || came <= 0 {
		return nil
	}
	r, err := m.request(ctx, model)
	if err != nil {
		return err
	}
	r.Kept = ""
	m.used.Estimated = true
	m.add(model, llm.Usage{Input: asked(r), Output: came})
	return nil
}

// request is what the model is asked: what led up to the message, as much of the end of it as the model takes.
func (m *making) request(ctx context.Context, model *llm.Model) (llm.Request, error) {
	r := llm.Request{Model: model.Name, MaxTokens: m.g.MaxTokens, Kept: m.kept.Text}
	c, err := m.Conversation(ctx, m.g.ConversationID)
	if c == nil || err != nil {
		return r, either(err, errors.New("assistant: the conversation of an answer is gone"))
	}
	r.Instructions = c.Instructions
	rows, err := m.path(ctx, m.g.WorkspaceID, m.g.PromptID)
	if err != nil {
		return r, err
	}
	r.Turns = turns(rows, model, r)
	return r, nil
}
