package world

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"entgo.io/ent/dialect"
	"entgo.io/ent/dialect/sql"

	"karnak/authz"
)

// Digest is what the database holds, a line for each table: whoever was refused has to have left it as it was. Events are
// only ever appended and are counted by their heads.
type Digest []string

// Digest reads the whole database.
func (w *World) Digest(t *testing.T) Digest {
	t.Helper()
	ctx := authz.System(t.Context(), "test")
	if w.everything == "" {
		w.everything = w.everyRow(t, func(table string, _ []string) (string, bool) { return "true", table != "events" })
	}
	return w.strings(ctx, t, w.everything)
}

// DigestOf reads what a tenant has, its log included.
func (w *World) DigestOf(t *testing.T, workspaceID string) Digest {
	t.Helper()
	ctx := authz.System(t.Context(), "test")
	return w.strings(ctx, t, w.everyRow(t, func(table string, columns []string) (string, bool) {
		column := TenantColumn(table, columns)
		return fmt.Sprintf("%s = '%s'", column, workspaceID), column != ""
	}))
}

// TenantColumn is the column of a table that says whose a row is; empty for a table of no tenant's.
func TenantColumn(table string, columns []string) string {
	switch {
	case slices.Contains(columns, "workspace_id"):
		return "workspace_id"
	case table == "workspaces", table == "event_heads":
		return "id"
	}
	return ""
}

// Tables returns the tables of the database with their columns.
func (w *World) Tables(t *testing.T) map[string][]string {
	t.Helper()
	out := map[string][]string{}
	for _, name := range w.strings(authz.System(t.Context(), "test"), t, columnNames(w.DB().Dialect())) {
		table, column, _ := strings.Cut(name, ".")
		out[table] = append(out[table], column)
	}
	return out
}

func columnNames(engine string) string {
	if engine == dialect.Postgres {
		return `SELECT table_name || '.' || column_name FROM information_schema.columns WHERE table_schema = 'public' ORDER BY 1`
	}
	return `SELECT m.name || '.' || p.name FROM sqlite_master m, pragma_table_info(m.name) p
		WHERE m.type = 'table' AND m.name NOT LIKE 'message_search%' AND m.name NOT LIKE 'sqlite%' ORDER BY 1`
}

// Strings returns the one column of a query, past every rule.
func (w *World) Strings(t *testing.T, query string) []string {
	t.Helper()
	return w.strings(authz.System(t.Context(), "test"), t, query)
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

// everyRow writes a query that has one line for each table that is wanted, of its rows in their order.
func (w *World) everyRow(t *testing.T, where func(table string, columns []string) (condition string, wanted bool)) string {
	t.Helper()
	cell, rows := "quote(%s)", "SELECT '%s ' || coalesce(group_concat(%s, ';' ORDER BY %s), '') FROM %s WHERE %s"
	if w.DB().Dialect() == dialect.Postgres {
		cell, rows = "coalesce(%s::text, '-')", "SELECT '%s ' || coalesce(md5(string_agg(%s, ';' ORDER BY %s)), '') FROM %s WHERE %s"
	}
	var lines []string
	all := w.Tables(t)
	for _, table := range slices.Sorted(maps.Keys(all)) {
		condition, wanted := where(table, all[table])
		if !wanted {
			continue
		}
		cells := make([]string, len(all[table]))
		for i, column := range all[table] {
			cells[i] = fmt.Sprintf(cell, `"`+column+`"`)
		}
		row := strings.Join(cells, " || ',' || ")
		lines = append(lines, fmt.Sprintf(rows, table, row, row, table, condition))
	}
	if len(lines) < 10 {
		t.Fatalf("only %v were found", lines)
	}
	return strings.Join(lines, " UNION ALL ")
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
