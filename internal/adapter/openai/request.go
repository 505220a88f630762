package openai

import (
	openai "github.com/sashabaranov/go-openai"

	"karnak/internal/core/llm"
)

func asked(r llm.Request) openai.ChatCompletionRequest {
	out := openai.ChatCompletionRequest{
		Model: r.Model, MaxCompletionTokens: r.MaxTokens, Stream: true, StreamOptions: &openai.StreamOptions{IncludeUsage: true},
	}
	if r.Instructions != "" {
		out.Messages = append(out.Messages, openai.ChatCompletionMessage{Role: openai.ChatMessageRoleSystem, Content: r.Instructions})
	}
	for _, t := range r.Asked() {
		out.Messages = append(out.Messages, said(t)...)
	}
	for _, t := range r.Tools {
		out.Tools = append(out.Tools, openai.Tool{Type: openai.ToolTypeFunction, Function: &openai.FunctionDefinition{
			Name: t.Name, Description: t.Description, Parameters: t.Input,
		}})
	}
	return out
}

// failed begins what a model is told of a call that failed: the protocol has no other place for that.
const failed = "ERROR: "

// said is a turn as messages: each result is one of its own.
func said(t llm.Turn) (out []openai.ChatCompletionMessage) {
	for _, r := range t.Results {
		text := r.Text
		if r.Failed {
			text = failed + text
		}
		out = append(out, openai.ChatCompletionMessage{Role: openai.ChatMessageRoleTool, Content: text, ToolCallID: r.CallID})
	}
	if len(t.Results) > 0 {
		return out
	}
	m := openai.ChatCompletionMessage{Role: string(t.Role), Content: t.Text}
	for _, c := range t.Calls {
		m.ToolCalls = append(m.ToolCalls, openai.ToolCall{ID: c.ID, Type: openai.ToolTypeFunction, Function: openai.FunctionCall{Name: c.Name, Arguments: c.Arguments}})
	}
	return append(out, m)
}
