package store

import (
	"fmt"
	"slices"
	"testing"

	"entgo.io/ent/dialect"
	"entgo.io/ent/dialect/sql"
)

func TestIn(t *testing.T) {
	t.Parallel()
	text := func(d string, values ...string) string {
		s := sql.Dialect(d).Select("id").From(sql.Table("things"))
		In("id", values)(s)
		out, _ := s.Query()
		return out
	}
	for _, d := range []string{dialect.SQLite, dialect.Postgres} {
		if two, many := text(d, "a", "b"), text(d, "a", "b", "c", "d"); two != many {
			t.Errorf("%s: the statement differs: %s, %s", d, two, many)
		}
	}
	s := opened(t)
	if _, err := s.DB().Exec("CREATE TABLE things (id text PRIMARY KEY)"); err != nil {
		t.Fatal(err)
	}
	for _, id := range []string{"a", `q"uote`, "c", "é"} {
		if _, err := s.DB().Exec("INSERT INTO things VALUES (?)", id); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct{ asked, found []string }{
		{nil, nil},
		{[]string{"c"}, []string{"c"}},
		{[]string{"x"}, nil},
		{[]string{"é", "c", "x", `q"uote`, "c"}, []string{"c", `q"uote`, "é"}},
	} {
		q := sql.Dialect(dialect.SQLite).Select("id").From(sql.Table("things")).OrderBy("id")
		In("id", c.asked)(q)
		text, args := q.Query()
		rows := &sql.Rows{}
		if err := s.Reader().Query(t.Context(), text, args, rows); err != nil {
			t.Fatal(err)
		}
		var got []string
		if err := sql.ScanSlice(rows, &got); err != nil || !slices.Equal(got, c.found) {
			t.Errorf("%q: %q, %v", c.asked, got, err)
		}
		_ = rows.Close()
	}
	// PostgreSQL is asked by guard's tests; here it is only that it knows an empty list.
	if got := text(dialect.Postgres); got != fmt.Sprintf(`SELECT %q FROM %q WHERE %q.%q = ANY($1)`, "id", "things", "things", "id") {
		t.Error(got)
	}
}
