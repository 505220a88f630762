// Package openai asks any endpoint that speaks OpenAI's protocol for chat completions: OpenAI's own, Ollama, vLLM, OpenRouter.
package openai

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	openai "github.com/sashabaranov/go-openai"

	"karnak/internal/core/llm"
	"karnak/internal/platform/httpclient"
)

// Config says whom to ask.
type Config struct {
	// Name is the provider's in the API; URL that of the endpoint, up to /v1. Key may be empty where none is asked for.
	Name, URL, Key string
	// StandIn says that no model is asked behind the endpoint.
	StandIn bool
	HTTP    *http.Client
}

// Provider asks the endpoint.
type Provider struct {
	Config
	client *openai.Client
}

// New returns the provider.
func New(c Config) (*Provider, error) {
	if c.Name == "" || c.URL == "" || c.HTTP == nil {
		return nil, errors.New("openai: Name, URL and HTTP are needed")
	}
	o := openai.DefaultConfig(c.Key)
	o.BaseURL, o.HTTPClient, o.EmptyMessagesLimit = strings.TrimRight(c.URL, "/"), c.HTTP, comments
	return &Provider{c, openai.NewClientWithConfig(o)}, nil
}

// comments is how many lines without data may follow each other: some endpoints send them so that the connection stays.
const comments = 10_000

// Name is the provider's in the API.
func (p *Provider) Name() string { return p.Config.Name }

// StandIn reports whether no model is asked.
func (p *Provider) StandIn() bool { return p.Config.StandIn }

// Stream asks a model.
func (p *Provider) Stream(ctx context.Context, r llm.Request, part func(llm.Part) error) (out llm.Outcome, err error) {
	var after time.Duration
	s, err := p.client.CreateChatCompletionStream(httpclient.WithRetryAfter(ctx, &after), asked(r))
	if err != nil {
		return out, refused(ctx, err, after)
	}
	defer func() { _ = s.Close() }()
	var calls calls
	for {
		raw, err := s.RecvRaw()
		if err != nil {
			// A clean end is told by [DONE], and by the end of the connection just so.
			if out.Reason != "" && ctx.Err() == nil && errors.Is(err, io.EOF) {
				return out, nil
			}
			return out, refused(ctx, err, after)
		}
		if err := take(raw, &out, &calls, part); err != nil {
			return out, llm.Broken(ctx, err)
		}
	}
}

// chunk is what is read of a line of the stream; the library's own type has four times as much.
type chunk struct {
	Choices []struct {
		Index int `json:"index"`
		Delta struct {
			Content   string `json:"content"`
			Refusal   string `json:"refusal"`
			Reasoning string `json:"reasoning_content"`
			Calls     []call `json:"tool_calls"`
		} `json:"delta"`
		Reason openai.FinishReason `json:"finish_reason"`
	} `json:"choices"`
	Usage *struct {
		Prompt     int `json:"prompt_tokens"`
		Completion int `json:"completion_tokens"`
		Details    struct {
			Cached int `json:"cached_tokens"`
		} `json:"prompt_tokens_details"`
	} `json:"usage"`
}

// take takes a line of the stream.
func take(raw []byte, out *llm.Outcome, calls *calls, part func(llm.Part) error) error {
	if err := llm.Whole(raw); err != nil {
		return err
	}
	var m chunk
	if err := json.Unmarshal(raw, &m); err != nil {
		return llm.Failed(llm.Corrupt, err)
	}
	if u := m.Usage; u != nil {
		out.Usage = llm.Usage{Input: u.Prompt, Output: u.Completion, Cached: u.Details.Cached}
	}
	for _, c := range m.Choices {
		if c.Index != 0 {
			continue
		}
		parts, err := calls.take(c.Delta.Calls)
		if err != nil {
			return err
		}
		x := llm.Part{Text: clean(c.Delta.Content + c.Delta.Refusal), Reasoning: clean(c.Delta.Reasoning)}
		if x != (llm.Part{}) {
			parts = append([]llm.Part{x}, parts...)
		}
		if len(parts) > 0 && out.Reason != "" {
			return llm.Failed(llm.Corrupt, errors.New("text came after the end of the answer"))
		}
		for _, x := range parts {
			if err := part(x); err != nil {
				return err
			}
		}
		if c.Reason != "" {
			out.Reason = calls.Ended(reason(c.Reason))
		}
	}
	return nil
}

func clean(s string) string { return strings.ReplaceAll(s, "\x00", "") }

func reason(r openai.FinishReason) llm.Reason {
	switch r {
	case openai.FinishReasonLength:
		return llm.Length
	case openai.FinishReasonContentFilter:
		return llm.Filtered
	case openai.FinishReasonToolCalls, openai.FinishReasonFunctionCall:
		return llm.Called
	}
	return llm.Stop
}

// refused tells what became of a request that was not answered, or not to the end.
func refused(ctx context.Context, err error, after time.Duration) error {
	var api *openai.APIError
	var request *openai.RequestError
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case errors.As(err, &api) && api.HTTPStatusCode > 0:
		f := llm.Status(api.HTTPStatusCode, after, err)
		switch fmt.Sprint(api.Code) {
		case "context_length_exceeded":
			f.Kind = llm.TooLong
		case "content_filter", "content_policy_violation":
			f.Kind = llm.Content
		}
		return f
	case errors.As(err, &api):
		// Told in the midst of a stream.
		return llm.Failed(llm.Unavailable, err)
	case errors.As(err, &request):
		return llm.Status(request.HTTPStatusCode, after, err)
	case errors.Is(err, openai.ErrTooManyEmptyStreamMessages):
		return llm.Failed(llm.Corrupt, err)
	}
	return llm.Broken(ctx, err)
}
