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
			Role    string        `json:"role"`
			Content []spokenBlock `json:"content"`
		} `json:"messages"`
		Tools []struct {
			Name        string          `json:"name"`
			Description string          `json:"description"`
			Input       json.RawMessage `json:"input_schema"`
		} `json:"tools"`
		MaxTokens int `json:"max_tokens"`
	}
	c, ok := t.called(w, r, &in, func() *Call {
		c := &Call{Protocol: "anthropic", Model: in.Model, MaxTokens: in.MaxTokens, Instructions: in.System}
		for _, m := range in.Messages {
			c.listen(llm.Role(m.Role), m.Content)
		}
		for _, x := range in.Tools {
			c.Tools = append(c.Tools, llm.Tool{Name: x.Name, Description: x.Description, Input: x.Input})
		}
		return c
	})
	if ok {
		t.play(w, r, c, &message{w: w, block: -1})
	}
}

// spokenBlock is a part of what was said.
type spokenBlock struct {
	Type    string          `json:"type"`
	Text    string          `json:"text"`
	ID      string          `json:"id"`
	Name    string          `json:"name"`
	Input   json.RawMessage `json:"input"`
	CallID  string          `json:"tool_use_id"`
	Content string          `json:"content"`
	Failed  bool            `json:"is_error"`
}

// listen takes a message in.
func (c *Call) listen(role llm.Role, blocks []spokenBlock) {
	t := llm.Turn{Role: role}
	heard := false
	for _, b := range blocks {
		switch b.Type {
		case "text":
			t.Text += b.Text
		case "tool_use":
			t.Calls = append(t.Calls, llm.Call{ID: b.ID, Name: b.Name, Arguments: string(b.Input)})
		case "tool_result":
			heard = true
			c.hear(llm.Result{CallID: b.CallID, Text: b.Content, Failed: b.Failed})
		}
	}
	if !heard {
		c.Turns = append(c.Turns, t)
	}
}

// message speaks Anthropic's protocol: an answer is made of blocks of one kind each.
type message struct {
	w     http.ResponseWriter
	block int
	kind  string
	// called are the blocks of the calls.
	called map[int]int
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

func (x *message) call(p *llm.CallPart) error {
	if p.ID != "" {
		if err := x.out(); err != nil {
			return err
		}
		x.block++
		x.kind = "tool_use"
		if x.called == nil {
			x.called = map[int]int{}
		}
		x.called[p.Index] = x.block
		block := object{"type": "tool_use", "id": p.ID, "name": p.Name, "input": object{}}
		if err := x.send("content_block_start", object{"index": x.block, "content_block": block}); err != nil {
			return err
		}
	}
	if p.Arguments == "" {
		return nil
	}
	return x.send("content_block_delta", object{"index": x.called[p.Index], "delta": object{"type": "input_json_delta", "partial_json": p.Arguments}})
}

func (x *message) end(c *Call, r llm.Reason) error {
	if err := x.out(); err != nil {
		return err
	}
	names := map[llm.Reason]string{llm.Stop: "end_turn", llm.Length: "max_tokens", llm.Filtered: "refusal", llm.Called: "tool_use"}
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
