package llmtwin

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	"karnak/internal/core/llm"
)

type object map[string]any

// completions answers POST /v1/chat/completions.
func (t *Twin) completions(w http.ResponseWriter, r *http.Request) {
	if t.Token != "" && r.Header.Get("Authorization") != "Bearer "+t.Token {
		completion{}.refuse(w, http.StatusUnauthorized)
		return
	}
	var in completionRequest
	c, ok := t.called(w, r, &in, in.call)
	if ok {
		t.play(w, r, c, completion{w, c})
	}
}

type completionRequest struct {
	Model    string `json:"model"`
	Messages []struct {
		Role    string  `json:"role"`
		Content *string `json:"content"`
		Calls   []struct {
			ID       string `json:"id"`
			Function struct {
				Name      string  `json:"name"`
				Arguments *string `json:"arguments"`
			} `json:"function"`
		} `json:"tool_calls"`
		CallID string `json:"tool_call_id"`
	} `json:"messages"`
	Tools []struct {
		Function struct {
			Name        string          `json:"name"`
			Description string          `json:"description"`
			Input       json.RawMessage `json:"parameters"`
		} `json:"function"`
	} `json:"tools"`
	MaxTokens int `json:"max_completion_tokens"`
}

// call reads a request. What has no content is refused where the protocol asks for one.
func (in *completionRequest) call() (*Call, error) {
	c := &Call{Protocol: "openai", Model: in.Model, MaxTokens: in.MaxTokens}
	for _, t := range in.Tools {
		c.Tools = append(c.Tools, llm.Tool{Name: t.Function.Name, Description: t.Function.Description, Input: t.Function.Input})
	}
	results := false // whether the message before is a result
	for _, m := range in.Messages {
		if m.Content == nil && len(m.Calls) == 0 {
			return nil, errors.New("a message without content")
		}
		x := llm.Turn{Role: llm.Role(m.Role)}
		if m.Content != nil {
			x.Text = *m.Content
		}
		switch m.Role {
		case "system":
			c.Instructions += x.Text
			continue
		case "tool":
			text, failed := llm.Heard(x.Text)
			r := llm.Result{CallID: m.CallID, Text: text, Failed: failed}
			if n := len(c.Turns); results {
				c.Turns[n-1].Results = append(c.Turns[n-1].Results, r)
				continue
			}
			x = llm.Turn{Role: llm.User, Results: []llm.Result{r}}
		}
		results = m.Role == "tool"
		for _, y := range m.Calls {
			if y.Function.Arguments == nil {
				return nil, errors.New("a call without arguments")
			}
			x.Calls = append(x.Calls, llm.Call{ID: y.ID, Name: y.Function.Name, Arguments: *y.Function.Arguments})
		}
		c.Turns = append(c.Turns, x)
	}
	named(c.Turns)
	return c, nil
}

// completion speaks OpenAI's protocol.
type completion struct {
	w http.ResponseWriter
	c *Call
}

func (x completion) send(o object) error {
	o["id"], o["object"], o["model"] = fmt.Sprintf("chatcmpl-twin-%d", x.c.N), "chat.completion.chunk", x.c.Model
	b, err := json.Marshal(o)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(x.w, "data: %s\n\n", b)
	return err
}

func (x completion) delta(delta object, reason any) error {
	return x.send(object{"choices": []object{{"index": 0, "delta": delta, "finish_reason": reason}}})
}

func (x completion) begin(*Call) error {
	return x.delta(object{"role": "assistant", "content": ""}, nil)
}

func (x completion) text(s string) error { return x.delta(object{"content": s}, nil) }

func (x completion) reasoning(s string) error { return x.delta(object{"reasoning_content": s}, nil) }

func (x completion) call(p llm.CallPart, _ bool) error {
	function := object{"arguments": p.Arguments}
	part := object{"index": p.Index, "function": function}
	if p.ID != "" || p.Name != "" {
		part["id"], part["type"], function["name"] = p.ID, "function", p.Name
	}
	return x.delta(object{"tool_calls": []object{part}}, nil)
}

func (x completion) end(c *Call, r llm.Reason) error {
	names := map[llm.Reason]string{llm.Stop: "stop", llm.Length: "length", llm.Filtered: "content_filter", llm.Called: "tool_calls"}
	if err := x.delta(object{}, names[r]); err != nil {
		return err
	}
	used := object{
		"prompt_tokens": c.Billed.Input, "completion_tokens": c.Billed.Output, "total_tokens": c.Billed.Input + c.Billed.Output,
		"prompt_tokens_details": object{"cached_tokens": c.Billed.Cached},
	}
	if err := x.send(object{"choices": []object{}, "usage": used}); err != nil {
		return err
	}
	_, err := fmt.Fprint(x.w, "data: [DONE]\n\n")
	return err
}

func (completion) refuse(w http.ResponseWriter, status int) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(object{"error": object{"message": "the twin refuses: " + http.StatusText(status), "type": "twin", "code": nil}})
}
