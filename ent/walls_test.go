package ent_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"entgo.io/ent/dialect"
	"entgo.io/ent/dialect/sql"

	"karnak/ent"
	"karnak/ent/enttest"
)

// strings of a raw query under karnak's own scope, one row after another.
func raw(t *testing.T, db *ent.DB, query string) (out [][]string) {
	t.Helper()
	rows := &sql.Rows{}
	if err := db.Reader().Query(system(t), query, []any{}, rows); err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	names, err := rows.Columns()
	if err != nil {
		t.Fatal(err)
	}
	for rows.Next() {
		values, into := make([]sql.NullString, len(names)), make([]any, len(names))
		for i := range values {
			into[i] = &values[i]
		}
		if err := rows.Scan(into...); err != nil {
			t.Fatal(err)
		}
		row := make([]string, len(names))
		for i, v := range values {
			row[i] = v.String
		}
		out = append(out, row)
	}
	return out
}

func exec(t *testing.T, db *ent.DB, statement string) error {
	t.Helper()
	return db.InTx(system(t), func(ctx context.Context, tx *ent.Tx) error { return tx.Exec(ctx, statement, []any{}, nil) })
}

// tenants returns the tables that have a workspace_id.
func tenants(t *testing.T, db *ent.DB) (out []string) {
	query := "SELECT m.name FROM sqlite_master m JOIN pragma_table_info(m.name) c WHERE m.type = 'table' AND c.name = 'workspace_id' ORDER BY 1"
	if db.Dialect() == dialect.Postgres {
		query = "SELECT table_name FROM information_schema.columns WHERE table_schema = 'public' AND column_name = 'workspace_id' ORDER BY 1"
	}
	for _, r := range raw(t, db, query) {
		out = append(out, r[0])
	}
	return out
}

func TestRowsStayInTheirWorkspace(t *testing.T) {
	t.Parallel()
	enttest.Each(t, func(t *testing.T, db *ent.DB) {
		w := populate(t, db)
		tables := tenants(t, db)
		if len(tables) < 10 {
			t.Fatalf("tables with a workspace: %v", tables)
		}
		for _, table := range tables {
			err := exec(t, db, "UPDATE "+table+" SET workspace_id = '"+w.b.workspace+"' WHERE workspace_id = '"+w.a.workspace+"'")
			if err == nil || !strings.Contains(err.Error(), "does not change its workspace") {
				t.Errorf("%s: moved by raw SQL: %v", table, err)
			}
			if err := exec(t, db, "UPDATE "+table+" SET workspace_id = workspace_id"); err != nil {
				t.Errorf("%s: an update that changes nothing: %v", table, err)
			}
		}
	})
}

// reference is a foreign key.
type reference struct{ table, parent, name, own, refs string }

func references(t *testing.T, db *ent.DB) (out []reference) {
	query := `SELECT m.name, f."table", CAST(f.id AS text), group_concat(f."from", ','), group_concat(f."to", ',')
		FROM sqlite_master m, pragma_foreign_key_list(m.name) f WHERE m.type = 'table' GROUP BY 1, 2, 3`
	if db.Dialect() == dialect.Postgres {
		query = `SELECT c.conrelid::regclass::text, c.confrelid::regclass::text, c.conname,
			(SELECT string_agg(a.attname, ',' ORDER BY k.i) FROM unnest(c.conkey) WITH ORDINALITY k(n, i) JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = k.n),
			(SELECT string_agg(a.attname, ',' ORDER BY k.i) FROM unnest(c.confkey) WITH ORDINALITY k(n, i) JOIN pg_attribute a ON a.attrelid = c.confrelid AND a.attnum = k.n)
			FROM pg_constraint c WHERE c.contype = 'f' AND c.connamespace = 'public'::regnamespace`
	}
	for _, r := range raw(t, db, query) {
		out = append(out, reference{r[0], r[1], r[2], r[3], r[4]})
	}
	return out
}

// TestChildrenStayWithTheirParents points every foreign key of a's rows at what b has.
func TestChildrenStayWithTheirParents(t *testing.T) {
	t.Parallel()
	enttest.Each(t, func(t *testing.T, db *ent.DB) {
		w := populate(t, db)
		tables, refs := tenants(t, db), references(t, db)
		if len(refs) < 15 {
			t.Fatalf("%d foreign keys: %v", len(refs), refs)
		}
		for _, r := range refs {
			if !slices.Contains(tables, r.table) || !slices.Contains(tables, r.parent) {
				continue
			}
			own, parent := strings.Split(r.own, ","), strings.Split(r.refs, ",")
			i := slices.Index(own, "workspace_id")
			if i < 0 || parent[i] != "workspace_id" {
				t.Errorf("%s points at %s by %s alone", r.table, r.parent, r.own)
				continue
			}
			for j, column := range own {
				if j == i {
					continue
				}
				err := exec(t, db, "UPDATE "+r.table+" SET "+column+" = (SELECT "+parent[j]+" FROM "+r.parent+" WHERE workspace_id = '"+w.b.workspace+"' LIMIT 1) WHERE workspace_id = '"+w.a.workspace+"'")
				if err == nil || !strings.Contains(strings.ToLower(err.Error()), "foreign key") {
					t.Errorf("%s.%s points at a foreign %s: %v", r.table, column, r.parent, err)
				}
			}
		}
		// Columns that name something of a workspace have such a key.
		for _, table := range tables {
			for _, column := range []string{"channel_id", "message_id", "reply_to_id", "author_id"} {
				named := slices.ContainsFunc(refs, func(r reference) bool { return r.table == table && slices.Contains(strings.Split(r.own, ","), column) })
				if has(t, db, table, column) && !named && table != "events" { // events outlive what they tell of
					t.Errorf("%s.%s has no foreign key", table, column)
				}
			}
		}
	})
}

func has(t *testing.T, db *ent.DB, table, column string) bool {
	query := "SELECT 1 FROM pragma_table_info('" + table + "') WHERE name = '" + column + "'"
	if db.Dialect() == dialect.Postgres {
		query = "SELECT 1 FROM information_schema.columns WHERE table_schema = 'public' AND table_name = '" + table + "' AND column_name = '" + column + "'"
	}
	return len(raw(t, db, query)) > 0
}

// TestUniqueKeysBeginWithTheWorkspace keeps a unique key from telling what another workspace has.
func TestUniqueKeysBeginWithTheWorkspace(t *testing.T) {
	t.Parallel()
	db := enttest.Open(t, dialect.Postgres)
	allowed := []string{"invitations(token_hash)"} // a hash of a secret
	for _, r := range raw(t, db, `SELECT i.indrelid::regclass::text, (SELECT string_agg(a.attname, ',' ORDER BY k.i) FROM unnest(i.indkey) WITH ORDINALITY k(n, i)
		JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.n) FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid
		WHERE i.indisunique AND NOT i.indisprimary AND c.relnamespace = 'public'::regnamespace`) {
		key := r[0] + "(" + r[1] + ")"
		if slices.Contains(tenants(t, db), r[0]) && !strings.HasPrefix(r[1], "workspace_id") && !slices.Contains(allowed, key) {
			t.Errorf("the unique key %s does not begin with the workspace", key)
		}
	}
}

func TestRowSecurityOnEveryTenantsTable(t *testing.T) {
	t.Parallel()
	db := enttest.Open(t, dialect.Postgres)
	walled := map[string]bool{}
	for _, r := range raw(t, db, `SELECT c.relname, c.relrowsecurity::text, c.relforcerowsecurity::text, (SELECT count(*)::text FROM pg_policy p WHERE p.polrelid = c.oid AND p.polcmd = '*')
		FROM pg_class c WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace`) {
		walled[r[0]] = r[1] == "true" && r[2] == "true" && r[3] == "1"
	}
	for _, table := range append(tenants(t, db), "workspaces", "event_heads") {
		if !walled[table] {
			t.Errorf("%s has no row-level security that binds its owner too", table)
		}
	}
	role := raw(t, db, "SELECT current_user, rolsuper::text, rolbypassrls::text, rolcanlogin::text FROM pg_roles WHERE rolname = current_user")[0]
	if !slices.Equal(role, []string{"karnak_app", "false", "false", "false"}) {
		t.Errorf("the connections act as %v", role)
	}
}

// TestRawSQLUnderAUsersScope asks every tenant's table past the data model, as a mistake in a query would.
func TestRawSQLUnderAUsersScope(t *testing.T) {
	t.Parallel()
	db := enttest.Open(t, dialect.Postgres)
	w := populate(t, db)
	for _, table := range append(tenants(t, db), "workspaces", "event_heads") {
		column := "workspace_id"
		if !slices.Contains(tenants(t, db), table) {
			column = "id"
		}
		for name, c := range map[string]struct {
			ctx  context.Context
			want string
		}{"a": {w.a.ctx(t), w.a.workspace}, "nobody": {t.Context(), ""}} {
			rows := &sql.Rows{}
			if err := db.Reader().Query(c.ctx, "SELECT DISTINCT "+column+" FROM "+table, []any{}, rows); err != nil {
				t.Fatal(err)
			}
			var seen []string
			if err := sql.ScanSlice(rows, &seen); err != nil {
				t.Fatal(err)
			}
			if strings.Join(seen, " ") != c.want {
				t.Errorf("%s: %s sees %v", table, name, seen)
			}
		}
	}
}
