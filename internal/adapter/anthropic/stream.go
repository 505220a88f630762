package anthropic

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"

	"karnak/internal/core/llm"
)

// usage is told in pieces: each field that is there counts from the beginning.
type usage struct {
	Input   *int `json:"input_tokens"`
	Output  *int `json:"output_tokens"`
	Read    *int `json:"cache_read_input_tokens"`
	Written *int `json:"cache_creation_input_tokens"`
}

// event is an event of the stream.
type event struct {
	Type    string `json:"type"`
	Index   int    `json:"index"`
	Message struct {
		Usage *usage `json:"usage"`
	} `json:"message"`
	Block struct {
		Type  string          `json:"type"`
		ID    string          `json:"id"`
		Name  string          `json:"name"`
		Input json.RawMessage `json:"input"`
	} `json:"content_block"`
	Delta struct {
		Type     string `json:"type"`
		Text     string `json:"text"`
		Thinking string `json:"thinking"`
		Input    string `json:"partial_json"`
		Reason   string `json:"stop_reason"`
	} `json:"delta"`
	Usage *usage   `json:"usage"`
	Error *refusal `json:"error"`
}

// stream reads the events of an answer.
type stream struct {
	part  func(llm.Part) error
	calls *llm.Calling
	// blocks are those that were begun last, by their index; nil for those that call nothing. called are all that do.
	blocks map[int]*block
	called []*block
	data   []byte
	out    llm.Outcome
	over   bool
}

// block is a part of an answer that calls a tool.
type block struct {
	call int
	// input is what it began with: all of its arguments, where no others follow.
	input string
}

// line takes a line; an empty one ends an event.
func (s *stream) line(b []byte) error {
	if rest, ok := bytes.CutPrefix(b, []byte("data:")); ok {
		s.data = append(s.data, bytes.TrimPrefix(rest, []byte(" "))...)
		return nil
	}
	if len(b) > 0 || len(s.data) == 0 {
		return nil // a comment, or the event's name, which the data has, too
	}
	defer func() { s.data = s.data[:0] }()
	if err := llm.Whole(s.data); err != nil {
		return err
	}
	var e event
	if err := json.Unmarshal(s.data, &e); err != nil {
		return llm.Failed(llm.Corrupt, err)
	}
	return s.event(e)
}

func (s *stream) event(e event) error {
	switch e.Type {
	case "message_start":
		s.used(e.Message.Usage)
	case "content_block_start":
		return s.begin(e)
	case "content_block_delta":
		return s.delta(e)
	case "message_delta":
		s.used(e.Usage)
		return s.end(reason(e.Delta.Reason))
	case "message_stop":
		if s.out.Reason == "" {
			return llm.Failed(llm.Corrupt, errors.New("the answer ended without a reason"))
		}
		s.over = true
	case "error":
		return told(e.Error)
	}
	return nil
}

// begin begins a block. Of those that are no calls the parts tell enough.
func (s *stream) begin(e event) error {
	s.blocks[e.Index] = nil
	if e.Block.Type != "tool_use" {
		return nil
	}
	n, err := s.calls.Begin()
	if err != nil {
		return err
	}
	b := &block{call: n}
	if given := string(e.Block.Input); llm.Object(given) && len(given) > len("{}") {
		b.input = given
	}
	s.blocks[e.Index], s.called = b, append(s.called, b)
	return s.call(b, e.Block.ID, e.Block.Name, "")
}

func (s *stream) call(b *block, id, name, arguments string) error {
	x, err := s.calls.Add(b.call, id, name, arguments)
	if x == nil || err != nil {
		return err
	}
	return s.hand(llm.Part{Call: x})
}

// end takes in why the answer ends.
func (s *stream) end(told llm.Reason) error {
	if told == "" {
		return nil
	}
	for _, b := range s.called {
		if err := s.call(b, "", "", b.input); err != nil {
			return err
		}
		b.input = ""
	}
	why, rest, err := s.calls.End(told)
	for i := 0; i < len(rest) && err == nil; i++ {
		err = s.hand(llm.Part{Call: rest[i]})
	}
	s.out.Reason = why
	return err
}

func (s *stream) delta(e event) error {
	x := llm.Part{}
	switch e.Delta.Type {
	case "input_json_delta":
		return s.arguments(e)
	case "text_delta":
		x.Text = strings.ReplaceAll(e.Delta.Text, "\x00", "")
	case "thinking_delta":
		x.Reasoning = strings.ReplaceAll(e.Delta.Thinking, "\x00", "")
	}
	if x == (llm.Part{}) {
		return nil
	}
	return s.hand(x)
}

func (s *stream) arguments(e event) error {
	b, begun := s.blocks[e.Index]
	switch {
	case !begun:
		return llm.Failed(llm.Corrupt, errors.New("arguments of no call"))
	case b == nil || e.Delta.Input == "":
		return nil // of what the provider has called itself
	}
	b.input = ""
	return s.call(b, "", "", e.Delta.Input)
}

func (s *stream) hand(x llm.Part) error {
	if s.out.Reason != "" {
		return llm.Failed(llm.Corrupt, errors.New("more came after the end of the answer"))
	}
	return s.part(x)
}

func (s *stream) used(u *usage) {
	if u == nil {
		return
	}
	read, written := 0, 0
	if u.Read != nil {
		read = *u.Read
	}
	if u.Written != nil {
		written = *u.Written
	}
	if u.Input != nil {
		s.out.Usage.Cached, s.out.Usage.Input = read, *u.Input+read+written
	}
	if u.Output != nil {
		s.out.Usage.Output = *u.Output
	}
}

// told is an error in the midst of a stream.
func told(r *refusal) error {
	if r == nil {
		return llm.Failed(llm.Corrupt, errors.New("an error without a text"))
	}
	k := llm.Unavailable
	switch r.Type {
	case "rate_limit_error":
		k = llm.Throttled
	case "invalid_request_error", "authentication_error", "permission_error", "not_found_error":
		k = llm.Refused
	}
	return llm.Failed(k, errors.New(r.Type+": "+r.Message))
}

func reason(r string) llm.Reason {
	switch r {
	case "":
		return ""
	case "max_tokens", "model_context_window_exceeded":
		return llm.Length
	case "refusal":
		return llm.Filtered
	case "tool_use":
		return llm.Called
	}
	return llm.Stop
}
