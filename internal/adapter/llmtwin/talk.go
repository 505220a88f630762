package llmtwin

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"karnak/internal/core/llm"
)

// Talk is the script of the twin where no other is given: it says what it is, and what it was told.
func Talk(c *Call) Script {
	if n := len(c.Turns); n > 0 && len(c.Turns[n-1].Results) > 0 {
		return Words(heard(c.Turns[n-1].Results), c, pace)
	}
	if s, called := use(c); called {
		return s
	}
	words := len(strings.Fields(c.Asked()))
	said := c.Asked()
	if r := []rune(said); len(r) > 120 {
		said = string(r[:120]) + "…"
	}
	text := fmt.Sprintf("I am karnak's stand-in for a language model: no model is connected, so I can only tell you what arrived. "+
		"You wrote %d words: “%s”. ", words, said)
	if n := len(c.Turns); n > 1 {
		text += fmt.Sprintf("This conversation has %d messages before it; it began with “%s”. ", n-1, first(c.Turns[0].Text, 60))
	}
	text += "What you see comes word by word as a model's answer would: it is in the database before it reaches you, it goes on when you close " +
		"the page, and it survives the end of the server. Give karnak a provider with KARNAK_OPENAI_API_KEY, KARNAK_OPENAI_URL or " +
		"KARNAK_ANTHROPIC_API_KEY to have a real one answer."
	if len(c.Tools) > 0 {
		text += fmt.Sprintf(" I have a tool called where a line begins with use, its name and its arguments, as in: use %s {}.", c.Tools[0].Name)
	}
	return Words(text, c, pace)
}

// heard says what tools answered.
func heard(results []llm.Result) string {
	text := "I am karnak's stand-in for a language model, and understand nothing of this; but the tools were called, and this is what I was told."
	for _, r := range results {
		said := "answered"
		if r.Failed {
			said = "failed"
		}
		text += fmt.Sprintf(" The tool %s %s: %s.", r.Name, said, first(r.Text, 400))
	}
	return text
}

// use calls the tools that somebody named, one for each line that begins with use; false where there is no such line.
func use(c *Call) (s Script, called bool) {
	for line := range strings.Lines(c.Asked()) {
		rest, ok := strings.CutPrefix(strings.TrimSpace(line), "use ")
		if !ok {
			continue
		}
		name, arguments, _ := strings.Cut(strings.TrimSpace(rest), " ")
		if !slices.ContainsFunc(c.Tools, func(t llm.Tool) bool { return t.Name == name }) {
			continue
		}
		if arguments = strings.TrimSpace(arguments); arguments == "" {
			arguments = "{}"
		}
		n := 0
		for _, x := range s.Steps {
			if x.Call.ID != "" {
				n++
			}
		}
		s.Steps = append(s.Steps, Calls(llm.Call{ID: fmt.Sprintf("call_twin_%d_%d", c.N, n), Name: name, Arguments: arguments}, n, pace)...)
	}
	return s, len(s.Steps) > 0
}

// Calls are the steps of a call, its arguments in pieces.
func Calls(x llm.Call, index int, after time.Duration) []Step {
	out := []Step{{Call: &llm.CallPart{Index: index, ID: x.ID, Name: x.Name}, After: after}}
	const piece = 12
	for rest := x.Arguments; rest != ""; {
		n := min(piece, len(rest))
		for n < len(rest) && !utf8.RuneStart(rest[n]) {
			n++
		}
		out = append(out, Step{Call: &llm.CallPart{Index: index, Arguments: rest[:n]}, After: after})
		rest = rest[n:]
	}
	return out
}

// pace is how fast the twin talks: some forty words a second.
const pace = 25 * time.Millisecond

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
