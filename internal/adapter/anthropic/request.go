package anthropic

import (
	"encoding/json"
	"strings"

	"karnak/internal/core/llm"
)

type request struct {
	Model     string `json:"model"`
	System    string `json:"system,omitempty"`
	Messages  []turn `json:"messages"`
	Tools     []tool `json:"tools,omitempty"`
	MaxTokens int    `json:"max_tokens"`
	Stream    bool   `json:"stream"`
}

type tool struct {
	Name        string          `json:"name"`
	Description string          `json:"description,omitempty"`
	Input       json.RawMessage `json:"input_schema"`
}

type turn struct {
	Role    string  `json:"role"`
	Content []block `json:"content"`
}

// block is a part of a turn: a text, a call, or what became of one.
type block struct {
	Type    string          `json:"type"`
	Text    string          `json:"text,omitempty"`
	ID      string          `json:"id,omitempty"`
	Name    string          `json:"name,omitempty"`
	Input   json.RawMessage `json:"input,omitempty"`
	CallID  string          `json:"tool_use_id,omitempty"`
	Content string          `json:"content,omitempty"`
	Failed  bool            `json:"is_error,omitempty"`
}

func asked(r llm.Request) request {
	in := request{Model: r.Model, System: r.Instructions, MaxTokens: r.MaxTokens, Stream: true}
	for _, t := range r.Asked() {
		in.Messages = append(in.Messages, turn{string(t.Role), blocks(t)})
	}
	for _, t := range r.Tools {
		in.Tools = append(in.Tools, tool{t.Name, t.Description, t.Input})
	}
	return in
}

func blocks(t llm.Turn) (out []block) {
	for _, r := range t.Results {
		out = append(out, block{Type: "tool_result", CallID: r.CallID, Content: r.Text, Failed: r.Failed})
	}
	if strings.TrimSpace(t.Text) != "" { // others are refused
		out = append(out, block{Type: "text", Text: t.Text})
	}
	for _, c := range t.Calls {
		out = append(out, block{Type: "tool_use", ID: c.ID, Name: c.Name, Input: object(c.Arguments)})
	}
	return out
}

// object is the arguments of a call, which have to be an object, whatever the model wrote.
func object(arguments string) json.RawMessage {
	var m map[string]json.RawMessage
	if json.Unmarshal([]byte(arguments), &m) == nil && m != nil {
		return json.RawMessage(arguments)
	}
	b, err := json.Marshal(map[string]string{unreadable: arguments})
	if err != nil || strings.TrimSpace(arguments) == "" {
		return json.RawMessage("{}")
	}
	return b
}

// unreadable names what a model wrote in the place of arguments.
const unreadable = "unreadable"
