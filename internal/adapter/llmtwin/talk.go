package llmtwin

import (
	"fmt"
	"strings"
	"time"

	"karnak/internal/core/llm"
)

// pace is how fast the twin talks: some forty words a second.
const pace = 25 * time.Millisecond

// How much of what it was told the twin says again, in characters.
const (
	mostSaid, mostFirst, mostResult = 120, 60, 300
	// mostTools is how many tools it names.
	mostTools = 20
)

// Talk is the script of the twin where no other is given: it says what it is, and what it was told. A line “use <tool> <json>”
// has it call a tool that is offered.
func Talk(c *Call) Script {
	if n := len(c.Turns); n > 0 && len(c.Turns[n-1].Results) > 0 {
		return Words(heard(c.Turns[n-1].Results), c, pace)
	}
	if w := wishesOf(c); len(w.calls)+len(w.missing) > 0 {
		return w.script(c)
	}
	text := fmt.Sprintf("I am karnak's stand-in for a language model: no model is connected, so I can only tell you what arrived. "+
		"You wrote %d words: “%s”. ", len(strings.Fields(c.Asked())), first(c.Asked(), mostSaid))
	if n := len(c.Turns); n > 1 {
		text += fmt.Sprintf("This conversation has %d messages before it; it began with “%s”. ", n-1, first(c.Turns[0].Text, mostFirst))
	}
	if len(c.Tools) > 0 {
		text += "I can call a tool where you write, at the beginning of a line, “use <tool> <json>”; " + offered(c.Tools) + " "
	}
	text += "What you see comes word by word as a model's answer would: it is in the database before it reaches you, it goes on when you close " +
		"the page, and it survives the end of the server. Give karnak a provider with KARNAK_OPENAI_API_KEY, KARNAK_OPENAI_URL or " +
		"KARNAK_ANTHROPIC_API_KEY to have a real one answer."
	return Words(text, c, pace)
}

// heard tells what tools answered.
func heard(results []llm.Result) string {
	text := "I am karnak's stand-in for a language model: no model has read what came back. "
	for _, r := range results {
		how := "answered"
		if r.Failed {
			how = "failed"
		}
		text += fmt.Sprintf("The tool %s %s: “%s”. ", r.Name, how, first(r.Text, mostResult))
	}
	return text
}

// offered tells which tools there are.
func offered(tools []llm.Tool) string {
	if len(tools) == 0 {
		return "no tool is offered here."
	}
	names := make([]string, 0, mostTools)
	for _, t := range tools[:min(len(tools), mostTools)] {
		names = append(names, t.Name)
	}
	text := "offered here: " + strings.Join(names, ", ")
	if more := len(tools) - len(names); more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return text + "."
}

// wishes are the tools that somebody wants to have called; missing are those that are not offered.
type wishes struct {
	calls   []llm.Call
	missing []string
}

func wishesOf(c *Call) (w wishes) {
	names := map[string]bool{}
	for _, t := range c.Tools {
		names[t.Name] = true
	}
	for line := range strings.Lines(c.Asked()) {
		rest, ok := strings.CutPrefix(line, "use ")
		name, arguments, _ := strings.Cut(strings.TrimSpace(rest), " ")
		arguments = strings.TrimSpace(arguments)
		switch {
		case !ok || name == "" || len(w.calls) == llm.MostCalls:
		case arguments != "" && arguments[0] != '{': // somebody writes of using something
		case names[name]:
			if arguments == "" {
				arguments = "{}"
			}
			w.calls = append(w.calls, llm.Call{ID: fmt.Sprintf("call_%d_%d", c.N, len(w.calls)), Name: name, Arguments: arguments})
		case arguments != "":
			w.missing = append(w.missing, name)
		}
	}
	return w
}

// script says what is called and what is not, and calls.
func (w wishes) script(c *Call) Script {
	text := "I am karnak's stand-in for a language model: no model has chosen this. "
	if len(w.missing) > 0 {
		text += "You ask for what is not offered, " + first(strings.Join(w.missing, ", "), mostSaid) + "; " + offered(c.Tools) + " "
	}
	if len(w.calls) > 0 {
		text += "I call what you wrote. "
	}
	s := Words(text, c, pace)
	for i, call := range w.calls {
		if s.Reason == "" {
			s.Steps = append(s.Steps, Pieces(i, call, pieceBytes)...)
		}
	}
	return s
}

// pieceBytes is how much of arguments the twin writes at a time.
const pieceBytes = 16

func first(s string, n int) string {
	if r := []rune(s); len(r) > n {
		return string(r[:n]) + "…"
	}
	return s
}

// Words is a script that says a text word by word, or what is missing of it where some is kept, within the bound of the call.
func Words(text string, c *Call, after time.Duration) Script {
	rest, ok := strings.CutPrefix(text, c.Kept)
	if !ok {
		rest = text
	}
	var s Script
	used := llm.Estimate(c.Kept)
	for len(rest) > 0 {
		i := strings.IndexByte(rest[1:], ' ') + 1
		if i == 0 {
			i = len(rest)
		}
		if used += llm.Estimate(rest[:i]); c.MaxTokens > 0 && used > c.MaxTokens {
			s.Reason = llm.Length
			break
		}
		s.Steps = append(s.Steps, Step{Text: rest[:i], After: after})
		rest = rest[i:]
	}
	return s
}
