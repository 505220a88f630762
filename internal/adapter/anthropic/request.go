package anthropic

import (
	"bytes"
	"encoding/json"
	"io"
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
	Role string `json:"role"`
	// Content is a string or blocks.
	Content any `json:"content"`
}

type (
	textBlock struct {
		Type string `json:"type"`
		Text string `json:"text"`
	}
	callBlock struct {
		Type  string          `json:"type"`
		ID    string          `json:"id"`
		Name  string          `json:"name"`
		Input json.RawMessage `json:"input"`
	}
	resultBlock struct {
		Type    string `json:"type"`
		ID      string `json:"tool_use_id"`
		Content string `json:"content,omitempty"`
		Failed  bool   `json:"is_error,omitempty"`
	}
)

// asked is a request as the API takes it.
func asked(r llm.Request) (io.Reader, error) {
	in := request{Model: r.Model, System: r.Instructions, MaxTokens: r.MaxTokens, Stream: true}
	for _, t := range r.Tools {
		in.Tools = append(in.Tools, tool{t.Name, t.Description, t.Schema()})
	}
	for _, t := range r.Asked() {
		in.Messages = append(in.Messages, turn{string(t.Role), content(t)})
	}
	var out bytes.Buffer
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false) // the model reads its arguments as it wrote them
	return &out, e.Encode(in)
}

func content(t llm.Turn) any {
	if len(t.Calls)+len(t.Results) == 0 {
		return t.Text
	}
	var blocks []any
	for _, x := range t.Results {
		blocks = append(blocks, resultBlock{"tool_result", x.CallID, x.Text, x.Failed})
	}
	if strings.TrimSpace(t.Text) != "" { // a block of nothing is refused
		blocks = append(blocks, textBlock{"text", t.Text})
	}
	for _, c := range t.Calls {
		blocks = append(blocks, callBlock{"tool_use", c.ID, c.Name, input(c.Arguments)})
	}
	return blocks
}

// input is the arguments of a call. The API takes nothing but objects: what a model wrote that is none goes into one.
func input(arguments string) json.RawMessage {
	switch {
	case llm.Object(arguments):
		return json.RawMessage(arguments)
	case strings.TrimSpace(arguments) == "":
		return json.RawMessage("{}")
	}
	b, err := json.Marshal(map[string]string{"unreadable": arguments})
	if err != nil {
		return json.RawMessage("{}")
	}
	return b
}
