// Package anthropic asks Anthropic's Messages API, or an endpoint that speaks it.
package anthropic

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"time"

	"karnak/internal/core/llm"
	"karnak/internal/platform/httpclient"
)

// Config says whom to ask.
type Config struct {
	// Name is the provider's in the API; URL that of the endpoint, without /v1.
	Name, URL, Key string
	// StandIn says that no model is asked behind the endpoint.
	StandIn bool
	HTTP    *http.Client
}

// Provider asks the endpoint.
type Provider struct{ Config }

// New returns the provider.
func New(c Config) (*Provider, error) {
	if c.Name == "" || c.URL == "" || c.HTTP == nil {
		return nil, errors.New("anthropic: Name, URL and HTTP are needed")
	}
	c.URL = strings.TrimRight(c.URL, "/")
	return &Provider{c}, nil
}

// Name is the provider's in the API.
func (p *Provider) Name() string { return p.Config.Name }

// StandIn reports whether no model is asked.
func (p *Provider) StandIn() bool { return p.Config.StandIn }

const (
	// version is that of the API.
	version = "2023-06-01"
	// faultBytes bounds what is read of an answer that refuses.
	faultBytes = 8 << 10
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
		Type string `json:"type"`
		ID   string `json:"id"`
		Name string `json:"name"`
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

type refusal struct {
	Type    string `json:"type"`
	Message string `json:"message"`
}

// Stream asks a model.
func (p *Provider) Stream(ctx context.Context, r llm.Request, part func(llm.Part) error) (out llm.Outcome, err error) {
	var after time.Duration
	res, err := p.send(httpclient.WithRetryAfter(ctx, &after), r)
	if err != nil {
		return out, llm.Broken(ctx, err)
	}
	defer func() { _ = res.Body.Close() }()
	if res.StatusCode != http.StatusOK {
		return out, refused(res, after)
	}
	s := stream{part: part}
	lines := bufio.NewReader(res.Body)
	for {
		line, err := lines.ReadBytes('\n')
		if err == nil {
			err = s.line(bytes.TrimRight(line, "\r\n"))
		}
		if s.over {
			return s.out, nil
		}
		if err != nil {
			return s.out, llm.Broken(ctx, err)
		}
	}
}

func (p *Provider) send(ctx context.Context, r llm.Request) (*http.Response, error) {
	b, err := json.Marshal(asked(r))
	if err != nil {
		return nil, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, p.URL+"/v1/messages", bytes.NewReader(b))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Accept", "text/event-stream")
	req.Header.Set("anthropic-version", version)
	req.Header.Set("x-api-key", p.Key)
	return p.HTTP.Do(req)
}

// refused tells why a request was not answered.
func refused(res *http.Response, after time.Duration) error {
	b, _ := io.ReadAll(io.LimitReader(res.Body, faultBytes))
	var m event
	text := http.StatusText(res.StatusCode)
	if json.Unmarshal(b, &m) == nil && m.Error != nil {
		text = m.Error.Type + ": " + m.Error.Message
	}
	f := llm.Status(res.StatusCode, after, errors.New(text))
	if m.Error != nil && f.Kind == llm.Refused && strings.Contains(m.Error.Message, "prompt is too long") {
		f.Kind = llm.TooLong
	}
	return f
}

// stream reads the events of an answer.
type stream struct {
	part func(llm.Part) error
	data []byte
	out  llm.Outcome
	over bool
	// calls are those of the answer, blocks which block each is.
	calls  llm.Calling
	blocks map[int]int
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
		if e.Block.Type == "tool_use" {
			return s.begin(e)
		}
	case "content_block_delta":
		return s.delta(e)
	case "message_delta":
		s.used(e.Usage)
		s.out.Reason = s.calls.Ended(reason(e.Delta.Reason))
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

func (s *stream) delta(e event) error {
	x := llm.Part{}
	switch e.Delta.Type {
	case "text_delta":
		x.Text = strings.ReplaceAll(e.Delta.Text, "\x00", "")
	case "thinking_delta":
		x.Reasoning = strings.ReplaceAll(e.Delta.Thinking, "\x00", "")
	case "input_json_delta":
		at, known := s.blocks[e.Index]
		if !known {
			at = -1
		}
		var err error
		if x.Call, err = s.calls.More(at, e.Delta.Input); err != nil {
			return err
		}
	}
	return s.give(x)
}

// begin begins a call.
func (s *stream) begin(e event) error {
	call, err := s.calls.Begin(e.Block.ID, e.Block.Name)
	if err != nil {
		return err
	}
	if s.blocks == nil {
		s.blocks = map[int]int{}
	}
	s.blocks[e.Index] = call.Index
	return s.give(llm.Part{Call: call})
}

func (s *stream) give(x llm.Part) error {
	if x == (llm.Part{}) {
		return nil
	}
	if s.out.Reason != "" {
		return llm.Failed(llm.Corrupt, errors.New("text came after the end of the answer"))
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
