package llmtwin

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"

	"karnak/internal/core/llm"
)

// messages answers POST /v1/messages.
func (t *Twin) messages(w http.ResponseWriter, r *http.Request) {
	if t.Token != "" && r.Header.Get("x-api-key") != t.Token {
		(&message{}).refuse(w, http.StatusUnauthorized)
		return
	}
	var in messagesRequest
	c, ok := t.called(w, r, &in, in.call)
	if ok {
		t.play(w, r, c, &message{w: w, block: -1, calls: map[int]int{}})
	}
}

type messagesRequest struct {
	Model    string `json:"model"`
	System   string `json:"system"`
	Messages []struct {
		Role    string `json:"role"`
		Content blocks `json:"content"`
	} `json:"messages"`
	Tools []struct {
		Name        string          `json:"name"`
		Description string          `json:"description"`
		Input       json.RawMessage `json:"input_schema"`
	} `json:"tools"`
	MaxTokens int `json:"max_tokens"`
}

// blocks are a message's; a text alone is one of them.
type blocks []content

type content struct {
	Type  string          `json:"type"`
	Text  string          `json:"text"`
	ID    string          `json:"id"`
	Name  string          `json:"name"`
	Input json.RawMessage `json:"input"`
	// CallID, Content and Failed are a result's.
	CallID  string `json:"tool_use_id"`
	Content string `json:"content"`
	Failed  bool   `json:"is_error"`
}

// UnmarshalJSON reads blocks, or a text.
func (b *blocks) UnmarshalJSON(raw []byte) error {
	text := content{Type: "text"}
	if json.Unmarshal(raw, &text.Text) == nil {
		*b = blocks{text}
		return nil
	}
	return json.Unmarshal(raw, (*[]content)(b))
}

// call reads a request, and refuses blocks that the API refuses.
func (in *messagesRequest) call() (*Call, error) {
	c := &Call{Protocol: "anthropic", Model: in.Model, MaxTokens: in.MaxTokens, Instructions: in.System}
	for _, t := range in.Tools {
		c.Tools = append(c.Tools, llm.Tool{Name: t.Name, Description: t.Description, Input: t.Input})
	}
	for _, m := range in.Messages {
		x := llm.Turn{Role: llm.Role(m.Role)}
		for _, b := range m.Content {
			switch {
			case b.Type == "text" && strings.TrimSpace(b.Text) != "":
				x.Text += b.Text
			case b.Type == "tool_use" && llm.Object(string(b.Input)) && x.Role == llm.Assistant:
				x.Calls = append(x.Calls, llm.Call{ID: b.ID, Name: b.Name, Arguments: string(b.Input)})
			case b.Type == "tool_result" && x.Role == llm.User:
				x.Results = append(x.Results, llm.Result{CallID: b.CallID, Text: b.Content, Failed: b.Failed})
			default:
				return nil, fmt.Errorf("a block of %s that is empty or does not belong there", b.Type)
			}
		}
		c.Turns = append(c.Turns, x)
	}
	named(c.Turns)
	return c, nil
}

// message speaks Anthropic's protocol: an answer is made of blocks of one kind each.
type message struct {
	w http.ResponseWriter
	// block is the last one that was begun, calls those of the calls; kind is empty where no block of text is open.
	block int
	kind  string
	calls map[int]int
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

func (x *message) call(p llm.CallPart, last bool) error {
	at, begun := x.calls[p.Index]
	if !begun {
		if err := x.out(); err != nil {
			return err
		}
		x.block++
		at = x.block
		x.calls[p.Index] = at
		if err := x.send("content_block_start", object{"index": at, "content_block": object{"type": "tool_use", "id": p.ID, "name": p.Name, "input": object{}}}); err != nil {
			return err
		}
	}
	err := x.send("content_block_delta", object{"index": at, "delta": object{"type": "input_json_delta", "partial_json": p.Arguments}})
	if err != nil || !last {
		return err
	}
	return x.send("content_block_stop", object{"index": at})
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
