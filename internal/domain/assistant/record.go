package assistant

import (
	"context"
	"strings"
	"time"

	"karnak/internal/core/llm"
	"karnak/internal/core/tape"
	"karnak/internal/platform/clock"
)

// longestAnswer bounds an answer in bytes.
const longestAnswer = 1 << 20

// recorder writes the parts of an answer to its tape as they come.
type recorder struct {
	scribe *tape.Scribe
	clock  clock.Clock

	// What came in this attempt, and when it began to.
	text      strings.Builder
	reasoning int
	calls     []llm.Call
	firstAt   *time.Time
}

func newRecorder(ctx context.Context, h *tape.Hold, c clock.Clock) *recorder {
	return &recorder{scribe: h.Scribe(ctx), clock: c}
}

// add takes a part in; it waits where too much is to be written.
func (r *recorder) add(ctx context.Context, p llm.Part) error {
	if r.firstAt == nil {
		now := r.clock.Now()
		r.firstAt = &now
	}
	r.text.WriteString(p.Text)
	r.reasoning += len(p.Reasoning)
	size := len(p.Text) + len(p.Reasoning)
	if p.Call != nil {
		r.called(p.Call)
		size += len(p.Call.Arguments)
	}
	return r.scribe.Put(ctx, size, func(pending []tape.Draft) []tape.Draft {
		pending = put(put(pending, stepReasoning, p.Reasoning), stepText, p.Text)
		if p.Call != nil {
			pending = putCall(pending, r.calls[p.Call.Index].ID, p.Call)
		}
		return pending
	})
}

// put adds text to what waits.
func put(pending []tape.Draft, kind, text string) []tape.Draft {
	if text == "" {
		return pending
	}
	if n := len(pending); n > 0 && pending[n-1].Kind == kind {
		d := pending[n-1].Data.(textData)
		pending[n-1].Data = textData{d.Text + text}
		return pending
	}
	return append(pending, tape.Draft{Kind: kind, Data: textData{text}})
}

// putCall adds a part of a call to what waits.
func putCall(pending []tape.Draft, id string, p *llm.CallPart) []tape.Draft {
	if p.ID != "" {
		pending = append(pending, tape.Draft{Kind: stepCall, Data: callData{id, p.Name}})
	}
	if p.Arguments == "" {
		return pending
	}
	if n := len(pending); n > 0 && pending[n-1].Kind == stepArguments {
		if d := pending[n-1].Data.(argumentsData); d.Call == id {
			pending[n-1].Data = argumentsData{id, d.Text + p.Arguments}
			return pending
		}
	}
	return append(pending, tape.Draft{Kind: stepArguments, Data: argumentsData{id, p.Arguments}})
}

// called takes a part of a call in.
func (r *recorder) called(p *llm.CallPart) {
	for len(r.calls) <= p.Index {
		r.calls = append(r.calls, llm.Call{})
	}
	c := &r.calls[p.Index]
	if p.ID != "" {
		c.ID, c.Name = p.ID, p.Name
	}
	c.Arguments += p.Arguments
}

// written is how much came in this attempt, in bytes.
func (r *recorder) written() int {
	n := r.text.Len() + r.reasoning
	for _, c := range r.calls {
		n += len(c.Name) + len(c.Arguments)
	}
	return n
}

// close returns when all was written.
func (r *recorder) close() error { return r.scribe.Close() }
