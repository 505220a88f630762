package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"karnak/internal/platform/config"
)

func TestRun(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "README.md")
	put := func(text string) {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	put("# a\n\n" + begin + "old\n" + end + "\n\nb\n")
	want := "# a\n\n" + begin + config.Table() + end + "\n\nb\n"
	for range 2 {
		if err := run(path); err != nil {
			t.Fatal(err)
		}
		if got, err := os.ReadFile(path); err != nil || string(got) != want {
			t.Errorf("got %q, %v", got, err)
		}
	}
	for _, text := range []string{"# a\n", begin, strings.TrimSpace(end)} {
		put(text)
		if err := run(path); err == nil {
			t.Errorf("%q has no place for the table, and that went unnoticed", text)
		}
	}
	if err := run(filepath.Join(t.TempDir(), "none.md")); err == nil {
		t.Error("a missing file went unnoticed")
	}
}
