package store

import (
	"encoding/json"
	"strings"
	"time"

	"entgo.io/ent/dialect"
)

// Table returns the text of a table, named as given, whose rows are the objects of the JSON list in the statement's first
// argument, as Rows makes it: the statement and its plan are the same for one row and for hundreds. A column is its name in the
// objects and its type on PostgreSQL: "seq bigint".
func Table(name, alias string, columns ...string) string {
	if name == dialect.Postgres {
		return "json_to_recordset($1) AS " + alias + "(" + strings.Join(columns, ", ") + ")"
	}
	picked := make([]string, len(columns))
	for i, c := range columns {
		column, kind, _ := strings.Cut(c, " ")
		pick := "->>"
		if kind == "jsonb" {
			pick = "->"
		}
		picked[i] = "value" + pick + "'" + column + "' AS " + column
	}
	return "(SELECT " + strings.Join(picked, ", ") + " FROM json_each($1)) AS " + alias
}

// Rows returns objects as the argument of a Table.
func Rows[T any](objects []T) ([]any, error) {
	b, err := json.Marshal(objects)
	return []any{string(b)}, err
}

// Time returns a time as both engines keep it when it comes in a Table.
func Time(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05.999999999-07:00") }
