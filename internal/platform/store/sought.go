package store

import (
	"database/sql/driver"
	"slices"
	"strings"
)

// sought returns the arguments of a statement that only looks for rows with NUL characters replaced. PostgreSQL holds no
// text with one and refuses to compare with it: whoever asks for such an id is to find nothing, as on SQLite, and not an
// error. Statements that write keep what they were given.
func sought(query string, args []driver.NamedValue) []driver.NamedValue {
	if !strings.HasPrefix(query, "SELECT") && !strings.HasPrefix(query, "DELETE") {
		return args
	}
	copied := false
	for i := range args {
		text, ok := args[i].Value.(string)
		if !ok || strings.IndexByte(text, 0) < 0 {
			continue
		}
		if !copied {
			args, copied = slices.Clone(args), true
		}
		args[i].Value = withoutNUL(text)
	}
	return args
}

func withoutNUL(s string) string { return strings.ReplaceAll(s, "\x00", "\ufffd") }
