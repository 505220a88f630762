package store

import (
	"database/sql/driver"
	"testing"
)

func TestSought(t *testing.T) {
	t.Parallel()
	given := func() []driver.NamedValue {
		return []driver.NamedValue{{Ordinal: 1, Value: "a\x00b"}, {Ordinal: 2, Value: int64(1)}, {Ordinal: 3, Value: "c"}}
	}
	for query, want := range map[string]string{
		"SELECT 1 FROM users WHERE id = $1":  "a\ufffdb",
		"DELETE FROM users WHERE id = $1":    "a\ufffdb",
		"INSERT INTO users (id) VALUES ($1)": "a\x00b",
		"UPDATE users SET name = $1":         "a\x00b",
	} {
		args := given()
		got := sought(query, args)
		if got[0].Value != want || got[1].Value != int64(1) || got[2].Value != "c" {
			t.Errorf("%s: %v", query, got)
		}
		if args[0].Value != "a\x00b" {
			t.Errorf("%s: the caller's arguments were changed", query)
		}
	}
}
