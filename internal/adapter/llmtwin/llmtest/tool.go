package llmtest

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"karnak/internal/adapter/llmtwin"
	"karnak/internal/core/llm"
)

// interleave are the steps of two calls, a piece of the one after a piece of the other.
func interleave(a, b llm.Call) (out []llmtwin.Step) {
	x, y := llmtwin.Calls(a, 0, 0), llmtwin.Calls(b, 1, 0)
	for i := 0; i < len(x) || i < len(y); i++ {
		if i < len(x) {
			out = append(out, x[i])
		}
		if i < len(y) {
			out = append(out, y[i])
		}
	}
	return out
}

func tools(t *testing.T, open Open) {
	calls := []llm.Call{{ID: "call_1", Name: "look_up", Arguments: `{"q":"größer als 世界"}`}, {ID: "call_2", Name: "add", Arguments: `{"a":1,"b":2}`}}
	r := request()
	r.Tools = []llm.Tool{
		{Name: "look_up", Description: "Looks up.", Input: json.RawMessage(`{"properties":{"q":{"type":"string"}},"type":"object"}`)},
		{Name: "add", Description: "Adds.", Input: json.RawMessage(`{"type":"object"}`)},
	}
	for name, steps := range map[string][]llmtwin.Step{
		"one after the other":    append(append(said("Let me see. "), llmtwin.Calls(calls[0], 0, 0)...), llmtwin.Calls(calls[1], 1, 0)...),
		"together":               append(said("Let me see. "), interleave(calls[0], calls[1])...),
		"text between and after": append(append(append(said("Let me "), llmtwin.Calls(calls[0], 0, 0)...), append(said("see. "), llmtwin.Calls(calls[1], 1, 0)...)...), said("")...),
	} {
		s := set(t, open, script(llmtwin.Script{Steps: steps}), nil)
		a := s.ask(t.Context(), r)
		if a.err != nil || a.text != "Let me see. " || !reflect.DeepEqual(a.calls, calls) || a.out.Reason != llm.Called {
			t.Errorf("%s: %+v", name, a)
		}
		c := s.twin.Calls()[0]
		if !reflect.DeepEqual(c.Tools, r.Tools) || a.out.Usage != c.Billed || c.Billed.Output < llm.Estimate(calls[0].Arguments) {
			t.Errorf("%s: the twin was asked %+v, the adapter tells %+v", name, c, a.out.Usage)
		}
	}
	r.Turns = append(r.Turns, llm.Turn{Role: llm.Assistant, Text: "Let me see.", Calls: calls},
		llm.Turn{Role: llm.User, Results: []llm.Result{{CallID: "call_1", Name: "look_up", Text: "found"}, {CallID: "call_2", Name: "add", Text: "no numbers", Failed: true}}},
		llm.Turn{Role: llm.Assistant, Calls: []llm.Call{{ID: "call_3", Name: "add", Arguments: `{"a":3}`}}},
		llm.Turn{Role: llm.User, Results: []llm.Result{{CallID: "call_3", Name: "add", Text: "3"}}})
	for _, kept := range []string{"", "It is"} {
		s := set(t, open, script(llmtwin.Script{Steps: said(" three")}), nil)
		r.Kept = kept
		a := s.ask(t.Context(), r)
		if a.err != nil || a.text != " three" || a.out.Reason != llm.Stop {
			t.Errorf("%+v", a)
		}
		if c := s.twin.Calls()[0]; !reflect.DeepEqual(c.Turns, r.Turns) || c.Kept != kept || c.Billed.Input < r.Estimate()-llm.Estimate(llm.GoOn) {
			t.Errorf("the twin was asked %+v", c)
		}
	}
	// Some calls have no arguments, some are cut off by the most tokens, some have arguments that are no JSON.
	for name, c := range map[string]struct {
		call   llm.Call
		reason llm.Reason
	}{
		"no arguments":   {llm.Call{ID: "c", Name: "add"}, llm.Called},
		"half arguments": {llm.Call{ID: "c", Name: "add", Arguments: `{"a":`}, llm.Length},
		"no JSON":        {llm.Call{ID: "c", Name: "add", Arguments: `a = 1`}, llm.Called},
	} {
		s := set(t, open, script(llmtwin.Script{Steps: llmtwin.Calls(c.call, 0, 0), Reason: c.reason}), nil)
		if a := s.ask(t.Context(), request()); a.err != nil || a.out.Reason != c.reason || !reflect.DeepEqual(a.calls, []llm.Call{c.call}) {
			t.Errorf("%s: %+v", name, a)
		}
	}
	again := request()
	again.Turns = append(again.Turns, llm.Turn{Role: llm.Assistant, Calls: []llm.Call{{ID: "c", Name: "add", Arguments: "a = 1"}}}, llm.Turn{Role: llm.User, Results: []llm.Result{{CallID: "c", Text: "no JSON", Failed: true}}})
	if a := set(t, open, script(llmtwin.Script{Steps: said("so")}), nil).ask(t.Context(), again); a.err != nil || a.text != "so" {
		t.Errorf("arguments that are no JSON, told again: %+v", a)
	}
}

func noCalls(t *testing.T, open Open) {
	many := []llmtwin.Step{}
	for i := range 40 {
		many = append(many, llmtwin.Calls(llm.Call{ID: fmt.Sprint("c", i), Name: "add", Arguments: "{}"}, i, 0)...)
	}
	long := llmtwin.Calls(llm.Call{ID: "c", Name: "add"}, 0, 0)
	for range 40 {
		long = append(long, llmtwin.Step{Call: &llm.CallPart{Arguments: strings.Repeat("x", 30_000)}})
	}
	for name, c := range map[string]struct {
		steps []llmtwin.Step
		want  llm.Kind
	}{
		"without a name":   {[]llmtwin.Step{{Call: &llm.CallPart{ID: "c", Arguments: "{}"}}}, llm.Corrupt},
		"a name that none": {llmtwin.Calls(llm.Call{ID: "c", Name: "rm -rf /", Arguments: "{}"}, 0, 0), llm.Corrupt},
		"too many":         {many, llm.Corrupt},
		"too long":         {long, llm.Corrupt},
		"broken off":       {append(llmtwin.Calls(llm.Call{ID: "c", Name: "add", Arguments: "{"}, 0, 0), llmtwin.Step{Cut: true}), llm.Unavailable},
	} {
		s := set(t, open, script(llmtwin.Script{Steps: append(said("one "), c.steps...)}), nil)
		if a := s.ask(t.Context(), request()); kindOf(a.err) != c.want {
			t.Errorf("%s: %v", name, a.err)
		}
	}
}
