package llmtwin

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"

	"karnak/internal/core/llm"
)

type object map[string]any

// completions answers POST /v1/chat/completions.
func (t *Twin) completions(w http.ResponseWriter, r *http.Request) {
	if t.Token != "" && r.Header.Get("Authorization") != "Bearer "+t.Token {
		completion{}.refuse(w, http.StatusUnauthorized)
		return
	}
	var in struct {
		Model    string `json:"model"`
		Messages []struct {
			Role    string `json:"role"`
			Content string `json:"content"`
			CallID  string `json:"tool_call_id"`
			Calls   []struct {
				ID       string `json:"id"`
				Function struct {
					Name      string `json:"name"`
					Arguments string `json:"arguments"`
				} `json:"function"`
			} `json:"tool_calls"`
		} `json:"messages"`
		Tools []struct {
			Function struct {
				Name        string          `json:"name"`
				Description string          `json:"description"`
				Parameters  json.RawMessage `json:"parameters"`
			} `json:"function"`
		} `json:"tools"`
		MaxTokens int `json:"max_completion_tokens"`
	}
	c, ok := t.called(w, r, &in, func() *Call {
		c := &Call{Protocol: "openai", Model: in.Model, MaxTokens: in.MaxTokens}
		for _, m := range in.Messages {
			if m.Role == "system" {
				c.Instructions += m.Content
				continue
			}
			if m.Role == "tool" {
				text, failed := strings.CutPrefix(m.Content, "ERROR: ")
				c.hear(llm.Result{CallID: m.CallID, Text: text, Failed: failed})
				continue
			}
			t := llm.Turn{Role: llm.Role(m.Role), Text: m.Content}
			for _, x := range m.Calls {
				t.Calls = append(t.Calls, llm.Call{ID: x.ID, Name: x.Function.Name, Arguments: x.Function.Arguments})
			}
			c.Turns = append(c.Turns, t)
		}
		for _, x := range in.Tools {
			c.Tools = append(c.Tools, llm.Tool{Name: x.Function.Name, Description: x.Function.Description, Input: x.Function.Parameters})
		}
		return c
	})
	if ok {
		t.play(w, r, c, completion{w, c})
	}
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

func (x completion) call(p *llm.CallPart) error {
	call := object{"index": p.Index, "function": object{"arguments": p.Arguments}}
	if p.ID != "" {
		call["id"], call["type"], call["function"] = p.ID, "function", object{"name": p.Name, "arguments": p.Arguments}
	}
	return x.delta(object{"tool_calls": []object{call}}, nil)
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
