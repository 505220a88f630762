package llmtwin

import (
	"encoding/json"
	"fmt"
	"net/http"

	"karnak/internal/core/llm"
)

// messages answers POST /v1/messages.
func (t *Twin) messages(w http.ResponseWriter, r *http.Request) {
	if t.Token != "" && r.Header.Get("x-api-key") != t.Token {
		(&message{}).refuse(w, http.StatusUnauthorized)
		return
	}
	var in struct {
		Model    string `json:"model"`
		System   string `json:"system"`
		Messages []struct {
			Role    string `json:"role"`
			Content string `json:"content"`
		} `json:"messages"`
		MaxTokens int `json:"max_tokens"`
	}
	c, ok := t.called(w, r, &in, func() *Call {
		c := &Call{Protocol: "anthropic", Model: in.Model, MaxTokens: in.MaxTokens, Instructions: in.System}
		for _, m := range in.Messages {
			c.Turns = append(c.Turns, llm.Turn{Role: llm.Role(m.Role), Text: m.Content})
		}
		return c
	})
	if ok {
		t.play(w, r, c, &message{w: w, block: -1})
	}
}

// message speaks Anthropic's protocol: an answer is made of blocks of one kind each.
type message struct {
	w     http.ResponseWriter
	block int
	kind  string
}

func (x *message) send(name string, o object) error {
	o["type"] = name
	b, err := json.Marshal(o)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(x.w, "event: %s\ndata: %s\n\n", name, b)
	return err
}

func (x *message) begin(c *Call) error {
	used := object{"input_tokens": c.Billed.Input - c.Billed.Cached, "cache_read_input_tokens": c.Billed.Cached, "output_tokens": 1}
	return x.send("message_start", object{"message": object{
		"id": fmt.Sprintf("msg_twin_%d", c.N), "type": "message", "role": "assistant", "model": c.Model, "content": []object{}, "usage": used,
	}})
}

// in begins a block of a kind, unless one is open.
func (x *message) in(kind string) error {
	if x.kind == kind {
		return nil
	}
	if err := x.out(); err != nil {
		return err
	}
	x.kind = kind
	x.block++
	return x.send("content_block_start", object{"index": x.block, "content_block": object{"type": kind, kind: ""}})
}

func (x *message) out() error {
	if x.kind == "" {
		return nil
	}
	x.kind = ""
	return x.send("content_block_stop", object{"index": x.block})
}

func (x *message) text(s string) error {
	if err := x.in("text"); err != nil {
		return err
	}
	return x.send("content_block_delta", object{"index": x.block, "delta": object{"type": "text_delta", "text": s}})
}

func (x *message) reasoning(s string) error {
	if err := x.in("thinking"); err != nil {
		return err
	}
	return x.send("content_block_delta", object{"index": x.block, "delta": object{"type": "thinking_delta", "thinking": s}})
}

func (x *message) end(c *Call, r llm.Reason) error {
	if err := x.out(); err != nil {
		return err
	}
	names := map[llm.Reason]string{llm.Stop: "end_turn", llm.Length: "max_tokens", llm.Filtered: "refusal"}
	err := x.send("message_delta", object{"delta": object{"stop_reason": names[r]}, "usage": object{"output_tokens": c.Billed.Output}})
	if err != nil {
		return err
	}
	return x.send("message_stop", object{})
}

func (*message) refuse(w http.ResponseWriter, status int) {
	names := map[int]string{http.StatusUnauthorized: "authentication_error", http.StatusTooManyRequests: "rate_limit_error", 529: "overloaded_error"}
	kind := names[status]
	if kind == "" {
		kind = "api_error"
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(object{"type": "error", "error": object{"type": kind, "message": "the twin refuses"}})
}
