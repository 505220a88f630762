package tool

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"karnak/authz"
	"karnak/ent/entgen"
	"karnak/ent/entgen/toolinvocation"
	"karnak/ent/enum"
	"karnak/ent/pinned"
	"karnak/internal/core/eventlog"
	"karnak/internal/core/tape"
	"karnak/internal/platform/fault"
	"karnak/internal/platform/store"
)

// lives is how often a run that changes nothing is begun, where its servers end.
const lives = 3

// problem is why a run failed, as its caller is told.
type problem struct {
	code Failure
	text string
}

// Error is what went wrong.
func (p *problem) Error() string { return string(p.code) + ": " + p.text }

// result is how a run ended.
type result struct {
	state   enum.InvocationState
	output  json.RawMessage
	problem *problem
	usage   usage
}

// usage is what a run took.
type usage struct {
	cpu, wall time.Duration
	memory    int64
}

// working is a run that is made here.
type working struct {
	*Service
	hold *tape.Hold
	x    *entgen.ToolInvocation
}

func (s *Service) begins(h *tape.Hold) tape.Work { return &working{Service: s, hold: h} }

// Run makes the run, or parks it where somebody has to be asked, or ends it where there is nothing to do.
func (w *working) Run(ctx context.Context) (err error) {
	system := authz.WithActor(ctx, authz.NewAudience(w.hold.WorkspaceID))
	if w.x, err = w.DB.Client().ToolInvocation.Query().Where(toolinvocation.ID(w.hold.ID)).Only(system); err != nil {
		return err
	}
	ctx = authz.WithActor(ctx, w.caller())
	switch {
	case w.x.State.Over(): // somebody said no
		return w.end(ctx, result{state: w.x.State})
	case w.hold.Stopped():
		return w.end(ctx, result{state: enum.Cancelled})
	case w.x.State == enum.Waiting && !w.Clock.Now().Before(*w.x.ExpiresAt):
		return w.end(ctx, result{state: enum.Expired})
	case w.x.State == enum.Waiting:
		return w.park(ctx, w.x.Asking, *w.x.ExpiresAt)
	}
	v, err := w.pinnedTo(ctx, pinned.Tool{Name: w.x.Tool, Number: w.x.Number, VersionID: value(w.x.VersionID), Hash: w.x.Hash})
	if err != nil {
		return err
	}
	if r := w.impossible(ctx, v); r != nil {
		return w.end(ctx, *r)
	}
	if w.x.State == enum.Working { // its server ended
		if v.Replay == enum.Effect {
			return w.park(ctx, enum.ToReplay, w.Clock.Now().Add(patience))
		}
		if w.x.Attempts >= lives {
			return w.end(ctx, failed(Interrupted, "It broke off %d times when its server ended.", lives))
		}
	}
	if err := w.start(ctx); err != nil {
		return err
	}
	r, err := w.attempt(ctx, v)
	if err != nil {
		return err
	}
	return w.end(ctx, r)
}

// Fail ends the tape of a run that karnak itself failed at.
func (w *working) Fail(ctx context.Context) error {
	if w.x == nil {
		return errors.New("tool: the run could not be read")
	}
	return w.end(authz.WithActor(ctx, w.caller()), failed(Internal, "Something went wrong here: try again."))
}

// caller is in whose name the tool runs.
func (w *working) caller() *authz.Actor {
	return authz.NewActor(w.x.StartedBy, "", false, []string{w.x.WorkspaceID})
}

func failed(code Failure, format string, args ...any) result {
	return result{state: enum.Errored, problem: fail(code, format, args...)}
}

// impossible tells of a run that cannot be made; nil of one that can.
func (w *working) impossible(ctx context.Context, v *version) *result {
	if v == nil {
		r := failed(Unknown, "There is no tool %q that may be called here.", w.x.Tool)
		return &r
	}
	text, err := fits(v.Input, json.RawMessage(w.x.Arguments))
	if err == nil && text != "" {
		r := failed(InvalidArguments, "%s", text)
		return &r
	}
	if err == nil {
		err = w.Guard.Require(ctx, w.x.WorkspaceID, authz.ToolInvoke, w.x.WorkspaceID)
	}
	if err != nil {
		r := result{state: enum.Errored, problem: explained(err)}
		return &r
	}
	return nil
}

// start writes down that the tool is about to run: from here on it may have had its effect.
func (w *working) start(ctx context.Context) error {
	now, attempt := w.Clock.Now(), w.x.Attempts+1
	return w.change(ctx, func(ctx context.Context, tx *eventlog.Tx) error {
		if err := w.hold.AppendIn(ctx, tx.Tx, tape.Draft{Kind: stepStarted, Data: startedData{attempt}}); err != nil {
			return err
		}
		u := tx.ToolInvocation.UpdateOneID(w.x.ID).SetState(enum.Working).SetAttempts(attempt)
		if w.x.StartedAt == nil {
			u.SetStartedAt(now)
		}
		return u.Exec(ctx)
	})
}

// attempt runs the tool. An error is karnak's own, or says that the run ends here before the tool does.
func (w *working) attempt(ctx context.Context, v *version) (result, error) {
	running, end := w.hold.Bind(ctx)
	defer func() { _ = end() }() // also where something panics
	since := w.Clock.Now()
	output, took, err := w.perform(running, v)
	if took.wall == 0 {
		took.wall = w.Clock.Now().Sub(since)
	}
	cause := end()
	r := result{state: enum.Succeeded, output: output, usage: took}
	switch {
	case errors.Is(cause, tape.ErrStopped):
		r.state, r.output = enum.Cancelled, nil
	case cause != nil:
		return r, cause
	case err != nil:
		r.state, r.output, r.problem = enum.Errored, nil, explained(err)
		if r.problem.code == Internal {
			w.Logger.Error("a tool failed", "invocation", w.x.ID, "tool", w.x.Tool, "error", err)
		}
	default:
		text, err := fits(v.Output, output)
		if err != nil {
			return r, err
		}
		if text != "" {
			r.state, r.output, r.problem = enum.Errored, nil, fail(InvalidOutput, "%s", text)
		}
	}
	return r, nil
}

// explained is what the caller is told of an error.
func explained(err error) *problem {
	var p *problem
	var f *fault.Error
	switch {
	case errors.As(err, &p):
		return p
	case errors.Is(err, context.DeadlineExceeded):
		return fail(TimedOut, "It took longer than it may.")
	case store.Unavailable(err):
		return fail(Unavailable, "The database cannot be reached: try again.")
	case errors.As(err, &f) && f.Code != fault.Internal:
		code := InvalidArguments
		switch f.Code {
		case fault.Forbidden, fault.Unauthenticated:
			code = Forbidden
		case fault.Unavailable, fault.Throttled:
			code = Unavailable
		}
		return fail(code, "%s", f.Sentences())
	}
	return fail(Internal, "Something went wrong here: try again.")
}

func value(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

// park has the run wait for a person's yes.
func (w *working) park(ctx context.Context, asking enum.Asking, until time.Time) error {
	return w.change(ctx, func(ctx context.Context, tx *eventlog.Tx) error {
		if err := w.hold.Park(ctx, tx.Tx, until, tape.Draft{Kind: stepAwaiting, Data: awaitingData{asking, until}}); err != nil {
			return err
		}
		now, err := tx.ToolInvocation.Get(ctx, w.x.ID)
		if err != nil {
			return err
		}
		if now.State != w.x.State { // somebody was quicker
			return w.Tapes.Wake(ctx, tx.Tx, w.x.ID)
		}
		err = now.Update().SetState(enum.Waiting).SetAsking(asking).SetExpiresAt(until).ClearDecidedAt().ClearDecidedBy().SetNote("").Exec(ctx)
		if err != nil {
			return err
		}
		return tx.Append(ctx, w.x.WorkspaceID, awaited.event(w.x))
	})
}

// end ends a run, in one transaction: the state, the event, the last step; an answer that waits for it is woken.
func (w *working) end(ctx context.Context, r result) error {
	ctx = context.WithoutCancel(ctx)
	now := w.Clock.Now()
	err := w.change(ctx, func(ctx context.Context, tx *eventlog.Tx) error {
		if err := w.hold.End(ctx, tx.Tx, tape.Draft{Kind: stepEnded, Data: endedData{r.state}}); err != nil {
			return err
		}
		u := tx.ToolInvocation.UpdateOneID(w.x.ID).SetState(r.state).SetEndedAt(now).SetOutput(string(r.output)).
			SetCPU(int64(r.usage.cpu)).SetWall(int64(r.usage.wall)).SetMemory(r.usage.memory)
		if r.problem != nil {
			u.SetFailure(string(r.problem.code)).SetProblem(r.problem.text)
		}
		if err := u.Exec(ctx); err != nil {
			return err
		}
		if w.x.GenerationID != nil {
			if err := w.Tapes.Wake(ctx, tx.Tx, *w.x.GenerationID); err != nil {
				return err
			}
		}
		return tx.Append(ctx, w.x.WorkspaceID, ended.event(w.x))
	})
	if err == nil {
		w.metrics.ended(r.state, r.usage.wall)
	}
	if !errors.Is(err, tape.ErrLost) {
		return err
	}
	// The commit may have been made although it failed.
	x, e := w.DB.Client().ToolInvocation.Query().Where(toolinvocation.ID(w.x.ID)).Only(ctx)
	if e == nil && x.State.Over() && x.EndedAt != nil && w.x.State != enum.Denied {
		return nil
	}
	return err
}

// change makes a change that goes with steps of the tape, and tries again until it is made, or the tape is another's.
func (w *working) change(ctx context.Context, do func(context.Context, *eventlog.Tx) error) error {
	return w.hold.Change(ctx, func(ctx context.Context) error {
		_, err := w.Log.Change(ctx, func(ctx context.Context, tx *eventlog.Tx) (string, error) { return w.x.ID, do(ctx, tx) })
		return err
	})
}
