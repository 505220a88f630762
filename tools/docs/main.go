// Command docs writes the table of settings into README.md, between the marks <!-- config:begin --> and <!-- config:end -->.
package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"

	"karnak/internal/platform/config"
)

const (
	begin = "<!-- config:begin -->\n"
	end   = "<!-- config:end -->"
)

func main() {
	if err := run("README.md"); err != nil {
		fmt.Fprintln(os.Stderr, "docs:", err)
		os.Exit(1)
	}
}

func run(path string) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	written, err := insert(text, config.Table())
	if err != nil || bytes.Equal(written, text) {
		return err
	}
	return os.WriteFile(path, written, 0o644)
}

// insert puts a table between the marks.
func insert(text []byte, table string) ([]byte, error) {
	head, rest, ok := bytes.Cut(text, []byte(begin))
	_, tail, closed := bytes.Cut(rest, []byte(end))
	if !ok || !closed {
		return nil, errors.New("the marks <!-- config:begin --> and <!-- config:end --> are not in the file")
	}
	return fmt.Appendf(nil, "%s%s%s%s%s", head, begin, table, end, tail), nil
}
