package anthropic_test

import (
	"errors"
	"slices"
	"testing"

	"karnak/internal/adapter/llmtwin"
	"karnak/internal/adapter/llmtwin/llmtest"
	"karnak/internal/core/llm"
)

const (
	start = `{"type":"content_block_start","index":0,"content_block":{"type":"tool_use","id":"a","name":"f","input":{}}}`
	again = `{"type":"content_block_start","index":0,"content_block":{"type":"tool_use","id":"b","name":"f","input":{"x":2}}}`
	given = `{"type":"content_block_start","index":1,"content_block":{"type":"tool_use","id":"b","name":"f","input":{"x":2}}}`
	piece = `{"type":"content_block_delta","index":0,"delta":{"type":"input_json_delta","partial_json":"{\"x\":1}"}}`
	other = `{"type":"content_block_delta","index":1,"delta":{"type":"input_json_delta","partial_json":"{\"x\":3}"}}`
	bare  = `{"type":"content_block_delta","index":0,"delta":{"type":"input_json_delta","partial_json":""}}`
	stop  = `{"type":"content_block_stop","index":0}`
	own   = `{"type":"content_block_start","index":0,"content_block":{"type":"server_tool_use","id":"s","name":"web_search","input":{}}}`
	ended = `{"type":"message_delta","delta":{"stop_reason":"end_turn"}}`
)

func events(data ...string) (s llmtwin.Script) {
	for _, d := range data {
		s.Steps = append(s.Steps, llmtwin.Step{Raw: "data: " + d + "\n\n"})
	}
	return s
}

func asking() llm.Request {
	return llm.Request{Model: "m", MaxTokens: 100, Turns: []llm.Turn{{Role: llm.User, Text: "hello"}}}
}

// TestBlocks reads blocks of calls as they may come, also from endpoints that do no more than speak the protocol.
func TestBlocks(t *testing.T) {
	t.Parallel()
	call := func(id, arguments string) llm.Call { return llm.Call{ID: id, Name: "f", Arguments: arguments} }
	for name, c := range map[string]struct {
		events []string
		want   []llm.Call
	}{
		"in pieces":                       {[]string{start, bare, piece, stop}, []llm.Call{call("a", `{"x":1}`)}},
		"nothing written":                 {[]string{start, bare, stop}, []llm.Call{call("a", `{}`)}},
		"whole at its beginning":          {[]string{start, piece, stop, given, stop}, []llm.Call{call("a", `{"x":1}`), call("b", `{"x":2}`)}},
		"whole, and not ended":            {[]string{given, start}, []llm.Call{call("b", `{"x":2}`), call("a", `{}`)}},
		"its beginning and pieces":        {[]string{given, other}, []llm.Call{call("b", `{"x":3}`)}},
		"every index 0":                   {[]string{start, piece, stop, again, stop}, []llm.Call{call("a", `{"x":1}`), call("b", `{"x":2}`)}},
		"none for who is to be waited on": {[]string{own, piece, stop, given}, []llm.Call{call("b", `{"x":2}`)}},
	} {
		a := llmtest.Ask(t, open, events(c.events...), asking())
		if a.Err != nil || a.Out.Reason != llm.Called || !slices.Equal(a.Calls, c.want) {
			t.Errorf("%s: %+v", name, a)
		}
	}
	a := llmtest.Ask(t, open, events(own, piece, stop), asking())
	if a.Err != nil || a.Out.Reason != llm.Stop || len(a.Calls) != 0 {
		t.Errorf("what the provider calls itself: %+v", a)
	}
}

func TestBlocksThatCannotBeRead(t *testing.T) {
	t.Parallel()
	for name, data := range map[string][]string{
		"no beginning": {piece}, "of another index": {start, other}, "after the end": {start, ended, piece}, "a beginning after the end": {start, ended, given},
	} {
		a := llmtest.Ask(t, open, events(data...), asking())
		var f *llm.Fault
		if !errors.As(a.Err, &f) || f.Kind != llm.Corrupt {
			t.Errorf("%s: %+v", name, a)
		}
	}
}
