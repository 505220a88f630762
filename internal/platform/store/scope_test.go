package store_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"karnak/internal/platform/store"
)

func TestPostgresScopeFollowsTheContext(t *testing.T) {
	t.Parallel()
	s := connected(t, store.Config{Pool: 1, Scope: scopeOf, Role: "karnak_app"})
	exec(t, s, "INSERT INTO workspaces (id, created_at, name, slug) VALUES ('ws_a', now(), 'a', 'a'), ('ws_b', now(), 'b', 'b'), ('ws_c', now(), 'c', 'c')")
	see := func(scope string) string {
		return strings.Join(texts(under(t.Context(), scope), t, s, "SELECT id FROM workspaces ORDER BY id"), " ")
	}
	for _, c := range [][2]string{{"ws_a", "ws_a"}, {"ws_a,ws_c", "ws_a ws_c"}, {"", ""}, {"*", "ws_a ws_b ws_c"}, {"ws_", ""}, {"ws_b", "ws_b"}, {"ws_b'; --", ""}} {
		if got := see(c[0]); got != c[1] {
			t.Errorf("under %q: %q, want %q", c[0], got, c[1])
		}
	}
	if got := texts(t.Context(), t, s, "SELECT id FROM workspaces WHERE id <> $1", "x"); len(got) != 0 {
		t.Errorf("without a scope, prepared: %v", got)
	}
	inside := func(outer, inner string, end error) {
		t.Helper()
		if got := see(outer); got != outer {
			t.Errorf("before: %q, want %q", got, outer)
		}
		err := s.InTx(under(t.Context(), inner), func(ctx context.Context, tx *store.Tx) error {
			var n string
			if err := tx.SQL().QueryRowContext(ctx, "SELECT string_agg(id, ' ') FROM workspaces").Scan(&n); err != nil || n != inner {
				t.Errorf("inside: %q, want %q: %v", n, inner, err)
			}
			return end
		})
		if !errors.Is(err, end) {
			t.Error(err)
		}
		if got := see(inner); got != inner {
			t.Errorf("afterwards under %q: %q", inner, got)
		}
	}
	inside("ws_a", "ws_b", nil)
	inside("ws_a", "ws_c", errors.New("back"))
	_ = s.InTx(under(t.Context(), "ws_a"), func(ctx context.Context, tx *store.Tx) error {
		_ = do(ctx, tx, "SELECT 1/0")
		return do(under(ctx, "ws_b"), tx, "SELECT 1")
	})
	if got := see("ws_b"); got != "ws_b" {
		t.Errorf("after a scope that failed within a transaction: %q", got)
	}
	if got := see("ws_a"); got != "ws_a" {
		t.Errorf("and back: %q", got)
	}
}

func TestPostgresRowSecurityBindsWrites(t *testing.T) {
	t.Parallel()
	s := connected(t, store.Config{Pool: 1, Scope: scopeOf, Role: "karnak_app"})
	exec(t, s, "INSERT INTO workspaces (id, created_at, name, slug) VALUES ('ws_a', now(), 'a', 'a'), ('ws_b', now(), 'b', 'b')")
	exec(t, s, "INSERT INTO custom_roles (id, workspace_id, created_at, name, parents, allow, deny) VALUES ('role_b', 'ws_b', now(), 'r', '[]', '[]', '[]')")
	a := under(t.Context(), "ws_a")
	put := func(id, workspace string) error {
		_, err := s.DB().ExecContext(a, "INSERT INTO custom_roles (id, workspace_id, created_at, name, parents, allow, deny) VALUES ($1, $2, now(), $1, '[]', '[]', '[]')", id, workspace)
		return err
	}
	if err := put("role_x", "ws_b"); err == nil || !strings.Contains(err.Error(), "row-level security") {
		t.Errorf("a row of a foreign workspace was written: %v", err)
	}
	if err := put("role_a", "ws_a"); err != nil {
		t.Error(err)
	}
	for _, q := range []string{"UPDATE custom_roles SET name = 'taken over' WHERE id = 'role_b'", "DELETE FROM custom_roles WHERE id = 'role_b'"} {
		r, err := s.DB().ExecContext(a, q)
		if err != nil {
			t.Fatal(err)
		}
		if n, _ := r.RowsAffected(); n != 0 {
			t.Errorf("%s reached %d rows of a foreign workspace", q, n)
		}
	}
	for _, q := range []string{
		"ALTER TABLE custom_roles DISABLE ROW LEVEL SECURITY", "DROP POLICY tenancy ON custom_roles", "CREATE TABLE mine (v int)",
		"TRUNCATE custom_roles", "SET ROLE postgres",
	} {
		if _, err := s.DB().ExecContext(a, q); err == nil && q != "SET ROLE postgres" {
			t.Errorf("the role of the connections may: %s", q)
		}
	}
}

// TestPostgresOwnerIsBoundToo gives the tables to a role that is no superuser: the walls hold for it as well.
func TestPostgresOwnerIsBoundToo(t *testing.T) {
	t.Parallel()
	s := connected(t, store.Config{Pool: 1})
	exec(t, s, "INSERT INTO workspaces (id, created_at, name, slug) VALUES ('ws_a', now(), 'a', 'a')")
	name := "karnak_owner_" + texts(t.Context(), t, s, "SELECT md5(current_database())")[0][:12]
	exec(t, s, "CREATE ROLE "+name)
	t.Cleanup(func() {
		for _, q := range []string{"RESET ROLE", "REASSIGN OWNED BY " + name + " TO CURRENT_USER", "DROP OWNED BY " + name, "DROP ROLE " + name} {
			if _, err := s.DB().Exec(q); err != nil {
				t.Error(err)
			}
		}
	})
	exec(t, s, "ALTER TABLE workspaces OWNER TO "+name)
	exec(t, s, "SET ROLE "+name)
	if got := texts(t.Context(), t, s, "SELECT id FROM workspaces"); len(got) != 0 {
		t.Errorf("the owner of the table sees %v without a scope", got)
	}
	exec(t, s, "SELECT set_config('karnak.scope', '*', false)")
	if got := texts(t.Context(), t, s, "SELECT id FROM workspaces"); len(got) != 1 {
		t.Errorf("the owner of the table sees %v under the scope of karnak itself", got)
	}
}
