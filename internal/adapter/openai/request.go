package openai

import (
	"strings"

	openai "github.com/sashabaranov/go-openai"

	"karnak/internal/core/llm"
)

// asked is a request as the endpoint takes it.
func asked(r llm.Request) openai.ChatCompletionRequest {
	out := openai.ChatCompletionRequest{
		Model: r.Model, MaxCompletionTokens: r.MaxTokens, Stream: true, StreamOptions: &openai.StreamOptions{IncludeUsage: true},
	}
	for _, t := range r.Tools {
		f := &openai.FunctionDefinition{Name: t.Name, Description: t.Description, Parameters: t.Schema()}
		out.Tools = append(out.Tools, openai.Tool{Type: openai.ToolTypeFunction, Function: f})
	}
	if r.Instructions != "" {
		out.Messages = append(out.Messages, openai.ChatCompletionMessage{Role: openai.ChatMessageRoleSystem, Content: r.Instructions})
	}
	for _, t := range r.Asked() {
		out.Messages = append(out.Messages, messages(t)...)
	}
	return out
}

// messages are a turn's: each result is one of its own.
func messages(t llm.Turn) (out []openai.ChatCompletionMessage) {
	for _, x := range t.Results {
		out = append(out, openai.ChatCompletionMessage{Role: openai.ChatMessageRoleTool, ToolCallID: x.CallID, Content: x.Told()})
	}
	if len(t.Results) > 0 && t.Text == "" {
		return out
	}
	m := openai.ChatCompletionMessage{Role: string(t.Role), Content: t.Text}
	for _, c := range t.Calls {
		m.ToolCalls = append(m.ToolCalls, openai.ToolCall{
			ID: c.ID, Type: openai.ToolTypeFunction, Function: openai.FunctionCall{Name: c.Name, Arguments: written(c.Arguments)},
		})
	}
	return append(out, m)
}

// written is the arguments of a call, which may not be missing.
func written(arguments string) string {
	if strings.TrimSpace(arguments) == "" {
		return "{}"
	}
	return arguments
}
