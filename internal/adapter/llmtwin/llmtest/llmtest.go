// Package llmtest is the suite that every adapter of package llm passes, against the twin of its provider.
package llmtest

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"time"

	"karnak/internal/adapter/llmtwin"
	"karnak/internal/core/llm"
	"karnak/internal/platform/httpclient"
)

// Open returns the adapter that asks a server.
type Open func(t *testing.T, url, key string, client *http.Client) llm.Provider

// Bounds of the client that the suite gives.
const (
	silence = 300 * time.Millisecond
	line    = 64 << 10
	body    = 1 << 20
)

// stage is an adapter before a twin.
type stage struct {
	llm.Provider
	twin *llmtwin.Twin
}

func set(t *testing.T, open Open, c llmtwin.Config, wrap func(http.Handler) http.Handler) stage {
	t.Helper()
	return setFor(t, open, c, wrap, silence, body)
}

// setFor is set with other bounds of an answer.
func setFor(t *testing.T, open Open, c llmtwin.Config, wrap func(http.Handler) http.Handler, silent time.Duration, most int64) stage {
	t.Helper()
	s := stage{twin: llmtwin.New(c)}
	var h http.Handler = s.twin
	if wrap != nil {
		h = wrap(h)
	}
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	client, err := httpclient.New(httpclient.Config{Connect: time.Second, Headers: 2 * time.Second, Silence: silent, Line: line, Body: most})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.CloseIdleConnections)
	s.Provider = open(t, server.URL, "key", client)
	return s
}

// script is a twin's that always plays the same.
func script(s llmtwin.Script) llmtwin.Config {
	return llmtwin.Config{Script: func(*llmtwin.Call) llmtwin.Script { return s }}
}

func said(words ...string) (steps []llmtwin.Step) {
	for _, w := range words {
		steps = append(steps, llmtwin.Step{Text: w})
	}
	return steps
}

func request() llm.Request {
	return llm.Request{Model: "m", Instructions: "be brief", MaxTokens: 100, Turns: []llm.Turn{{Role: llm.User, Text: "hello"}}}
}

// Answer is what came of a request.
type Answer struct {
	Text, Reasoning string
	Calls           []llm.Call
	Out             llm.Outcome
	Err             error
	// order tells which parts followed which, each change once: t for text, and the numbers of the calls.
	order string
}

// Ask has a script played to an adapter.
func Ask(t *testing.T, open Open, s llmtwin.Script, r llm.Request) Answer {
	t.Helper()
	return set(t, open, script(s), nil).ask(t.Context(), r)
}

func (s stage) ask(ctx context.Context, r llm.Request) (a Answer) {
	a.Out, a.Err = s.Stream(ctx, r, a.take)
	return a
}

var errPromise = errors.New("the port promises that a call begins with its id and its name, and has them once")

func (a *Answer) take(p llm.Part) error {
	a.Text += p.Text
	a.Reasoning += p.Reasoning
	if p.Text != "" {
		a.follows("t")
	}
	x := p.Call
	if x == nil {
		return nil
	}
	begins := x.Index == len(a.Calls)
	if begins != (x.ID != "") || begins != (x.Name != "") || x.Index > len(a.Calls) || x.Index < 0 || !begins && x.Arguments == "" {
		return errPromise
	}
	if begins {
		a.Calls = append(a.Calls, llm.Call{ID: x.ID, Name: x.Name})
	}
	a.Calls[x.Index].Arguments += x.Arguments
	a.follows(strconv.Itoa(x.Index))
	return nil
}

func (a *Answer) follows(what string) {
	if !strings.HasSuffix(a.order, what) {
		a.order += what
	}
}

// Run runs the suite.
func Run(t *testing.T, open Open) {
	t.Run("an answer", func(t *testing.T) { t.Parallel(); whole(t, open) })
	t.Run("going on", func(t *testing.T) { t.Parallel(); goingOn(t, open) })
	t.Run("endings", func(t *testing.T) { t.Parallel(); endings(t, open) })
	t.Run("refusals", func(t *testing.T) { t.Parallel(); refusals(t, open) })
	t.Run("breaks", func(t *testing.T) { t.Parallel(); breaks(t, open) })
	t.Run("stopping", func(t *testing.T) { t.Parallel(); stopping(t, open) })
	t.Run("at any byte", func(t *testing.T) { t.Parallel(); anyByte(t, open) })
	t.Run("calls at any byte", func(t *testing.T) { t.Parallel(); callsAtAnyByte(t, open) })
	t.Run("tools", func(t *testing.T) { t.Parallel(); offering(t, open) })
	t.Run("calls", func(t *testing.T) { t.Parallel(); calling(t, open) })
	t.Run("endings of calls", func(t *testing.T) { t.Parallel(); callEndings(t, open) })
	t.Run("ids of calls", func(t *testing.T) { t.Parallel(); callIDs(t, open) })
	t.Run("bounds of calls", func(t *testing.T) { t.Parallel(); callBounds(t, open) })
	t.Run("broken calls", func(t *testing.T) { t.Parallel(); brokenCalls(t, open) })
	t.Run("unfit tools", func(t *testing.T) { t.Parallel(); unfitTools(t, open) })
}

func whole(t *testing.T, open Open) {
	steps := append([]llmtwin.Step{{Reasoning: "let me "}, {Reasoning: "see"}}, said("Grüße, ", "世界 ", "🎉\n\n", `"quoted" \ and</script>`, " nothing\x00 ", "e\u0301")...)
	s := set(t, open, script(llmtwin.Script{Steps: steps}), nil)
	r := request()
	r.Turns = []llm.Turn{{Role: llm.User, Text: "one"}, {Role: llm.Assistant, Text: "two"}, {Role: llm.User, Text: "three"}}
	a := s.ask(t.Context(), r)
	if a.Err != nil || a.Text != "Grüße, 世界 🎉\n\n\"quoted\" \\ and</script> nothing e\u0301" || a.Reasoning != "let me see" || a.Out.Reason != llm.Stop {
		t.Errorf("%+v", a)
	}
	c := s.twin.Calls()
	if len(c) != 1 || c[0].Model != "m" || c[0].Instructions != "be brief" || c[0].MaxTokens != 100 || !reflect.DeepEqual(c[0].Turns, r.Turns) || c[0].Left {
		t.Fatalf("the twin was asked %+v", c)
	}
	if a.Out.Usage != c[0].Billed || a.Out.Usage.Output == 0 || a.Out.Usage.Input == 0 {
		t.Errorf("the twin billed %+v, the adapter tells %+v", c[0].Billed, a.Out.Usage)
	}
}

func goingOn(t *testing.T, open Open) {
	const text = "All of it, from the beginning to the end."
	s := set(t, open, llmtwin.Config{Script: func(c *llmtwin.Call) llmtwin.Script { return llmtwin.Words(text, c, 0) }}, nil)
	r := request()
	r.Kept = text[:14]
	a := s.ask(t.Context(), r)
	if a.Err != nil || r.Kept+a.Text != text {
		t.Errorf("%+v", a)
	}
	if c := s.twin.Calls()[0]; c.Kept != r.Kept || c.Asked() != "hello" {
		t.Errorf("the twin was asked %+v", c)
	}
}

func endings(t *testing.T, open Open) {
	for _, r := range []llm.Reason{llm.Stop, llm.Length, llm.Filtered} {
		s := set(t, open, script(llmtwin.Script{Steps: said("so"), Reason: r}), nil)
		if a := s.ask(t.Context(), request()); a.Err != nil || a.Out.Reason != r || a.Text != "so" {
			t.Errorf("%s: %+v", r, a)
		}
	}
	s := set(t, open, script(llmtwin.Script{}), nil)
	if a := s.ask(t.Context(), request()); a.Err != nil || a.Text != "" || a.Out.Reason != llm.Stop {
		t.Errorf("an empty answer: %+v", a)
	}
	own := errors.New("enough")
	s = set(t, open, script(llmtwin.Script{Steps: said("one", "two")}), nil)
	if _, err := s.Stream(t.Context(), request(), func(llm.Part) error { return own }); !errors.Is(err, own) {
		t.Errorf("an error of who reads: %v", err)
	}
}

func kindOf(err error) llm.Kind {
	var f *llm.Fault
	if errors.As(err, &f) {
		return f.Kind
	}
	return ""
}

func refusals(t *testing.T, open Open) {
	for status, want := range map[int]llm.Kind{
		400: llm.Refused, 401: llm.Refused, 403: llm.Refused, 404: llm.Refused, 413: llm.TooLong, 429: llm.Throttled, 500: llm.Unavailable, 503: llm.Unavailable, 529: llm.Unavailable,
		302: llm.Refused,
	} {
		s := set(t, open, script(llmtwin.Script{Status: status, RetryAfter: 7 * time.Second}), nil)
		a := s.ask(t.Context(), request())
		var f *llm.Fault
		if kindOf(a.Err) != want || a.Text != "" {
			t.Errorf("%d: %+v", status, a)
		}
		if errors.As(a.Err, &f) && f.After != 7*time.Second && status != http.StatusFound {
			t.Errorf("%d: the provider wants to be left alone for %s", status, f.After)
		}
	}
	s := set(t, open, llmtwin.Config{Token: "another"}, nil)
	if a := s.ask(t.Context(), request()); kindOf(a.Err) != llm.Refused {
		t.Errorf("another key: %+v", a)
	}
	closed := httptest.NewServer(http.NotFoundHandler())
	closed.Close()
	client, err := httpclient.New(httpclient.Config{Connect: time.Second, Headers: time.Second, Silence: silence, Line: line, Body: body})
	if err != nil {
		t.Fatal(err)
	}
	if a := (stage{Provider: open(t, closed.URL, "key", client)}).ask(t.Context(), request()); kindOf(a.Err) != llm.Unavailable {
		t.Errorf("nobody listens: %+v", a)
	}
}

func breaks(t *testing.T, open Open) {
	for name, c := range map[string]struct {
		step llmtwin.Step
		want llm.Kind
	}{
		"cut off":       {llmtwin.Step{Cut: true}, llm.Unavailable},
		"silent":        {llmtwin.Step{Silence: true}, llm.Unavailable},
		"half JSON":     {llmtwin.Step{Raw: "data: {\"choices\":[{\n\n"}, llm.Corrupt},
		"no JSON":       {llmtwin.Step{Raw: "data: hello\n\n"}, llm.Corrupt},
		"no UTF-8":      {llmtwin.Step{Raw: "data: {\"type\":\"content_block_delta\",\"delta\":{\"type\":\"text_delta\",\"text\":\"\xff\"},\"choices\":[{\"delta\":{\"content\":\"\xff\"}}]}\n\n"}, llm.Corrupt},
		"another shape": {llmtwin.Step{Raw: "data: {\"type\":7,\"choices\":7}\n\n"}, llm.Corrupt},
		"a long line":   {llmtwin.Step{Raw: "data: \"" + strings.Repeat("x", line+1)}, llm.Corrupt},
		"much":          {llmtwin.Step{Raw: strings.Repeat(": nothing\n", body/10)}, llm.Corrupt},
	} {
		s := set(t, open, script(llmtwin.Script{Steps: append(said("one ", "two "), c.step, llmtwin.Step{Text: "three", After: time.Millisecond})}), nil)
		began := time.Now()
		a := s.ask(t.Context(), request())
		// What is on its way when the connection is cut off may be lost.
		if kindOf(a.Err) != c.want || a.Text != "one two " && (name != "cut off" || !strings.HasPrefix("one two ", a.Text)) {
			t.Errorf("%s: %+v", name, a)
		}
		if took := time.Since(began); took > 10*silence {
			t.Errorf("%s: it took %s", name, took)
		}
	}
	s := set(t, open, script(llmtwin.Script{Steps: said("one ", "two"), End: true}), nil)
	if a := s.ask(t.Context(), request()); kindOf(a.Err) != llm.Unavailable || a.Text != "one two" {
		t.Errorf("an answer without an end: %+v", a)
	}
}

// stopping goes away in the midst of an answer: the connection is closed at once.
func stopping(t *testing.T, open Open) {
	s := set(t, open, script(llmtwin.Script{Steps: append(said("one"), llmtwin.Step{Silence: true})}), nil)
	ctx, stop := context.WithCancel(t.Context())
	_, err := s.Stream(ctx, request(), func(llm.Part) error {
		stop()
		return nil
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("it ended with %v", err)
	}
	within, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	if err := s.twin.Wait(within, func(c []llmtwin.Call) bool { return c[0].Left }); err != nil {
		t.Fatal("the connection was not closed within a second")
	}
}
