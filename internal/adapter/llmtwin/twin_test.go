package llmtwin_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"karnak/internal/adapter/llmtwin"
	"karnak/internal/core/llm"
)

func post(twin *llmtwin.Twin, path, body string) (status int, text string) {
	w := httptest.NewRecorder()
	twin.ServeHTTP(w, httptest.NewRequest(http.MethodPost, path, strings.NewReader(body)))
	return w.Code, w.Body.String()
}

// TestRefusals sends what the providers refuse: the twin is no easier.
func TestRefusals(t *testing.T) {
	t.Parallel()
	const (
		openAI, anthropic = "/v1/chat/completions", "/v1/messages"
		call              = `{"role":"assistant","tool_calls":[{"id":"a","type":"function","function":{"name":"f","arguments":"{}"}}]}`
		result            = `{"role":"tool","tool_call_id":"a","content":"x"}`
		hi                = `{"role":"user","content":"hi"}`
		use               = `{"role":"assistant","content":[{"type":"tool_use","id":"a","name":"f","input":{}}]}`
		used              = `{"role":"user","content":[{"type":"tool_result","tool_use_id":"a","content":"x"}]}`
	)
	twin := llmtwin.New(llmtwin.Config{Script: func(*llmtwin.Call) llmtwin.Script { return llmtwin.Script{} }})
	taken := 0
	for _, c := range []struct {
		path, messages string
		status         int
	}{
		{openAI, hi + "," + call + "," + result + "," + hi, 200},
		{openAI, hi + "," + result, 400},
		{openAI, hi + "," + call, 400},
		{openAI, hi + "," + call + "," + hi, 400},
		{openAI, call + "," + result + "," + call + "," + result, 400},
		{openAI, call + "," + result + "," + result, 400},
		{openAI, call + `,{"role":"tool","tool_call_id":"a"}`, 400},
		{openAI, strings.Replace(call, `,"arguments":"{}"`, "", 1) + "," + result, 400},
		{openAI, `{"role":"user"}`, 400},
		{anthropic, hi + "," + use + "," + used + "," + hi, 200},
		{anthropic, hi + "," + used, 400},
		{anthropic, hi + "," + use, 400},
		{anthropic, hi + "," + use + "," + hi, 400},
		{anthropic, use + "," + used + "," + use + "," + used, 400},
		{anthropic, strings.Replace(use, `"input":{}`, `"input":"{}"`, 1) + "," + used, 400},
		{anthropic, strings.Replace(use, `[`, `[{"type":"text","text":" "},`, 1) + "," + used, 400},
		{anthropic, `{"role":"user","content":""}`, 400},
	} {
		status, text := post(twin, c.path, `{"model":"m","max_tokens":10,"messages":[`+c.messages+`]}`)
		if status != c.status {
			t.Errorf("%s %s: %d %s", c.path, c.messages, status, text)
		}
		if status == http.StatusOK {
			taken++
		}
	}
	if n := len(twin.Calls()); n != taken || taken != 2 {
		t.Errorf("%d requests are noted, %d were taken", n, taken)
	}
}

func TestWait(t *testing.T) {
	t.Parallel()
	twin := llmtwin.New(llmtwin.Config{Script: func(*llmtwin.Call) llmtwin.Script { return llmtwin.Script{} }})
	within, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	asked := make(chan error, 1)
	looked := make(chan int, 100)
	go func() {
		asked <- twin.Wait(within, func(c []llmtwin.Call) bool { looked <- len(c); return len(c) == 2 })
	}()
	if n := <-looked; n != 0 {
		t.Fatalf("%d requests before the first", n)
	}
	for range 2 {
		if status, text := post(twin, "/v1/messages", `{"messages":[{"role":"user","content":"hi"}]}`); status != http.StatusOK {
			t.Fatal(status, text)
		}
	}
	if err := <-asked; err != nil {
		t.Error(err)
	}
	gone, leave := context.WithCancel(t.Context())
	leave()
	if err := twin.Wait(gone, func([]llmtwin.Call) bool { return false }); !errors.Is(err, context.Canceled) {
		t.Errorf("it was waited for what does not come: %v", err)
	}
}

// TestEndOfCalls reads how an answer with calls ends: adapters would take it for the same either way.
func TestEndOfCalls(t *testing.T) {
	t.Parallel()
	steps := llmtwin.Pieces(0, llm.Call{ID: "a", Name: "f", Arguments: "{}"}, 0)
	for _, c := range []struct {
		reason          llm.Reason
		path, has, lack string
	}{
		{"", "/v1/chat/completions", `"finish_reason":"tool_calls"`, `"finish_reason":"stop"`},
		{llm.Stop, "/v1/chat/completions", `"finish_reason":"stop"`, `"finish_reason":"tool_calls"`},
		{"", "/v1/messages", `"stop_reason":"tool_use"`, `"stop_reason":"end_turn"`},
		{llm.Stop, "/v1/messages", `"stop_reason":"end_turn"`, `"stop_reason":"tool_use"`},
	} {
		twin := llmtwin.New(llmtwin.Config{Script: func(*llmtwin.Call) llmtwin.Script { return llmtwin.Script{Steps: steps, Reason: c.reason} }})
		if _, text := post(twin, c.path, `{"messages":[{"role":"user","content":"hi"}]}`); !strings.Contains(text, c.has) || strings.Contains(text, c.lack) {
			t.Errorf("%s, told %q: %s", c.path, c.reason, text)
		}
	}
}
