package openai_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"karnak/internal/adapter/llmtwin"
	"karnak/internal/adapter/llmtwin/llmtest"
	"karnak/internal/core/llm"
)

// lines are chunks as an endpoint sends them; each is what tool_calls holds.
func lines(calls ...string) (steps []llmtwin.Step) {
	for _, c := range calls {
		steps = append(steps, llmtwin.Step{Raw: `data: {"choices":[{"index":0,"delta":{"tool_calls":[` + c + `]}}]}` + "\n\n"})
	}
	return steps
}

// TestCallsOfEndpoints reads calls in the ways in which endpoints depart from the protocol.
func TestCallsOfEndpoints(t *testing.T) {
	t.Parallel()
	a, b := llm.Call{ID: "a", Name: "f", Arguments: `{"x":"}"}`}, llm.Call{ID: "b", Name: "g", Arguments: `{"y":2}`}
	same := llm.Call{ID: "b", Name: "f", Arguments: `{"x":2}`}
	made := func(n string, c llm.Call) llm.Call { c.ID = n; return c }
	for name, c := range map[string]struct {
		lines []string
		want  []llm.Call
	}{
		"whole, without an index": {
			[]string{`{"id":"a","function":{"name":"f","arguments":"{\"x\":\"}\"}"}}`, `{"id":"b","function":{"name":"g","arguments":"{\"y\":2}"}}`}, []llm.Call{a, b},
		},
		"both on a line, without an index": {
			[]string{`{"id":"a","function":{"name":"f","arguments":"{\"x\":\"}\"}"}},{"id":"b","function":{"name":"g","arguments":"{\"y\":2}"}}`}, []llm.Call{a, b},
		},
		"in pieces, without an index": {
			[]string{`{"id":"a","function":{"name":"f"}}`, `{"function":{"arguments":"{\"x\":"}}`, `{"function":{"arguments":"\"}\"}"}}`, `{"id":"b","function":{"name":"g"}}`, `{"function":{"arguments":"{\"y\":2}"}}`},
			[]llm.Call{a, b},
		},
		"in turn by the id alone": {
			[]string{`{"id":"a","function":{"name":"f","arguments":"{\"x\":"}}`, `{"id":"b","function":{"name":"g","arguments":"{\"y\""}}`, `{"id":"a","function":{"arguments":"\"}\"}"}}`, `{"id":"b","function":{"arguments":":2}"}}`},
			[]llm.Call{a, b},
		},
		"every index 0": {
			[]string{`{"index":0,"id":"a","function":{"name":"f","arguments":"{\"x\":\"}\"}"}}`, `{"index":0,"id":"b","function":{"name":"f","arguments":"{\"x\""}}`, `{"index":0,"function":{"arguments":":2}"}}`},
			[]llm.Call{a, same},
		},
		"no ids, every index 0": {
			[]string{`{"index":0,"id":"","function":{"name":"f","arguments":"{\"x\":\"}\"}"}}`, `{"index":0,"id":"","function":{"name":"f","arguments":"{\"x\":2}"}}`},
			[]llm.Call{made("call00000", a), made("call00001", same)},
		},
		"no ids, other tools, no arguments": {
			[]string{`{"function":{"name":"f","arguments":""}}`, `{"function":{"name":"g","arguments":""}}`},
			[]llm.Call{{ID: "call00000", Name: "f", Arguments: "{}"}, {ID: "call00001", Name: "g", Arguments: "{}"}},
		},
		"one id for both": {
			[]string{`{"index":0,"id":"a","function":{"name":"f","arguments":"{\"x\":\"}\"}"}}`, `{"index":1,"id":"a","function":{"name":"g","arguments":"{\"y\":2}"}}`}, []llm.Call{a, made("call00001", b)},
		},
		"one id for both, without an index": {
			[]string{`{"id":"a","function":{"name":"f","arguments":"{\"x\":\"}\"}"}}`, `{"id":"a","function":{"name":"f","arguments":"{\"x\":2}"}}`}, []llm.Call{a, made("call00001", same)},
		},
		"id and name on every line": {
			[]string{
				`{"index":0,"id":"a","function":{"name":"f","arguments":"{\"x\":"}}`, `{"index":0,"id":"a","function":{"name":"f","arguments":"\"}\"}"}}`, `{"index":0,"id":"a","function":{"name":"f","arguments":""}}`,
			},
			[]llm.Call{a},
		},
		"id and name on every line, without an index": {
			[]string{`{"id":"a","function":{"name":"f","arguments":"{\"x\":"}}`, `{"id":"a","function":{"name":"f","arguments":"\"}\"}"}}`}, []llm.Call{a},
		},
		"id and name on every line, quotes in quotes": {
			[]string{`{"id":"a","function":{"name":"f","arguments":"{\"x\":\"\\\"}"}}`, `{"id":"a","function":{"name":"f","arguments":"\"}"}}`}, []llm.Call{{ID: "a", Name: "f", Arguments: `{"x":"\"}"}`}},
		},
		"every index 0, no arguments": {
			[]string{`{"index":0,"id":"a","function":{"name":"f","arguments":""}}`, `{"index":0,"id":"b","function":{"name":"f","arguments":""}}`},
			[]llm.Call{{ID: "a", Name: "f", Arguments: "{}"}, {ID: "b", Name: "f", Arguments: "{}"}},
		},
		"another id on every line": {
			[]string{`{"index":0,"id":"a","function":{"name":"f"}}`, `{"index":0,"id":"a1","function":{"name":null,"arguments":"{\"x\":"}}`, `{"index":0,"id":"a2","function":{"arguments":"\"}\"}"}}`}, []llm.Call{a},
		},
		"the name last": {
			[]string{`{"index":0,"id":"a","function":{"arguments":"{\"x\":"}}`, `{"index":0,"function":{"arguments":"\"}\""}}`, `{"index":0,"function":{"name":"f","arguments":"}"}}`}, []llm.Call{a},
		},
		"numbered from 7": {
			[]string{`{"index":9,"id":"a","function":{"name":"f","arguments":"{\"x\":\"}\"}"}}`, `{"index":7,"id":"b","function":{"name":"g","arguments":"{\"y\":2}"}}`}, []llm.Call{a, b},
		},
	} {
		// An end by “stop”, too, is one by calls.
		got := llmtest.Ask(t, open, llmtwin.Script{Steps: lines(c.lines...)}, asking())
		if got.Err != nil || got.Out.Reason != llm.Called || !slices.Equal(got.Calls, c.want) {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

func TestCallsInOneWithTheEnd(t *testing.T) {
	t.Parallel()
	chunk := `data: {"choices":[{"index":0,"delta":{"content":"so","tool_calls":[{"id":"a","function":{"name":"f","arguments":"{}"}}]},"finish_reason":"tool_calls"}]}` + "\n\n"
	a := llmtest.Ask(t, open, llmtwin.Script{Steps: []llmtwin.Step{{Raw: chunk + "data: [DONE]\n\n"}}, End: true}, asking())
	if a.Err != nil || a.Text != "so" || a.Out.Reason != llm.Called || !slices.Equal(a.Calls, []llm.Call{{ID: "a", Name: "f", Arguments: "{}"}}) {
		t.Errorf("%+v", a)
	}
	for name, after := range map[string]string{
		"a call": `data: {"choices":[{"index":0,"delta":{"tool_calls":[{"id":"b","function":{"name":"f","arguments":"{}"}}]}}]}` + "\n\n",
		"text":   `data: {"choices":[{"index":0,"delta":{"content":"more"}}]}` + "\n\n",
	} {
		a := llmtest.Ask(t, open, llmtwin.Script{Steps: []llmtwin.Step{{Raw: chunk + after}}, End: true}, asking())
		var f *llm.Fault
		if !errors.As(a.Err, &f) || f.Kind != llm.Corrupt || a.Text != "so" || len(a.Calls) != 1 {
			t.Errorf("%s after the end: %+v", name, a)
		}
	}
}

func TestManyCallsByNameAlone(t *testing.T) {
	t.Parallel()
	one := `{"function":{"name":"f","arguments":"{}"}}`
	a := llmtest.Ask(t, open, llmtwin.Script{Steps: lines(strings.Repeat(one+",", llm.MostCalls) + one)}, asking())
	if a.Err == nil || len(a.Calls) != llm.MostCalls {
		t.Errorf("%d calls, %v", len(a.Calls), a.Err)
	}
}

func asking() llm.Request {
	return llm.Request{Model: "m", MaxTokens: 100, Turns: []llm.Turn{{Role: llm.User, Text: "hello"}}}
}
