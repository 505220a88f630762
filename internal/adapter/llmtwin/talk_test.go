package llmtwin_test

import (
	"slices"
	"strings"
	"testing"

	"karnak/internal/adapter/llmtwin"
	"karnak/internal/core/llm"
)

// play is what a script says and calls.
func play(s llmtwin.Script) (text string, calls []llm.Call) {
	for _, x := range s.Steps {
		text += x.Text
		if p := x.Call; p != nil {
			if p.Index == len(calls) {
				calls = append(calls, llm.Call{ID: p.ID, Name: p.Name})
			}
			calls[p.Index].Arguments += p.Arguments
		}
	}
	return text, calls
}

func talk(asked string, tools ...string) *llmtwin.Call {
	c := &llmtwin.Call{N: 3, Turns: []llm.Turn{{Role: llm.User, Text: asked}}}
	for _, t := range tools {
		c.Tools = append(c.Tools, llm.Tool{Name: t})
	}
	return c
}

func TestTalkCalls(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		asked string
		want  []llm.Call
		says  string
	}{
		"one":             {`use look_up {"wort": "Grüße und 世界"}`, []llm.Call{{ID: "call_3_0", Name: "look_up", Arguments: `{"wort": "Grüße und 世界"}`}}, "I call what you wrote"},
		"among others":    {"please\r\nuse now\r\nand\nuse  look_up  {\"a\"\nthanks", []llm.Call{{ID: "call_3_0", Name: "now", Arguments: "{}"}, {ID: "call_3_1", Name: "look_up", Arguments: `{"a"`}}, "I call"},
		"not offered":     {`use forget {"a":1}`, nil, "not offered, forget; offered here: look_up, now."},
		"one of two":      {"use forget {}\nuse now {}", []llm.Call{{ID: "call_3_0", Name: "now", Arguments: "{}"}}, "not offered, forget;"},
		"in a sentence":   {`I use now {} and then`, nil, "at the beginning of a line"},
		"what is no call": {"use now wisely\nuse the force", nil, "at the beginning of a line"},
	} {
		text, calls := play(llmtwin.Talk(talk(c.asked, "look_up", "now")))
		if !slices.Equal(calls, c.want) || !strings.Contains(text, c.says) || !strings.Contains(text, "stand-in") {
			t.Errorf("%s: it says %q and calls %q", name, text, calls)
		}
	}
	if text, calls := play(llmtwin.Talk(talk("use now {}"))); len(calls) > 0 || !strings.Contains(text, "no tool is offered") {
		t.Errorf("nothing is offered: %q %q", text, calls)
	}
	if text, _ := play(llmtwin.Talk(talk("hello"))); strings.Contains(text, "use <tool>") {
		t.Errorf("nothing is offered, and it says how to call: %q", text)
	}
	if _, calls := play(llmtwin.Talk(talk(strings.Repeat("use now {}\n", llm.MostCalls+1), "now"))); len(calls) != llm.MostCalls {
		t.Errorf("it calls %d tools", len(calls))
	}
}

func TestTalkTellsOfResults(t *testing.T) {
	t.Parallel()
	c := talk("use now {}", "now")
	c.Turns = append(c.Turns, llm.Turn{Role: llm.Assistant, Calls: []llm.Call{{ID: "a", Name: "now"}, {ID: "b", Name: "look_up"}}},
		llm.Turn{Role: llm.User, Results: []llm.Result{{CallID: "a", Name: "now", Text: "late " + strings.Repeat("ü", 1000)}, {CallID: "b", Name: "look_up", Text: "nobody", Failed: true}}})
	text, calls := play(llmtwin.Talk(c))
	if len(calls) > 0 || !strings.Contains(text, "The tool now answered: “late ü") || !strings.Contains(text, "ü…”") || !strings.Contains(text, "The tool look_up failed: “nobody”") ||
		!strings.Contains(text, "stand-in") || len(text) > 1000 {
		t.Errorf("it says %q and calls %q", text, calls)
	}
}

func TestTalkGoesOn(t *testing.T) {
	t.Parallel()
	c := talk(`use now {"a":1}`, "now")
	text, calls := play(llmtwin.Talk(c))
	c.Kept = text[:20]
	if rest, again := play(llmtwin.Talk(c)); rest != text[20:] || !slices.Equal(again, calls) {
		t.Errorf("from the middle: %q %q", rest, again)
	}
	c.Kept = text
	if rest, again := play(llmtwin.Talk(c)); rest != "" || len(calls) != 1 || !slices.Equal(again, calls) {
		t.Errorf("from the end of the text: %q %q", rest, again)
	}
	c.Kept, c.MaxTokens = "", 3
	if s := llmtwin.Talk(c); s.Reason != llm.Length {
		t.Errorf("it ends by %q", s.Reason)
	} else if _, calls := play(s); len(calls) > 0 {
		t.Errorf("cut off, it calls %q", calls)
	}
}

func TestPieces(t *testing.T) {
	t.Parallel()
	c := llm.Call{ID: "a", Name: "f", Arguments: "aé世🎉b"}
	for size, most := range map[int]int{0: 0, 1: 4, 2: 4, 3: 4, 4: 4, 5: 5, 100: 100} {
		steps := llmtwin.Pieces(0, c, size)
		if _, calls := play(llmtwin.Script{Steps: steps}); !slices.Equal(calls, []llm.Call{c}) {
			t.Errorf("%d: %q", size, calls)
		}
		for _, s := range steps {
			if a := s.Call.Arguments; size > 0 && (len(a) > most || a != strings.ToValidUTF8(a, "")) {
				t.Errorf("%d: a piece %q", size, a)
			}
		}
	}
}
