package llmtwin

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"sync"
	"time"

	"karnak/internal/core/llm"
	"karnak/internal/platform/clock"
)

// Name is how the twin is called wherever a provider is named.
const Name = "llmtwin"

// Model is the name of its one model.
const Model = "stand-in"

// Config is what a Twin is made of.
type Config struct {
	// Script says what to answer; nil for Talk.
	Script func(*Call) Script
	// Clock is the machine's where it is nil.
	Clock clock.Clock
	// Token is asked for as a key where it is given.
	Token string
}

// Call is one request.
type Call struct {
	// N counts the requests from 1.
	N            int
	Protocol     string
	Model        string
	Instructions string
	Turns        []llm.Turn
	Tools        []llm.Tool
	MaxTokens    int
	// Kept is the beginning of an answer that the caller wants more of.
	Kept string
	// Sent is the text that was sent, Billed what is billed for it, and Left says that the caller went before the end.
	Sent   string
	Billed llm.Usage
	Left   bool
}

// request is what was asked, as an adapter was given it.
func (c *Call) request() llm.Request {
	return llm.Request{Model: c.Model, Instructions: c.Instructions, Turns: c.Turns, Tools: c.Tools, MaxTokens: c.MaxTokens, Kept: c.Kept}
}

// Asked is the last thing that somebody said.
func (c *Call) Asked() string {
	if len(c.Turns) == 0 {
		return ""
	}
	return c.Turns[len(c.Turns)-1].Text
}

// Script is an answer.
type Script struct {
	// Status refuses with an HTTP status in place of an answer, and RetryAfter with that header.
	Status     int
	RetryAfter time.Duration
	Steps      []Step
	// Reason is why the answer ends; the zero value stands for llm.Called where it calls, and else for llm.Stop.
	Reason llm.Reason
	// End leaves the stream without an end: the connection is closed as if all had been said.
	End bool
}

// Step is a part of an answer, or what breaks it.
type Step struct {
	Text, Reasoning string
	// Call is a part of a call; Pieces makes the steps of a whole one.
	Call *llm.CallPart
	// After is how long it takes until the step.
	After time.Duration
	// Raw is sent as it is, Cut breaks the connection off, Silence sends nothing until the caller leaves.
	Raw     string
	Cut     bool
	Silence bool
}

// Twin answers. It is an http.Handler, and safe for concurrent use.
type Twin struct {
	Config
	mux   *http.ServeMux
	mu    sync.Mutex
	calls []*Call
	// news is closed when something of a call is noted.
	news chan struct{}
}

// New returns a twin.
func New(c Config) *Twin {
	if c.Script == nil {
		c.Script = Talk
	}
	if c.Clock == nil {
		c.Clock = clock.System{}
	}
	t := &Twin{Config: c, mux: http.NewServeMux(), news: make(chan struct{})}
	t.mux.HandleFunc("POST /v1/chat/completions", t.completions)
	t.mux.HandleFunc("POST /v1/messages", t.messages)
	return t
}

// ServeHTTP answers a request.
func (t *Twin) ServeHTTP(w http.ResponseWriter, r *http.Request) { t.mux.ServeHTTP(w, r) }

// Calls returns the requests so far.
func (t *Twin) Calls() []Call {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.copied()
}

func (t *Twin) copied() []Call {
	out := make([]Call, len(t.calls))
	for i, c := range t.calls {
		out[i] = *c
	}
	return out
}

// Wait returns when the requests so far are as somebody wants them, or with the error of the context.
func (t *Twin) Wait(ctx context.Context, until func([]Call) bool) error {
	for {
		t.mu.Lock()
		calls, news := t.copied(), t.news
		t.mu.Unlock()
		if until(calls) {
			return nil
		}
		select {
		case <-news:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// Billed is what all requests took together.
func (t *Twin) Billed() (u llm.Usage) {
	for _, c := range t.Calls() {
		u.Input += c.Billed.Input
		u.Cached += c.Billed.Cached
		u.Output += c.Billed.Output
	}
	return u
}

// speaker writes an answer in a protocol.
type speaker interface {
	begin(c *Call) error
	text(s string) error
	reasoning(s string) error
	// call sends a part of a call; last says that no more of it follows.
	call(p llm.CallPart, last bool) error
	end(c *Call, r llm.Reason) error
	refuse(w http.ResponseWriter, status int)
}

const longestRequest = 4 << 20

// called reads a request and takes note of it.
func (t *Twin) called(w http.ResponseWriter, r *http.Request, into any, call func() (*Call, error)) (*Call, bool) {
	err := json.NewDecoder(http.MaxBytesReader(w, r.Body, longestRequest)).Decode(into)
	var c *Call
	if err == nil {
		c, err = call()
	}
	if err == nil {
		err = paired(c.Turns)
	}
	if err != nil {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusBadRequest)
		_ = json.NewEncoder(w).Encode(object{"error": object{"type": "invalid_request_error", "message": "this is no request: " + err.Error()}})
		return nil, false
	}
	split(c)
	t.note(func() {
		t.calls = append(t.calls, c)
		c.N = len(t.calls)
		c.Billed.Input = c.request().Estimate()
	})
	return c, true
}

// split finds the wish for more of an answer.
func split(c *Call) {
	n := len(c.Turns)
	if n < 2 {
		return
	}
	kept, wish := c.Turns[n-2], c.Turns[n-1]
	if wish.Role == llm.User && wish.Text == llm.GoOn && len(wish.Results) == 0 && kept.Role == llm.Assistant && len(kept.Calls) == 0 {
		c.Kept, c.Turns = kept.Text, c.Turns[:n-2]
	}
}

// play answers a call by its script.
func (t *Twin) play(w http.ResponseWriter, r *http.Request, c *Call, s speaker) {
	script := t.Script(c)
	if script.Status != 0 {
		if script.RetryAfter > 0 {
			w.Header().Set("Retry-After", fmt.Sprint(int(script.RetryAfter/time.Second)))
		}
		s.refuse(w, script.Status)
		return
	}
	w.Header().Set("Content-Type", "text/event-stream")
	out := http.NewResponseController(w)
	err := s.begin(c)
	last, calls := lasts(script.Steps)
	for i, step := range script.Steps {
		if err != nil || !t.step(r.Context(), w, out, c, s, step, last[i]) {
			t.note(func() { c.Left = true })
			return
		}
	}
	if err != nil || script.End {
		return
	}
	reason := script.Reason
	switch {
	case reason == "" && calls:
		reason = llm.Called
	case reason == "":
		reason = llm.Stop
	}
	t.note(func() { err = s.end(c, reason) })
	if err == nil {
		_ = out.Flush()
	}
}

func (t *Twin) note(f func()) {
	t.mu.Lock()
	defer t.mu.Unlock()
	f()
	close(t.news)
	t.news = make(chan struct{})
}

// step sends a step; false ends the answer.
func (t *Twin) step(ctx context.Context, w http.ResponseWriter, out *http.ResponseController, c *Call, s speaker, x Step, last bool) bool {
	if x.After > 0 {
		select {
		case <-t.Clock.After(x.After):
		case <-ctx.Done():
			return false
		}
	}
	if ctx.Err() != nil {
		return false
	}
	var err error
	switch {
	case x.Cut:
		panic(http.ErrAbortHandler) //nolint:forbidigo // how a handler of net/http breaks a connection off
	case x.Silence:
		<-ctx.Done()
		return false
	case x.Raw != "":
		_, err = w.Write([]byte(x.Raw))
	case x.Call != nil:
		err = s.call(*x.Call, last)
	case x.Reasoning != "":
		err = s.reasoning(x.Reasoning)
	default:
		err = s.text(x.Text)
	}
	if err == nil {
		err = out.Flush()
	}
	t.note(func() {
		c.Sent += x.Text
		c.Billed.Output += llm.Estimate(x.Text, x.Reasoning)
		if x.Call != nil {
			c.Billed.Output += llm.Estimate(x.Call.Name, x.Call.Arguments)
		}
	})
	return err == nil
}
