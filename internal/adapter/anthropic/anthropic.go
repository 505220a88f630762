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

type refusal struct {
	Type    string `json:"type"`
	Message string `json:"message"`
}

// Stream asks a model.
func (p *Provider) Stream(ctx context.Context, r llm.Request, part func(llm.Part) error) (out llm.Outcome, err error) {
	if err := r.Check(); err != nil {
		return out, err
	}
	var after time.Duration
	res, err := p.send(httpclient.WithRetryAfter(ctx, &after), r)
	if err != nil {
		return out, llm.Broken(ctx, err)
	}
	defer func() { _ = res.Body.Close() }()
	if res.StatusCode != http.StatusOK {
		return out, refused(res, after)
	}
	s := stream{part: part, calls: llm.NewCalling(r), blocks: map[int]*block{}}
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
	b, err := asked(r)
	if err != nil {
		return nil, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, p.URL+"/v1/messages", b)
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
