package openai_test

import (
	"net/http"
	"testing"

	"karnak/internal/adapter/llmtwin/llmtest"
	"karnak/internal/adapter/openai"
	"karnak/internal/core/llm"
)

func open(t *testing.T, url, key string, client *http.Client) llm.Provider {
	p, err := openai.New(openai.Config{Name: "twin", URL: url + "/v1", Key: key, HTTP: client})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestProvider(t *testing.T) {
	t.Parallel()
	llmtest.Run(t, open)
}
