package app

import (
	"context"
	"strings"
	"testing"

	"karnak/internal/platform/config"
)

// once takes in what is written, and ends a context by it.
type once struct {
	strings.Builder
	end context.CancelFunc
}

func (o *once) Write(b []byte) (int, error) {
	defer o.end()
	return o.Builder.Write(b)
}

// TestTwinsAreNamedForWhatTheyAre opens the models with the settings that karnak twins tells.
func TestTwinsAreNamedForWhatTheyAre(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	out := &once{end: cancel}
	if err := Twins(ctx, "127.0.0.1:0", out); err != nil {
		t.Fatal(err)
	}
	var settings []string
	for _, word := range strings.Fields(out.String()) {
		if strings.HasPrefix(word, "KARNAK_") {
			settings = append(settings, word)
		}
	}
	for _, c := range []struct {
		more, names string
		standIn     bool
	}{
		{"KARNAK_LLM_TWIN=false", "llmtwin/stand-in llmtwin-anthropic/stand-in", true},
		{"KARNAK_OPENAI_NAME=mine", "mine/stand-in llmtwin-anthropic/stand-in", false},
		{"KARNAK_OPENAI_NAME=llmtwins", "llmtwins/stand-in llmtwin-anthropic/stand-in", false},
	} {
		cfg, err := config.Load(nil, append([]string{c.more}, without(settings, c.more)...))
		if err != nil {
			t.Fatal(err)
		}
		m, err := openModels(t.Context(), cfg)
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		for i, x := range m.All() {
			names = append(names, x.FullName())
			if want := c.standIn || i == 1; x.Provider.StandIn() != want {
				t.Errorf("%s: %s is a stand-in: %v", c.more, x.FullName(), !want)
			}
		}
		if got := strings.Join(names, " "); got != c.names {
			t.Errorf("%s: %s", c.more, got)
		}
		if err := m.close(); err != nil {
			t.Error(err)
		}
	}
}

// without is the settings but that which another one goes before.
func without(settings []string, other string) (out []string) {
	key, _, _ := strings.Cut(other, "=")
	for _, s := range settings {
		if !strings.HasPrefix(s, key+"=") {
			out = append(out, s)
		}
	}
	return out
}
