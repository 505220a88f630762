package openai

import (
	"encoding/json"
	"errors"
	"strings"

	openai "github.com/sashabaranov/go-openai"

	"karnak/internal/core/llm"
)

// chunk is what is read of a line of the stream; the library's own type has four times as much.
type chunk struct {
	Choices []struct {
		Index int `json:"index"`
		Delta struct {
			Content   string  `json:"content"`
			Refusal   string  `json:"refusal"`
			Reasoning string  `json:"reasoning_content"`
			Calls     []delta `json:"tool_calls"`
		} `json:"delta"`
		Reason openai.FinishReason `json:"finish_reason"`
	} `json:"choices"`
	Usage *struct {
		Prompt     int `json:"prompt_tokens"`
		Completion int `json:"completion_tokens"`
		Details    struct {
			Cached int `json:"cached_tokens"`
		} `json:"prompt_tokens_details"`
	} `json:"usage"`
}

// answer reads the lines of an answer.
type answer struct {
	part  func(llm.Part) error
	calls calls
	out   llm.Outcome
}

func (a *answer) line(raw []byte) error {
	if err := llm.Whole(raw); err != nil {
		return err
	}
	var m chunk
	if err := json.Unmarshal(raw, &m); err != nil {
		return llm.Failed(llm.Corrupt, err)
	}
	if u := m.Usage; u != nil {
		a.out.Usage = llm.Usage{Input: u.Prompt, Output: u.Completion, Cached: u.Details.Cached}
	}
	for _, c := range m.Choices {
		if c.Index != 0 {
			continue
		}
		if err := a.hand(llm.Part{Text: clean(c.Delta.Content + c.Delta.Refusal), Reasoning: clean(c.Delta.Reasoning)}); err != nil {
			return err
		}
		for _, d := range c.Delta.Calls {
			if err := a.call(d); err != nil {
				return err
			}
		}
		if c.Reason != "" {
			if err := a.end(reason(c.Reason)); err != nil {
				return err
			}
		}
	}
	return nil
}

func (a *answer) call(d delta) error {
	x, err := a.calls.add(d)
	if x == nil || err != nil {
		return err
	}
	return a.hand(llm.Part{Call: x})
}

// end takes in why the answer ends.
func (a *answer) end(told llm.Reason) error {
	why, rest, err := a.calls.End(told)
	for i := 0; i < len(rest) && err == nil; i++ {
		err = a.hand(llm.Part{Call: rest[i]})
	}
	a.out.Reason = why
	return err
}

func (a *answer) hand(x llm.Part) error {
	switch {
	case x == llm.Part{}:
		return nil
	case a.out.Reason != "":
		return llm.Failed(llm.Corrupt, errors.New("more came after the end of the answer"))
	}
	return a.part(x)
}

func clean(s string) string { return strings.ReplaceAll(s, "\x00", "") }

func reason(r openai.FinishReason) llm.Reason {
	switch r {
	case openai.FinishReasonLength:
		return llm.Length
	case openai.FinishReasonContentFilter:
		return llm.Filtered
	case openai.FinishReasonToolCalls:
		return llm.Called
	}
	return llm.Stop
}
