package config_test

import (
	"errors"
	"testing"

	"karnak/internal/platform/config"
)

func TestModels(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]config.Model{
		"llama3.2:3b":              {Name: "llama3.2:3b", Most: 4096},
		"openai/gpt@128000":        {Name: "openai/gpt", Context: 128000, Most: 4096},
		"m@200000/32000=3/15/0.30": {Name: "m", Context: 200000, Most: 32000, Priced: true, Input: 3_000_000, Output: 15_000_000, Cached: 300_000},
		"m=0.1/0.4":                {Name: "m", Most: 4096, Priced: true, Input: 100_000, Output: 400_000, Cached: 100_000},
	} {
		if got, err := config.ParseModel(text); err != nil || got != want {
			t.Errorf("%s: %+v %v", text, got, err)
		}
	}
	for _, text := range []string{"", " ", "m@", "m@12", "m@4000/4000", "m@4000", "m=1", "m=-1/2", "m=1/2/3/4", "m@9000/0", "a b", "m\n", "m=1e3/2"} {
		if got, err := config.ParseModel(text); err == nil {
			t.Errorf("%q was taken for %+v", text, got)
		}
	}
}

func TestProvidersOfModels(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		arg, key string
	}{
		"no address":     {"--openai-url=ollama", "KARNAK_OPENAI_URL"},
		"a password":     {"--anthropic-url=https://u:p@host", "KARNAK_ANTHROPIC_URL"},
		"a name":         {"--openai-name=Open AI", "KARNAK_OPENAI_NAME"},
		"another's name": {"--openai-name=anthropic", "KARNAK_OPENAI_NAME"},
		"its name":       {"--anthropic-name=An thropic", "KARNAK_ANTHROPIC_NAME"},
		"the other's":    {"--anthropic-name=openai", "KARNAK_ANTHROPIC_NAME"},
		"no tier":        {"--model-tiers=openai/gpt-4.1-mini=GOLD", "KARNAK_MODEL_TIERS"},
		"tier of no one": {"--model-tiers=gpt-4.1-mini=SME", "KARNAK_MODEL_TIERS"},
		"two tiers":      {"--model-tiers=openai/a=SME,openai/a=STARTUP", "KARNAK_MODEL_TIERS"},
		"no model":       {"--openai-models=", "KARNAK_OPENAI_MODELS"},
		"a bad model":    {"--anthropic-models=m@1", "KARNAK_ANTHROPIC_MODELS"},
		"twice":          {"--openai-models=m,m@9000", "KARNAK_OPENAI_MODELS"},
	} {
		_, err := config.Load([]string{c.arg}, nil)
		var faults config.Faults
		if !errors.As(err, &faults) || len(faults) != 1 || faults[0].Key != c.key {
			t.Errorf("%s: %v", name, err)
		}
	}
	_, err := config.Load([]string{"--openai-name=llmtwin", "--anthropic-name=llmtwin"}, nil)
	var faults config.Faults
	if !errors.As(err, &faults) || len(faults) != 1 || faults[0].Key != "KARNAK_ANTHROPIC_NAME" {
		t.Errorf("one name for both: %v", err)
	}
	// Names may also be changed for each other.
	if c, err := config.Load([]string{"--openai-name=anthropic"}, []string{"KARNAK_ANTHROPIC_NAME=openai"}); err != nil || c.OpenAIName != "anthropic" || c.AnthropicName != "openai" {
		t.Errorf("%+v %v", c, err)
	}
	if _, err := config.Load([]string{"--openai-url=http://127.0.0.1:11434/v1", "--openai-name=ollama", "--openai-models=llama3.2,qwen3:8b@32768/4096"}, nil); err != nil {
		t.Error(err)
	}
}
