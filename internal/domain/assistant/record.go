package assistant

import (
	"context"
	"strings"
	"sync"
	"time"

	"karnak/internal/core/llm"
	"karnak/internal/core/tape"
	"karnak/internal/platform/clock"
)

const (
	// between is the least time between two writes of one answer: what comes within it is written together.
	between = 30 * time.Millisecond
	// mostWaiting is how much text may wait to be written before the provider is not read on, in bytes.
	mostWaiting = 64 << 10
	// longestAnswer bounds an answer in bytes.
	longestAnswer = 1 << 20
)

// recorder writes the parts of an answer to its tape as they come. add is called by one goroutine, run by another.
type recorder struct {
	hold  *tape.Hold
	clock clock.Clock

	mu      sync.Mutex
	pending []tape.Draft
	waiting int
	err     error
	// more tells run that there is something, room tells add that there is room again.
	more, room chan struct{}
	closing    chan struct{}
	done       chan struct{}

	// What came in this attempt, and when it began to; of add's goroutine.
	text      strings.Builder
	reasoning int
	calls     []llm.Call
	firstAt   *time.Time
}

func newRecorder(ctx context.Context, h *tape.Hold, c clock.Clock) *recorder {
	r := &recorder{hold: h, clock: c, more: make(chan struct{}, 1), room: make(chan struct{}, 1), closing: make(chan struct{}), done: make(chan struct{})}
	go r.run(ctx)
	return r
}

// add takes a part in; it waits where too much is to be written.
func (r *recorder) add(ctx context.Context, p llm.Part) error {
	if r.firstAt == nil {
		now := r.clock.Now()
		r.firstAt = &now
	}
	r.text.WriteString(p.Text)
	r.reasoning += len(p.Reasoning)
	if p.Call != nil {
		r.called(p.Call)
	}
	for {
		r.mu.Lock()
		err, full := r.err, r.waiting > mostWaiting
		if err == nil && !full {
			r.put(stepReasoning, p.Reasoning)
			r.put(stepText, p.Text)
			if p.Call != nil {
				r.putCall(p.Call)
			}
		}
		r.mu.Unlock()
		if err != nil || !full {
			notify(r.more)
			return err
		}
		select {
		case <-r.room:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// put adds text to what waits.
func (r *recorder) put(kind, text string) {
	if text == "" {
		return
	}
	r.waiting += len(text)
	if n := len(r.pending); n > 0 && r.pending[n-1].Kind == kind {
		d := r.pending[n-1].Data.(textData)
		r.pending[n-1].Data = textData{d.Text + text}
		return
	}
	r.pending = append(r.pending, tape.Draft{Kind: kind, Data: textData{text}})
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

// putCall adds a part of a call to what waits.
func (r *recorder) putCall(p *llm.CallPart) {
	id := r.calls[p.Index].ID
	if p.ID != "" {
		r.pending = append(r.pending, tape.Draft{Kind: stepCall, Data: callData{id, p.Name}})
	}
	if p.Arguments == "" {
		return
	}
	r.waiting += len(p.Arguments)
	if n := len(r.pending); n > 0 && r.pending[n-1].Kind == stepArguments {
		if d := r.pending[n-1].Data.(argumentsData); d.Call == id {
			r.pending[n-1].Data = argumentsData{id, d.Text + p.Arguments}
			return
		}
	}
	r.pending = append(r.pending, tape.Draft{Kind: stepArguments, Data: argumentsData{id, p.Arguments}})
}

// written is how much came in this attempt, in bytes.
func (r *recorder) written() int {
	n := r.text.Len() + r.reasoning
	for _, c := range r.calls {
		n += len(c.Name) + len(c.Arguments)
	}
	return n
}

func notify(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// close returns when all was written.
func (r *recorder) close() error {
	close(r.closing)
	<-r.done
	return r.err
}

func (r *recorder) run(ctx context.Context) {
	defer close(r.done)
	for closing := false; !closing; {
		select {
		case <-r.more:
		case <-r.closing:
			closing = true
		}
		if !r.write(ctx) || closing {
			return
		}
		select {
		case <-r.clock.After(between):
		case <-r.closing:
		}
	}
}

// write writes what waits.
func (r *recorder) write(ctx context.Context) bool {
	r.mu.Lock()
	drafts := r.pending
	r.pending, r.waiting = nil, 0
	r.mu.Unlock()
	notify(r.room)
	if len(drafts) == 0 {
		return true
	}
	if err := r.hold.Append(ctx, drafts...); err != nil {
		r.mu.Lock()
		r.err = err
		r.mu.Unlock()
		notify(r.room)
		return false
	}
	return true
}
