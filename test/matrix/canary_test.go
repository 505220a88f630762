package matrix_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"entgo.io/ent/dialect"

	"karnak/test/world"
)

// unmarked are the columns of text that hold nothing anybody writes.
func unmarked() []string {
	return []string{
		"members.role", "invitations.role", "workspaces.tier", "channels.visibility", "events.type", "events.source", "events.dedupe_key",
		"grants.permission", "custom_roles.parents", "custom_roles.allow", "custom_roles.deny", "channels.direct_key", "messages.mention_ids",
		"conversations.model", "generations.model", "generations.state", "generations.provider", "generations.failure", "model_budgets.month", "tapes.kind", "tape_steps.kind",
		"conversations.tools", "generations.tools", "tools.name", "tool_versions.number", "tool_versions.replay", "tool_versions.approval", "tool_versions.permissions",
		"tool_versions.uses", "tool_versions.hosts", "tool_versions.hash", "tool_versions.state", "tool_invocations.tool", "tool_invocations.number", "tool_invocations.hash",
		"tool_invocations.call", "tool_invocations.arguments_hash", "tool_invocations.state", "tool_invocations.asking", "tool_invocations.failure",
		"users.password_hash", "sessions.address", "sessions.end_reason", "invitations.token_hash",
	}
}

// marked checks that every column in which a tenant writes holds the tenant's mark, so that nothing can be shown unseen.
func (s *stage) marked(t *testing.T) {
	t.Helper()
	left := unmarked()
	for _, name := range s.texts(t) {
		if i := slices.Index(left, name); i >= 0 {
			left = slices.Delete(left, i, i+1)
			continue
		}
		table, column, _ := strings.Cut(name, ".")
		for _, w := range s.tenants() {
			n := s.Strings(t, fmt.Sprintf("SELECT CAST(count(*) AS text) FROM %s WHERE CAST(%s AS text) LIKE '%%%s%%'", table, column, w.Mark))
			if n[0] == "0" {
				t.Errorf("%s has no mark of %s: let test/world.Populate write World.Mark into it, or enter it in unmarked() of test/matrix/canary_test.go", name, w.Mark)
			}
		}
	}
	for _, name := range left {
		t.Errorf("unmarked(): there is no column %s", name)
	}
}

// texts returns the columns of text that are no ids, of the tenants' tables, the users and their sessions.
func (s *stage) texts(t *testing.T) (out []string) {
	t.Helper()
	query := `SELECT m.name || '.' || p.name FROM sqlite_master m, pragma_table_info(m.name) p WHERE m.type = 'table' AND lower(p.type) IN ('text', 'varchar', 'json')`
	if s.DB().Dialect() == dialect.Postgres {
		query = `SELECT table_name || '.' || column_name FROM information_schema.columns WHERE table_schema = 'public' AND data_type IN ('text', 'character varying', 'jsonb', 'json')`
	}
	tables := s.Tables(t)
	for _, name := range slices.Sorted(slices.Values(s.Strings(t, query))) {
		table, column, _ := strings.Cut(name, ".")
		ours := world.TenantColumn(table, tables[table]) != "" || table == "users" || table == "sessions"
		id := column == "id" || strings.HasSuffix(column, "_id") && column != "client_mutation_id" || strings.HasSuffix(column, "_by")
		if ours && !id {
			out = append(out, name)
		}
	}
	if len(out) < len(slices.Collect(maps.Keys(tables)))/2 {
		t.Fatalf("only %v were found", out)
	}
	return out
}
