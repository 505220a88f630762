package assistant

import (
	"strings"
	"time"

	"karnak/internal/core/llm"
	"karnak/internal/core/tape"
)

// story is how an answer came to be where it is: whoever goes on with it does so from here.
type story struct {
	// rounds are the times that the model called tools, part what it has said since.
	rounds []*round
	part   strings.Builder
	// firstAt is when the first part came.
	firstAt *time.Time
	// Since the tokens were counted last: how often a provider was asked, and how many bytes came.
	asked, fresh int
	// counted are the tokens of the answer that were counted then.
	counted int
	// open says that calls of the last round are being made.
	open bool
}

// round is what a model said before it waited for the tools that it called, and those calls.
type round struct {
	text  string
	calls []*made
}

// made is a call that was made. told says that its result is among the steps.
type made struct {
	call, invocationID string
	told               bool
}

// take takes a step in, and returns what there is in it of text or of reasoning.
func (t *story) take(x *tape.Step) (string, error) {
	switch x.Kind {
	case stepStarted, stepRetrying:
		t.asked++
		t.open = false
	case stepUsage:
		d, err := data[usageData](x)
		t.asked, t.fresh, t.counted = 0, 0, d.Output
		return "", err
	case stepText, stepReasoning:
		d, err := data[textData](x)
		t.came(x, len(d.Text))
		if x.Kind == stepText {
			t.part.WriteString(d.Text)
		}
		return d.Text, err
	case stepCall, stepArguments:
		d, err := data[argumentsData](x)
		t.came(x, len(d.Text))
		return "", err
	case stepMade:
		d, err := data[madeData](x)
		if !t.open {
			t.rounds = append(t.rounds, &round{text: t.said()})
			t.part.Reset()
			t.open = true
		}
		r := t.rounds[len(t.rounds)-1]
		r.calls = append(r.calls, &made{call: d.Call, invocationID: d.InvocationID})
		return "", err
	case stepResult:
		d, err := data[madeData](x)
		for _, c := range t.rounds[len(t.rounds)-1].calls {
			c.told = c.told || c.invocationID == d.InvocationID
		}
		return "", err
	}
	return "", nil
}

// parted is what stands between what was said before a call and what is said behind it.
const parted = "\n\n"

// said is what the model has said since it called tools last.
func (t *story) said() string {
	if len(t.rounds) == 0 {
		return t.part.String()
	}
	return strings.TrimPrefix(t.part.String(), parted)
}

func (t *story) came(x *tape.Step, n int) {
	if t.firstAt == nil {
		t.firstAt = &x.At
	}
	t.fresh += n
}

// guessed estimates the tokens that came since they were counted last.
func (t *story) guessed() int { return (t.fresh + 3) / 4 }

// turns are the rounds as the model is told them again.
func (t *story) turns(results map[string]told) (out []llm.Turn) {
	for _, r := range t.rounds {
		said := llm.Turn{Role: llm.Assistant, Text: r.text}
		heard := llm.Turn{Role: llm.User}
		for _, c := range r.calls {
			x := results[c.invocationID]
			said.Calls = append(said.Calls, x.call)
			heard.Results = append(heard.Results, x.result)
		}
		out = append(out, said, heard)
	}
	return out
}

// told is a call and what the model is told of it.
type told struct {
	call   llm.Call
	result llm.Result
}
