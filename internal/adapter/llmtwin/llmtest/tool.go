package llmtest

import (
	"encoding/json"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"karnak/internal/adapter/llmtwin"
	"karnak/internal/core/llm"
)

func tools() []llm.Tool {
	return []llm.Tool{
		{Name: "look_up", Description: "Looks a word up: Grüße", Input: json.RawMessage(`{"type":"object","properties":{"wort":{"type":"string"}},"required":["wort"]}`)},
		{Name: "now"},
	}
}

// offering tells a model of tools, of calls and of what came of them: the twin hears exactly that.
func offering(t *testing.T, open Open) {
	s := set(t, open, script(llmtwin.Script{Steps: said("so")}), nil)
	r := request()
	r.Tools = tools()
	r.Turns = []llm.Turn{
		{Role: llm.User, Text: "one"},
		{Role: llm.Assistant, Text: "let me see", Calls: []llm.Call{
			{ID: "call_1", Name: "look_up", Arguments: `{"wort":"</b> & \"世界\" 🎉 \\ \u2028","n":1e400}`}, {ID: "call_2", Name: "now", Arguments: "{}"},
		}},
		{Role: llm.User, Results: []llm.Result{
			{CallID: "call_2", Name: "now", Text: "it is late\n"}, {CallID: "call_1", Name: "look_up", Text: "<nobody> knows “it”", Failed: true},
		}},
		{Role: llm.Assistant, Calls: []llm.Call{{ID: "call_3", Name: "now", Arguments: "{}"}, {ID: "call_4", Name: "now", Arguments: "{}"}}},
		{Role: llm.User, Results: []llm.Result{{CallID: "call_3", Name: "now"}, {CallID: "call_4", Name: "now", Failed: true}}},
		{Role: llm.Assistant, Text: "it is late"},
		{Role: llm.User, Text: "two"},
	}
	a := s.ask(t.Context(), r)
	if a.Err != nil || a.Text != "so" || a.Out.Reason != llm.Stop {
		t.Fatalf("%+v", a)
	}
	c := s.twin.Calls()[0]
	if !reflect.DeepEqual(c.Turns, r.Turns) {
		t.Errorf("the twin was told\n%+v in place of\n%+v", c.Turns, r.Turns)
	}
	for i, want := range r.Tools {
		want.Input = want.Schema()
		if len(c.Tools) != len(r.Tools) || !reflect.DeepEqual(c.Tools[i], want) {
			t.Errorf("the twin was offered %s", c.Tools)
		}
	}
	if a.Out.Usage != c.Billed || c.Billed.Input != r.Estimate() {
		t.Errorf("the twin billed %+v, the adapter tells %+v, estimated were %d", c.Billed, a.Out.Usage, r.Estimate())
	}
	r.Kept = "s"
	if a := s.ask(t.Context(), r); a.Err != nil || s.twin.Calls()[1].Kept != "s" || !reflect.DeepEqual(s.twin.Calls()[1].Turns, r.Turns) || a.Out.Usage.Input != r.Estimate() {
		t.Errorf("going on: %+v, the twin was asked %+v", a, s.twin.Calls()[1])
	}
	unreadable(t, s)
}

// unreadable tells a model again of arguments that are no object.
func unreadable(t *testing.T, s stage) {
	for _, written := range []string{"no JSON", "[1]", `{"half":`, " ", ""} {
		r := request()
		r.Turns = append(r.Turns, llm.Turn{Role: llm.Assistant, Text: " \n", Calls: []llm.Call{{ID: "call_1", Name: "now", Arguments: written}}},
			llm.Turn{Role: llm.User, Results: []llm.Result{{CallID: "call_1", Name: "now", Text: "what?", Failed: true}}})
		if a := s.ask(t.Context(), r); a.Err != nil {
			t.Errorf("%q: %v", written, a.Err)
			continue
		}
		all := s.twin.Calls()
		heard := all[len(all)-1].Turns[1].Calls[0].Arguments
		var in map[string]string
		if json.Unmarshal([]byte(heard), &in) == nil {
			for _, x := range in {
				heard = x
			}
		}
		want := written
		if strings.TrimSpace(written) == "" {
			want = "{}"
		}
		if heard != want {
			t.Errorf("%q: the twin was told %s", written, heard)
		}
	}
}

// calling reads calls that come whole, in pieces, and in turn with each other and with text.
func calling(t *testing.T, open Open) {
	one := llm.Call{ID: "one", Name: "look_up", Arguments: `{"wort":"Grüße"}`}
	two := llm.Call{ID: "two", Name: "Look-2", Arguments: `{"wort":"世界"}`}
	nul := llm.Call{ID: "one", Name: "look_up", Arguments: "{\"a\x00\":\"\\u0000\"}"}
	bare := llm.Call{ID: "one", Name: "now"}
	for name, c := range map[string]struct {
		steps []llmtwin.Step
		text  string
		want  []llm.Call
		order string
	}{
		"whole":          {llmtwin.Pieces(0, one, 0), "", []llm.Call{one}, "0"},
		"in pieces":      {llmtwin.Pieces(0, one, 8), "", []llm.Call{one}, "0"},
		"each character": {llmtwin.Pieces(0, two, 1), "", []llm.Call{two}, "0"},
		"two":            {slices.Concat(llmtwin.Pieces(0, one, 9), llmtwin.Pieces(1, two, 0)), "", []llm.Call{one, two}, "01"},
		"the same twice": {slices.Concat(llmtwin.Pieces(0, bare, 0), llmtwin.Pieces(1, llm.Call{ID: "two", Name: "now"}, 0)), "", []llm.Call{{ID: "one", Name: "now", Arguments: "{}"}, {ID: "two", Name: "now", Arguments: "{}"}}, "0101"},
		"in turn":        {alternating(llmtwin.Pieces(0, one, 9), llmtwin.Pieces(1, two, 9)), "", []llm.Call{one, two}, "010101"},
		"with text": {
			slices.Concat(said("a", "b"), llmtwin.Pieces(0, one, 9), said("c"), llmtwin.Pieces(1, two, 0), said("d")), "abcd", []llm.Call{one, two}, "t0t1t",
		},
		"text within":   {alternating(llmtwin.Pieces(0, one, 9), said("a", "b")), "ab", []llm.Call{one}, "0t0t0"},
		"no arguments":  {llmtwin.Pieces(0, bare, 0), "", []llm.Call{{ID: "one", Name: "now", Arguments: "{}"}}, "0"},
		"NUL":           {llmtwin.Pieces(0, nul, 3), "", []llm.Call{{ID: "one", Name: "look_up", Arguments: `{"a":"\u0000"}`}}, ""},
		"no JSON":       {llmtwin.Pieces(0, llm.Call{ID: "one", Name: "now", Arguments: `}]"\ ` + "\t\n"}, 2), "", []llm.Call{{ID: "one", Name: "now", Arguments: `}]"\ ` + "\t\n"}}, ""},
		"a larger line": {llmtwin.Pieces(0, llm.Call{ID: "one", Name: "now", Arguments: strings.Repeat("é", 20_000)}, 0), "", []llm.Call{{ID: "one", Name: "now", Arguments: strings.Repeat("é", 20_000)}}, "0"},
	} {
		s := set(t, open, script(llmtwin.Script{Steps: c.steps}), nil)
		a := s.ask(t.Context(), request())
		if a.Err != nil || a.Text != c.text || a.Out.Reason != llm.Called || !slices.Equal(a.Calls, c.want) || c.order != "" && a.order != c.order {
			t.Errorf("%s: %.500s", name, answerText(a))
		}
		if b := s.twin.Calls()[0].Billed; a.Out.Usage != b || b.Output == 0 {
			t.Errorf("%s: the twin billed %+v, the adapter tells %+v", name, b, a.Out.Usage)
		}
	}
}

func answerText(a Answer) string {
	b, err := json.Marshal(a)
	return string(b) + " " + a.order + " " + strconv.FormatBool(err == nil)
}

// callEndings are the reasons of answers with calls.
func callEndings(t *testing.T, open Open) {
	half := llm.Call{ID: "one", Name: "look_up", Arguments: `{"wort":"Gr`}
	bare := llm.Call{ID: "one", Name: "look_up"}
	for name, c := range map[string]struct {
		call       llm.Call
		told, want llm.Reason
	}{
		"called":          {half, llm.Called, llm.Called},
		"called, so told": {half, llm.Stop, llm.Called},
		"half":            {half, llm.Length, llm.Length},
		"filtered":        {half, llm.Filtered, llm.Filtered},
		"hardly begun":    {bare, llm.Length, llm.Length},
	} {
		a := Ask(t, open, llmtwin.Script{Steps: llmtwin.Pieces(0, c.call, 4), Reason: c.told}, request())
		if a.Err != nil || a.Out.Reason != c.want || !slices.Equal(a.Calls, []llm.Call{c.call}) {
			t.Errorf("%s: %+v", name, a)
		}
	}
	if a := Ask(t, open, llmtwin.Script{Steps: said("so"), Reason: llm.Called}, request()); kindOf(a.Err) != llm.Corrupt || a.Text != "so" {
		t.Errorf("nothing was called: %+v", a)
	}
}

// callIDs reads ids that will not do: others are made up, the same every time.
func callIDs(t *testing.T, open Open) {
	fit := regexp.MustCompile(`^[A-Za-z0-9_-]{1,40}$`)
	r := request()
	r.Turns = append(r.Turns, llm.Turn{Role: llm.Assistant, Calls: []llm.Call{{ID: "call00001", Name: "now", Arguments: "{}"}}},
		llm.Turn{Role: llm.User, Results: []llm.Result{{CallID: "call00001", Name: "now", Text: "late"}}})
	for name, ids := range map[string][]string{
		"none": {"", ""}, "the same": {"one", "one"}, "one of before": {"call00001", "two"}, "unfit": {"functions.now:0", strings.Repeat("x", 41)}, "NUL": {"a\x00", "ü"},
	} {
		steps := alternating(llmtwin.Pieces(0, llm.Call{ID: ids[0], Name: "now", Arguments: `{"a":1}`}, 3), llmtwin.Pieces(1, llm.Call{ID: ids[1], Name: "now", Arguments: `{"a":2}`}, 4))
		a, again := Ask(t, open, llmtwin.Script{Steps: steps}, r), Ask(t, open, llmtwin.Script{Steps: steps}, r)
		if a.Err != nil || len(a.Calls) != 2 || a.Calls[0].Arguments != `{"a":1}` || a.Calls[1].Arguments != `{"a":2}` || !slices.Equal(a.Calls, again.Calls) {
			t.Errorf("%s: %+v, and then %+v", name, a, again)
			continue
		}
		if x, y := a.Calls[0].ID, a.Calls[1].ID; x == y || x == "call00001" || y == "call00001" || !fit.MatchString(x) || !fit.MatchString(y) {
			t.Errorf("%s: %q and %q", name, x, y)
		}
	}
	if a := Ask(t, open, llmtwin.Script{Steps: llmtwin.Pieces(0, llm.Call{ID: "toolu_-1", Name: "now"}, 0)}, r); len(a.Calls) != 1 || a.Calls[0].ID != "toolu_-1" {
		t.Errorf("an id that will do: %+v", a)
	}
}

// callBounds reads as much as may be called, and more.
func callBounds(t *testing.T, open Open) {
	many := func(n int) (steps []llmtwin.Step) {
		for i := range n {
			steps = append(steps, llmtwin.Pieces(i, llm.Call{ID: "c" + strconv.Itoa(i), Name: "now", Arguments: "{}"}, 0)...)
		}
		return steps
	}
	if a := Ask(t, open, llmtwin.Script{Steps: many(llm.MostCalls)}, request()); a.Err != nil || len(a.Calls) != llm.MostCalls {
		t.Errorf("as many as may be: %d %v", len(a.Calls), a.Err)
	}
	if a := Ask(t, open, llmtwin.Script{Steps: many(llm.MostCalls + 1)}, request()); kindOf(a.Err) != llm.Corrupt || len(a.Calls) != llm.MostCalls {
		t.Errorf("one more: %d %v", len(a.Calls), a.Err)
	}
	// Of two calls, since the bound is that of all.
	large := func(more string) []llmtwin.Step {
		x := strings.Repeat("x", llm.MostArguments/2)
		return slices.Concat(llmtwin.Pieces(0, llm.Call{ID: "a", Name: "now", Arguments: x}, 16<<10), llmtwin.Pieces(1, llm.Call{ID: "b", Name: "now", Arguments: x + more}, 16<<10))
	}
	for more, want := range map[string]llm.Kind{"": "", "x": llm.Corrupt} {
		s := setFor(t, open, script(llmtwin.Script{Steps: large(more)}), nil, patience, 4*llm.MostArguments)
		a := s.ask(t.Context(), request())
		size := 0
		for _, c := range a.Calls {
			size += len(c.Arguments)
		}
		if kindOf(a.Err) != want || (want == "") != (a.Err == nil) || size != llm.MostArguments {
			t.Errorf("%d bytes of arguments: %d came, %v", llm.MostArguments+len(more), size, a.Err)
		}
	}
}

// brokenCalls reads calls that are none.
func brokenCalls(t *testing.T, open Open) {
	one := llm.Call{ID: "one", Name: "look_up", Arguments: `{"wort":"Grüße"}`}
	begun := llmtwin.Pieces(0, one, 8)[:2]
	bytes := "data: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"input_json_delta\",\"partial_json\":\"%\"}," +
		"\"choices\":[{\"delta\":{\"tool_calls\":[{\"index\":0,\"function\":{\"arguments\":\"%\"}}]}}]}\n\n"
	for name, c := range map[string]struct {
		steps []llmtwin.Step
		calls int
		want  llm.Kind
	}{
		"no name":                  {llmtwin.Pieces(0, llm.Call{ID: "one", Arguments: "{}"}, 0), 0, llm.Corrupt},
		"one of two without":       {slices.Concat(llmtwin.Pieces(0, llm.Call{ID: "one", Arguments: "{}"}, 0), llmtwin.Pieces(1, one, 0)), 1, llm.Corrupt},
		"a name with a space":      {llmtwin.Pieces(0, llm.Call{ID: "one", Name: "look up"}, 0), 0, llm.Corrupt},
		"a long name":              {llmtwin.Pieces(0, llm.Call{ID: "one", Name: strings.Repeat("x", 65)}, 0), 0, llm.Corrupt},
		"a foreign name":           {llmtwin.Pieces(0, llm.Call{ID: "one", Name: "größe"}, 0), 0, llm.Corrupt},
		"a name with a line's end": {llmtwin.Pieces(0, llm.Call{ID: "one", Name: "now\n"}, 0), 0, llm.Corrupt},
		"half a character":         {slices.Concat(begun, []llmtwin.Step{{Raw: strings.ReplaceAll(bytes, "%", "\xc3")}}), 1, llm.Corrupt},
		"its other half":           {slices.Concat(begun, []llmtwin.Step{{Raw: strings.ReplaceAll(bytes, "%", "\xbc")}}), 1, llm.Corrupt},
		"another shape":            {slices.Concat(begun, []llmtwin.Step{{Raw: strings.ReplaceAll(strings.ReplaceAll(bytes, `:"%"`, ":7"), "%", "")}}), 1, llm.Corrupt},
		"silent":                   {slices.Concat(begun, []llmtwin.Step{{Silence: true}}), 1, llm.Unavailable},
		"cut off":                  {slices.Concat(begun, []llmtwin.Step{{Cut: true}}), -1, llm.Unavailable},
	} {
		a := Ask(t, open, llmtwin.Script{Steps: c.steps}, request())
		if kindOf(a.Err) != c.want || c.calls >= 0 && len(a.Calls) != c.calls || !beginnings(a.Calls, []llm.Call{one}) {
			t.Errorf("%s: %+v", name, a)
		}
	}
	if a := Ask(t, open, llmtwin.Script{Steps: begun, End: true}, request()); kindOf(a.Err) != llm.Unavailable || len(a.Calls) != 1 {
		t.Errorf("a call without an end: %+v", a)
	}
	if a := Ask(t, open, llmtwin.Script{Steps: llmtwin.Pieces(0, llm.Call{ID: "one", Name: strings.Repeat("x", 64)}, 0)}, request()); a.Err != nil || len(a.Calls) != 1 {
		t.Errorf("a name as long as may be: %+v", a)
	}
}

// unfitTools offers what no provider takes: none is asked.
func unfitTools(t *testing.T, open Open) {
	s := set(t, open, llmtwin.Config{}, nil)
	for name, tools := range map[string][]llm.Tool{
		"no name": {{}}, "a space": {{Name: "a b"}}, "twice": {{Name: "a"}, {Name: "a"}},
		"no JSON": {{Name: "a", Input: json.RawMessage("{")}}, "no object": {{Name: "a", Input: json.RawMessage("true")}},
	} {
		r := request()
		r.Tools = tools
		if a := s.ask(t.Context(), r); kindOf(a.Err) != llm.Internal {
			t.Errorf("%s: %v", name, a.Err)
		}
	}
	if n := len(s.twin.Calls()); n > 0 {
		t.Errorf("the twin was asked %d times", n)
	}
}
