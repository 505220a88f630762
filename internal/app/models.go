package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"time"

	"karnak/ent/enum"
	"karnak/internal/adapter/anthropic"
	"karnak/internal/adapter/llmtwin"
	"karnak/internal/adapter/openai"
	"karnak/internal/core/llm"
	"karnak/internal/platform/config"
	"karnak/internal/platform/httpclient"
)

// What a provider of language models may take and send.
const (
	llmConnect, llmHeaders, llmSilence = 10 * time.Second, time.Minute, time.Minute
	llmLine, llmBody                   = 1 << 20, 64 << 20

	openAIURL, anthropicURL = "https://api.openai.com/v1", "https://api.anthropic.com"
)

// models are the language models that answer here; close ends the stand-in, where there is one.
type models struct {
	*llm.Catalogue
	close func() error
}

// openModels opens the providers of the configuration, or else the stand-in.
func openModels(ctx context.Context, cfg *config.Config) (*models, error) {
	client, err := httpclient.New(httpclient.Config{Connect: llmConnect, Headers: llmHeaders, Silence: llmSilence, Line: llmLine, Body: llmBody})
	if err != nil {
		return nil, err
	}
	m := &models{close: func() error { return nil }}
	var all []*llm.Model
	if cfg.OpenAIURL != "" || !cfg.OpenAIKey.Empty() {
		p, err := openai.New(openai.Config{
			Name: cfg.OpenAIName, URL: or(cfg.OpenAIURL.Reveal(), openAIURL), Key: cfg.OpenAIKey.Reveal(), StandIn: standIn(cfg.OpenAIName), HTTP: client,
		})
		if err != nil {
			return nil, err
		}
		all = append(all, offered(p, cfg.OpenAIModels)...)
	}
	if cfg.AnthropicURL != "" || !cfg.AnthropicKey.Empty() {
		p, err := anthropic.New(anthropic.Config{
			Name: cfg.AnthropicName, URL: or(cfg.AnthropicURL.Reveal(), anthropicURL), Key: cfg.AnthropicKey.Reveal(), StandIn: standIn(cfg.AnthropicName), HTTP: client,
		})
		if err != nil {
			return nil, err
		}
		all = append(all, offered(p, cfg.AnthropicModels)...)
	}
	if len(all) == 0 && cfg.LLMTwin {
		address, end, err := listenTwin(ctx, "127.0.0.1:0")
		if err != nil {
			return nil, err
		}
		m.close = end
		p, err := openai.New(openai.Config{Name: llmtwin.Name, URL: "http://" + address + "/v1", StandIn: true, HTTP: client})
		if err != nil {
			return nil, errors.Join(err, end())
		}
		all = offered(p, []string{llmtwin.Model})
	}
	if m.Catalogue, err = llm.NewCatalogue(all...); err == nil {
		err = errors.Join(m.FallBack(chains(cfg.ModelFallbacks)...), m.Reserve(tiers(cfg.ModelTiers)))
	}
	if err != nil {
		return nil, errors.Join(err, m.close())
	}
	return m, nil
}

// standIn reports whether a name is that of a provider that asks no model.
func standIn(name string) bool {
	return name == llmtwin.Name || strings.HasPrefix(name, llmtwin.Name+"-")
}

func chains(settings []string) [][]string {
	out := make([][]string, len(settings))
	for i, s := range settings {
		out[i] = strings.Split(s, ">")
	}
	return out
}

func tiers(settings []string) map[string]enum.Tier {
	out := make(map[string]enum.Tier, len(settings))
	for _, s := range settings {
		name, tier, _ := strings.Cut(s, "=")
		out[name] = enum.Tier(tier)
	}
	return out
}

func or(s, other string) string {
	if s == "" {
		return other
	}
	return s
}

// offered makes models of what the configuration, which was checked, names.
func offered(p llm.Provider, names []string) []*llm.Model {
	out := make([]*llm.Model, 0, len(names))
	for _, n := range names {
		m, err := config.ParseModel(n)
		if err != nil {
			continue
		}
		x := &llm.Model{Provider: p, Name: m.Name, ContextTokens: m.Context, MaxTokens: m.Most}
		if m.Priced {
			x.Price = &llm.Price{Input: m.Input, Cached: m.Cached, Output: m.Output}
		}
		out = append(out, x)
	}
	return out
}

// listenTwin serves the stand-in for a provider of language models.
func listenTwin(ctx context.Context, address string) (at string, end func() error, err error) {
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", address)
	if err != nil {
		return "", nil, err
	}
	server := &http.Server{Handler: llmtwin.New(llmtwin.Config{}), ReadHeaderTimeout: headersWithin}
	served := make(chan struct{})
	go func() {
		defer close(served)
		_ = server.Serve(l) // ends when it is closed
	}()
	return l.Addr().String(), func() error {
		err := server.Close()
		<-served
		return err
	}, nil
}

// Twins serves stand-ins for providers until the context ends.
func Twins(ctx context.Context, address string, out io.Writer) error {
	at, end, err := listenTwin(ctx, address)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(out, "A stand-in for providers of language models, which asks no model:\n"+
		"  OpenAI's protocol      KARNAK_OPENAI_NAME=%s KARNAK_OPENAI_MODELS=%s KARNAK_OPENAI_URL=http://%s/v1\n"+
		"  Anthropic's protocol   KARNAK_ANTHROPIC_NAME=%s-anthropic KARNAK_ANTHROPIC_MODELS=%s KARNAK_ANTHROPIC_URL=http://%s\n",
		llmtwin.Name, llmtwin.Model, at, llmtwin.Name, llmtwin.Model, at)
	if err == nil {
		<-ctx.Done()
	}
	return errors.Join(err, end())
}
