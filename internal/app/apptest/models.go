package apptest

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"karnak/internal/adapter/llmtwin"
	"karnak/internal/adapter/openai"
	"karnak/internal/core/llm"
	"karnak/internal/platform/httpclient"
)

// Twin serves a twin of a provider of language models, and returns it with a catalogue of one model that it answers for.
func Twin(t testing.TB, c llmtwin.Config) (*llmtwin.Twin, *llm.Catalogue) {
	t.Helper()
	twin := llmtwin.New(c)
	server := httptest.NewServer(twin)
	t.Cleanup(func() {
		server.CloseClientConnections()
		server.Close()
	})
	client, err := httpclient.New(httpclient.Config{Connect: time.Second, Headers: 10 * time.Second, Silence: 10 * time.Second, Line: 1 << 20, Body: 16 << 20})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.CloseIdleConnections)
	return twin, catalogue(t, server.URL, client)
}

func catalogue(t testing.TB, url string, client *http.Client) *llm.Catalogue {
	t.Helper()
	p, err := openai.New(openai.Config{Name: llmtwin.Name, URL: url + "/v1", StandIn: true, HTTP: client})
	if err != nil {
		t.Fatal(err)
	}
	all, err := llm.NewCatalogue(
		&llm.Model{Provider: p, Name: llmtwin.Model, ContextTokens: 8000, MaxTokens: 1000, Price: &llm.Price{Input: 1_000_000, Cached: 100_000, Output: 4_000_000}},
		&llm.Model{Provider: p, Name: "unpriced", MaxTokens: 1000},
	)
	if err != nil {
		t.Fatal(err)
	}
	return all
}
