package llmtwin

import (
	"encoding/json"
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
	var in struct {
		Model    string `json:"model"`
		Messages []struct {
			Role    string `json:"role"`
			Content string `json:"content"`
		} `json:"messages"`
		MaxTokens int `json:"max_completion_tokens"`
	}
	c, ok := t.called(w, r, &in, func() *Call {
		c := &Call{Protocol: "openai", Model: in.Model, MaxTokens: in.MaxTokens}
		for _, m := range in.Messages {
			if m.Role == "system" {
				c.Instructions += m.Content
				continue
			}
			c.Turns = append(c.Turns, llm.Turn{Role: llm.Role(m.Role), Text: m.Content})
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

func (x completion) end(c *Call, r llm.Reason) error {
	names := map[llm.Reason]string{llm.Stop: "stop", llm.Length: "length", llm.Filtered: "content_filter"}
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
