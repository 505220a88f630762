package chat_test

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"entgo.io/ent/dialect"

	"karnak/authz"
	"karnak/ent"
	"karnak/ent/entgen"
	"karnak/internal/app/apptest"
)

// hot are the operations whose cost must not grow with the history: no statement of theirs reads a whole table.
var hot = map[string]string{
	"nested":   `query($w: ID!) { workspace(id: $w) { cursor channels(first: 3) { nodes { name unreadCount lastReadSeq messages(last: 2) { nodes { body author { displayName } replyTo { body } reactions { emoji } } } } } } }`,
	"channels": `query($w: ID!) { workspace(id: $w) { channels(last: 2) { nodes { name } } members(first: 2) { nodes { user { displayName } } } } }`,
	"last":     `query($c: ID!) { node(id: $c) { ... on Channel { workspace { name } messages(last: 2) { edges { cursor node { seq author { displayName } channel { name } } } } } } }`,
	"first":    `query($c: ID!) { node(id: $c) { ... on Channel { members(first: 2) { nodes { user { displayName } } } messages(first: 2) { nodes { seq mentions { displayName } } } } } }`,
	"by id":    `query($m: ID!) { node(id: $m) { ... on Message { body author { displayName } } } }`,
	"activity": `query($w: ID!) { workspace(id: $w) { activity(first: 2) { nodes { seq ... on MessagePosted { message { body } } } } } }`,
	"viewer":   `query { viewer { user { displayName } memberships(first: 2) { nodes { workspace { name } } } } }`,
	"send":     `mutation($c: ID!, $m: ID!) { sendMessage(input: {channelId: $c, body: "hello", replyToId: $m}) { message { seq } userErrors { code } } }`,
	"react":    `mutation($m: ID!) { addReaction(input: {messageId: $m, emoji: "👍"}) { message { seq } userErrors { code } } }`,
	"read":     `mutation($c: ID!) { markRead(input: {channelId: $c, seq: 1}) { channel { unreadCount } userErrors { code } } }`,
	"edit":     `mutation($own: ID!) { editMessage(input: {messageId: $own, body: "better"}) { message { version } userErrors { code } } }`,
}

// Where a plan walks one of these, it takes them one after the other, from where the page begins.
const walked = "message_workspace_id_channel_id_seq"

func TestHotStatementsWalkIndexes(t *testing.T) {
	t.Parallel()
	for engine, plans := range map[string]func(*testing.T, *apptest.Node) map[string]string{dialect.SQLite: sqlitePlans, dialect.Postgres: postgresPlans} {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			// A pool this small has no connections for reads alone: all statements are kept where they can be listed.
			n := apptest.Start(t, engine, apptest.Options{Args: []string{"--sqlite-readers=2", "--postgres-pool=3"}})
			vars := filled(t, n)
			token := vars["token"].(string)
			delete(vars, "token")
			for name, operation := range hot {
				if a := n.Do(t, token, operation, vars); len(a.Errors) > 0 || strings.Contains(string(a.Body), `"code"`) {
					t.Fatalf("%s: %s", name, a.Body)
				}
			}
			judge(t, plans(t, n))
		})
	}
}

// judge fails on plans that read whole tables, and looks whether the hot ones are there at all.
func judge(t *testing.T, plans map[string]string) {
	seen := map[string]bool{}
	for statement, plan := range plans {
		if scans(plan) {
			t.Errorf("a table is read from end to end:\n%s\n%s", statement, plan)
		}
		several := strings.Contains(statement, "LATERAL") || strings.Contains(statement, "UNION ALL")
		if several && !strings.Contains(plan, walked) {
			t.Errorf("the pages of several channels do not walk their index:\n%s\n%s", statement, plan)
		}
		seen["several channels"] = seen["several channels"] || several
		for what, text := range map[string]string{"events": `"events"`, "a number": "last_seq", "users": "display_name", "unread": "COALESCE("} {
			seen[what] = seen[what] || strings.Contains(strings.ReplaceAll(statement, "`", `"`), text)
		}
	}
	for _, what := range []string{"several channels", "events", "a number", "users", "unread"} {
		if !seen[what] {
			t.Errorf("no statement about %s was looked at", what)
		}
	}
}

// scans reports whether a plan reads a table from end to end. Lists that came as an argument, and what an index was walked
// for before, are read so, and may be.
func scans(plan string) bool {
	for line := range strings.Lines(plan) {
		if strings.Contains(line, "Seq Scan on") || strings.Contains(line, "SCAN ") && !strings.Contains(line, "VIRTUAL TABLE") && !strings.Contains(line, "CONSTANT ROW") && !strings.Contains(line, "SCAN (subquery") {
			return true
		}
	}
	return false
}

// filled writes a history and returns the variables of the operations.
func filled(t *testing.T, n *apptest.Node) apptest.Vars {
	owner := n.SignUp(t, "Owner")
	w := n.Workspace(t, owner, "history")
	vars := apptest.Vars{"token": owner.Token, "w": w}
	for i := range 4 {
		c := n.Channel(t, owner, w, fmt.Sprintf("channel-%d", i), "PUBLIC")
		vars["c"] = c
		vars["m"] = n.Send(t, owner, c, "the first one")
		n.Write(t, func(tx *ent.Tx) error { return history(t.Context(), tx, w, c, owner.ID) })
		vars["own"] = vars["m"]
	}
	// On SQLite nobody gathers statistics, and the planner takes every table for large.
	if n.Engine == dialect.Postgres {
		if _, err := n.DB().DB().Exec("ANALYZE"); err != nil {
			t.Fatal(err)
		}
	}
	return vars
}

func history(ctx context.Context, tx *ent.Tx, workspaceID, channelID, authorID string) error {
	const messages = 300
	rows := make([]*entgen.MessageCreate, messages)
	for i := range rows {
		rows[i] = tx.Message.Create().SetWorkspaceID(workspaceID).SetChannelID(channelID).SetSeq(i + 2).SetAuthorID(authorID).
			SetBody(fmt.Sprint("line ", i)).SetCreatedAt(time.Date(2026, 11, 1, 9, 0, 0, 0, time.UTC).Add(time.Duration(i) * time.Minute))
	}
	sys := authz.System(ctx, "test")
	if err := tx.Message.CreateBulk(rows...).Exec(sys); err != nil {
		return err
	}
	return tx.Channel.UpdateOneID(channelID).SetLastSeq(messages + 1).Exec(sys)
}

// connections hands out all connections of a pool.
func connections(t *testing.T, db *sql.DB, n int, f func(c *sql.Conn)) {
	for range n {
		c, err := db.Conn(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = c.Close() }()
		f(c)
	}
}

func sqlitePlans(t *testing.T, n *apptest.Node) map[string]string {
	out := map[string]string{}
	look := func(c *sql.Conn) {
		var statements []string
		err := c.Raw(func(driver any) error {
			statements = driver.(interface{ Statements() []string }).Statements()
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range statements {
			if ours(s) {
				out[s] = column(t, c, 3, "EXPLAIN QUERY PLAN "+s, make([]any, strings.Count(s, "?")+strings.Count(s, "$1"))...)
			}
		}
	}
	connections(t, n.DB().Reader().(interface{ DB() *sql.DB }).DB(), 2, look)
	connections(t, n.DB().DB(), 1, look)
	return out
}

func postgresPlans(t *testing.T, n *apptest.Node) map[string]string {
	out := map[string]string{}
	connections(t, n.DB().DB(), 3, func(c *sql.Conn) {
		// Small tables are read whole for good reason; what is asked is whether there is an index to walk.
		for _, x := range []string{"SET enable_seqscan = off", "DISCARD PLANS"} {
			if _, err := c.ExecContext(t.Context(), x); err != nil {
				t.Fatal(err)
			}
		}
		names := strings.Split(strings.TrimSpace(column(t, c, 0, "SELECT name || ' ' || cardinality(parameter_types) FROM pg_prepared_statements WHERE NOT from_sql AND statement ~ '^[A-Z]'")), "\n")
		for _, line := range slices.DeleteFunc(names, func(s string) bool { return s == "" }) {
			var name string
			var arguments int
			if _, err := fmt.Sscan(line, &name, &arguments); err != nil {
				t.Fatal(err)
			}
			text := column(t, c, 0, "SELECT statement FROM pg_prepared_statements WHERE name = '"+name+"'")
			if ours(text) {
				nulls := strings.TrimSuffix(strings.Repeat("NULL,", arguments), ",")
				out[text] = column(t, c, 0, fmt.Sprintf("EXPLAIN (COSTS OFF) EXECUTE %q(%s)", name, nulls))
			}
		}
	})
	return out
}

// ours tells statements about the rooms' tables from those of the job queue, and from what is not planned.
func ours(statement string) bool {
	s := strings.ReplaceAll(statement, "`", `"`)
	if !slices.ContainsFunc([]string{"SELECT", "UPDATE", "DELETE", "WITH"}, func(verb string) bool { return strings.HasPrefix(s, verb) }) {
		return false
	}
	return slices.ContainsFunc([]string{"messages", "events", "event_heads", "channels", "channel_members", "members", "users", "read_states", "reactions", "workspaces", "sessions"},
		func(table string) bool {
			return strings.Contains(s, `"`+table+`"`) || strings.Contains(s, " "+table+" ")
		})
}

// column returns one column of all rows, a line each.
func column(t *testing.T, c *sql.Conn, at int, query string, args ...any) string {
	t.Helper()
	rows, err := c.QueryContext(t.Context(), query, args...)
	if err != nil {
		t.Fatalf("%v in %s", err, query)
	}
	defer func() { _ = rows.Close() }()
	names, err := rows.Columns()
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for rows.Next() {
		values := make([]any, len(names))
		for i := range values {
			values[i] = new(sql.NullString)
		}
		if err := rows.Scan(values...); err != nil {
			t.Fatal(err)
		}
		b.WriteString(values[at].(*sql.NullString).String + "\n")
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}
