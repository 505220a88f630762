package anthropic_test

import (
	"net/http"
	"testing"

	"karnak/internal/adapter/anthropic"
	"karnak/internal/adapter/llmtwin/llmtest"
	"karnak/internal/core/llm"
)

func open(t *testing.T, url, key string, client *http.Client) llm.Provider {
	p, err := anthropic.New(anthropic.Config{Name: "twin", URL: url, Key: key, HTTP: client})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestProvider(t *testing.T) {
	t.Parallel()
	llmtest.Run(t, open)
}
