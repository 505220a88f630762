package world

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"entgo.io/ent/dialect"
	"entgo.io/ent/dialect/sql"

	"karnak/authz"
)

// Digest is what the database holds, a line for each table: whoever was refused has to have left it as it was.
type Digest []string

// Digest reads the whole database.
func (w *World) Digest(t *testing.T) Digest {
	t.Helper()
	ctx := authz.System(t.Context(), "test")
	if w.everything == "" {
		w.everything = w.everyRow(ctx, t)
	}
	return w.strings(ctx, t, w.everything)
}

// Changed names the tables that differ.
func (d Digest) Changed(now Digest) (tables []string) {
	for i, line := range d {
		if line != now[i] {
			name, _, _ := strings.Cut(line, " ")
			tables = append(tables, name)
		}
	}
	return tables
}

// everyRow writes a query that has one line for each table, of its rows in their order. Events are only ever appended and
// are counted by their heads.
func (w *World) everyRow(ctx context.Context, t *testing.T) string {
	t.Helper()
	columns := `SELECT m.name || '.' || p.name FROM sqlite_master m, pragma_table_info(m.name) p
		WHERE m.type = 'table' AND m.name NOT LIKE 'message_search%' AND m.name NOT LIKE 'sqlite%' ORDER BY 1`
	cell, rows := "quote(%s)", "SELECT '%s ' || coalesce(group_concat(%s, ';' ORDER BY %s), '') FROM %s"
	if w.DB().Dialect() == dialect.Postgres {
		columns = `SELECT table_name || '.' || column_name FROM information_schema.columns WHERE table_schema = 'public' ORDER BY 1`
		cell, rows = "coalesce(%s::text, '-')", "SELECT '%s ' || coalesce(md5(string_agg(%s, ';' ORDER BY %s)), '') FROM %s"
	}
	cells, tables := map[string][]string{}, []string{}
	for _, name := range w.strings(ctx, t, columns) {
		table, column, _ := strings.Cut(name, ".")
		if table == "events" {
			continue
		}
		if cells[table] == nil {
			tables = append(tables, table)
		}
		cells[table] = append(cells[table], fmt.Sprintf(cell, `"`+column+`"`))
	}
	for i, x := range tables {
		row := strings.Join(cells[x], " || ',' || ")
		tables[i] = fmt.Sprintf(rows, x, row, row, x)
	}
	if len(tables) < 10 {
		t.Fatalf("only %v were found", tables)
	}
	return strings.Join(tables, " UNION ALL ")
}

func (w *World) strings(ctx context.Context, t *testing.T, query string) (out []string) {
	t.Helper()
	rows := &sql.Rows{}
	if err := w.DB().Reader().Query(ctx, query, []any{}, rows); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var s string
		if err := rows.Scan(&s); err != nil {
			t.Fatal(err)
		}
		out = append(out, s)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return out
}
