// Package openai asks any endpoint that speaks OpenAI's protocol for chat completions: OpenAI's own, Ollama, vLLM, OpenRouter.
package openai

import (
	"context"
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
	if err := r.Check(); err != nil {
		return out, err
	}
	var after time.Duration
	s, err := p.client.CreateChatCompletionStream(httpclient.WithRetryAfter(ctx, &after), asked(r))
	if err != nil {
		return out, refused(ctx, err, after)
	}
	defer func() { _ = s.Close() }()
	a := &answer{part: part, calls: calls{Calling: llm.NewCalling(r)}}
	for {
		raw, err := s.RecvRaw()
		if err != nil {
			// A clean end is told by [DONE], and by the end of the connection just so.
			if a.out.Reason != "" && ctx.Err() == nil && errors.Is(err, io.EOF) {
				return a.out, nil
			}
			return a.out, refused(ctx, err, after)
		}
		if err := a.line(raw); err != nil {
			return a.out, llm.Broken(ctx, err)
		}
	}
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
