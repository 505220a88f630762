package config

import (
	"fmt"
	"strings"
)

// Table is the table of all settings in Markdown, as README.md shows it.
func Table() string {
	var b strings.Builder
	b.WriteString("| key | default | what it is |\n|---|---|---|\n")
	for _, s := range fields() {
		value := code(s.Development)
		if s.Production != s.Development {
			value += "; production " + code(s.Production)
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s |\n", s.Key, value, strings.ReplaceAll(s.Help, "|", "\\|"))
	}
	return b.String()
}

func code(s string) string {
	if s == "" {
		return "–"
	}
	return "`" + s + "`"
}
