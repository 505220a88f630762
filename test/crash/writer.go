package main

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"karnak/test/crash/ledger"
	"karnak/test/crash/rig"
)

// writer tries one thing after the other, and what has no known outcome again, until the run ends.
type writer struct {
	*chooser
	run *run
}

func (r *run) writer(n int) *writer {
	place := r.places[n%len(r.places)]
	return &writer{&chooser{dice: dice(r.Seed, uint64(n)), writer: n, place: place, person: place.People[n/len(r.places)%len(place.People)]}, r}
}

func (w *writer) write(ctx context.Context) {
	for ctx.Err() == nil && w.run.gate.Wait(ctx) {
		o := w.next()
		w.run.books.Tries.Write(o.Try)
		w.run.books.Answers.Write(w.insist(ctx, o))
	}
}

// backOff is how long a client waits before it asks again.
const backOff = 20 * time.Millisecond

// givenUp is how many of a hundred tries with an unknown outcome are not repeated: they may have been made or not.
const givenUp = 20

// insist repeats a try until it has an outcome, and sometimes gives up. At the end of the run it is given up, too.
func (w *writer) insist(ctx context.Context, o operation) ledger.Answer {
	for n := 1; ; n++ {
		// A request is not cut off at the end of the run, which would make it a try without an outcome.
		a := w.once(context.WithoutCancel(ctx), o)
		a.Attempts = n
		switch {
		case a.Outcome == ledger.Acknowledged:
			w.acknowledged(o.Try, a.Message)
			w.run.acknowledged.Add(1)
			return a
		case a.Outcome == ledger.Refused, w.dice.IntN(100) < givenUp, !w.run.gate.Wait(ctx):
			return a
		}
		// A server that cannot answer for now is not asked without end.
		if w.run.pause(ctx, backOff) != nil {
			return a
		}
	}
}

// once sends a try once and tells its outcome: unknown is what has no answer and what may be repeated.
func (w *writer) once(ctx context.Context, o operation) ledger.Answer {
	var p payload
	err := w.run.node(w.dice).API.Do(ctx, o.call, &p)
	var refused *rig.Error
	switch {
	case errors.As(err, &refused) && refused.Extensions.Code != "UNAVAILABLE":
		return ledger.Answer{ID: o.ID, Outcome: ledger.Refused, Code: refused.Error()}
	case err != nil:
		return ledger.Answer{ID: o.ID, Outcome: ledger.Unknown, Code: err.Error()}
	case len(p.Done.UserErrors) > 0 || p.Done.Message == nil:
		code := "no message"
		if len(p.Done.UserErrors) > 0 {
			code = p.Done.UserErrors[0].Code + ": " + p.Done.UserErrors[0].Message
		}
		return ledger.Answer{ID: o.ID, Outcome: ledger.Refused, Code: code}
	}
	return ledger.Answer{ID: o.ID, Outcome: ledger.Acknowledged, Message: p.Done.Message.ID, Seq: p.Done.Message.Seq, Cursor: p.Done.Cursor}
}

// counter counts over goroutines.
type counter = atomic.Int64
