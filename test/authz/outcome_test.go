package authz_test

import (
	"strings"
	"testing"

	"karnak/test/world"
)

// outcome is what a principal got for a row.
type outcome struct {
	word string
	// request and answer tell more, for whoever looks for the reason.
	request, answer string
}

// check compares an outcome with the table.
func check(t *testing.T, r world.Row, principal string, got outcome) {
	t.Helper()
	if got.word == r.Want[principal] {
		return
	}
	t.Errorf("%s: %s for %s: want %s, got %s\n  request: %s\n  answer:  %s",
		r.Where, r.Name, principal, r.Want[principal], got.word, clip(got.request), clip(got.answer))
}

func clip(s string) string {
	s = strings.Join(strings.Fields(s), " ")
	if len(s) > 800 {
		return s[:800] + " …"
	}
	return s
}
