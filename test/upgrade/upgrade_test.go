// Package upgrade_test holds karnak to its word that an older database is brought to the newest schema with all that is in
// it.
package upgrade_test

import (
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"entgo.io/ent/dialect"
	"golang.org/x/crypto/argon2"

	"karnak/ent/enttest"
	"karnak/ent/migrate"
	"karnak/internal/app/apptest"
	"karnak/internal/platform/id"
	"karnak/internal/platform/store"
)

const password = "an old password"

// old is what a database of the first version holds.
type old struct{ user, other, workspace, channel string }

// messages of the old channel, numbered from 1.
const messages = 120

func TestOldestDatabaseBecomesTheNewest(t *testing.T) {
	t.Parallel()
	for _, engine := range enttest.Engines {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			data := t.TempDir()
			c := store.Config{Path: filepath.Join(data, "karnak.db")}
			args := []string{"--data-dir=" + data, "--addr=127.0.0.1:0"}
			if engine == dialect.Postgres {
				c = store.Config{URL: enttest.Postgres(t), Pool: 2}
				args = append(args, "--database-url="+c.URL, "--postgres-pool=5")
			}
			o := fill(t, c)
			n := apptest.Open(t, engine, args, apptest.Options{})
			intact(t, n, o)
		})
	}
}

// fill makes a database of the first version with data in it.
func fill(t *testing.T, c store.Config) old {
	t.Helper()
	s, err := store.Open(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	exec := func(statement string, args ...any) {
		t.Helper()
		if _, err := s.DB().Exec(statement, args...); err != nil {
			t.Fatalf("%v in %s", err, statement)
		}
	}
	if s.Dialect() == dialect.Postgres {
		exec("DROP SCHEMA public CASCADE")
		exec("CREATE SCHEMA public")
	}
	dir, err := migrate.Dir(s.Dialect())
	if err != nil {
		t.Fatal(err)
	}
	all, err := dir.Files()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := migrate.Run(t.Context(), migrate.Config{DB: s.DB(), Dialect: s.Dialect(), To: all[0].Version()}); err != nil {
		t.Fatal(err)
	}
	o := old{id.New(id.User), id.New(id.User), id.New(id.Workspace), id.New(id.Channel)}
	const at = "2026-11-01 10:00:00+00:00"
	for i, u := range []string{o.user, o.other} {
		mail := fmt.Sprintf("old%d@example.test", i)
		exec("INSERT INTO users (id, created_at, email, email_key, display_name, password_hash) VALUES ($1, $2, $3, $3, $4, $5)", u, at, mail, fmt.Sprint("Old ", i), hash(t))
	}
	exec("INSERT INTO workspaces (id, created_at, name, slug, tier) VALUES ($1, $2, 'Old works', 'old-works', 'STARTUP')", o.workspace, at)
	exec("INSERT INTO members (id, workspace_id, user_id, role, owner, joined_at) VALUES ($1, $2, $3, 'admin', true, $4)", id.New(id.Member), o.workspace, o.user, at)
	exec("INSERT INTO members (id, workspace_id, user_id, role, joined_at) VALUES ($1, $2, $3, 'user', $4)", id.New(id.Member), o.workspace, o.other, at)
	exec("INSERT INTO channels (id, workspace_id, created_at, name, name_key, visibility, last_seq, created_by) VALUES ($1, $2, $3, 'general', 'general', 'PUBLIC', $4, $5)",
		o.channel, o.workspace, at, messages, o.user)
	for i := 1; i <= messages; i++ {
		exec("INSERT INTO messages (id, workspace_id, created_at, channel_id, seq, author_id, body) VALUES ($1, $2, $3, $4, $5, $6, $7)",
			id.New(id.Message), o.workspace, at, o.channel, i, o.user, fmt.Sprintf("old message number%d", i))
		exec("INSERT INTO events (id, workspace_id, seq, type, channel_id, occurred_at, recorded_at, source) VALUES ($1, $2, $3, 'chat.message.posted', $4, $5, $5, 'karnak')",
			id.New(id.Event), o.workspace, i, o.channel, at)
	}
	exec("INSERT INTO event_heads (id, seq) VALUES ($1, $2)", o.workspace, messages)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	return o
}

// hash makes a password's hash as the first version kept it.
func hash(t *testing.T) string {
	t.Helper()
	salt := make([]byte, 16)
	if _, err := rand.Read(salt); err != nil {
		t.Fatal(err)
	}
	e := base64.RawStdEncoding
	return fmt.Sprintf("$argon2id$v=19$m=19456,t=2,p=1$%s$%s", e.EncodeToString(salt), e.EncodeToString(argon2.IDKey([]byte(password), salt, 2, 19456, 1, 32)))
}

// intact looks at everything by the API, and goes on working with it.
func intact(t *testing.T, n *apptest.Node, o old) {
	t.Helper()
	in := n.Must(t, "", `mutation($p: String!) { signIn(input: {email: "OLD0@example.test", password: $p}) { session { accessToken } user { id displayName } userErrors { code } } }`, apptest.Vars{"p": password})
	token := in.Text("signIn.session.accessToken")
	if in.Text("signIn.user.id") != o.user || in.Text("signIn.user.displayName") != "Old 0" {
		t.Errorf("%s", in.Body)
	}
	seq, after := 0, any(nil)
	for {
		a := n.Must(t, token, `query($c: ID!, $after: Cursor) { node(id: $c) { ... on Channel { name unreadCount messages(first: 50, after: $after) { nodes { seq body createdAt author { displayName } } pageInfo { hasNextPage endCursor } } } } }`,
			apptest.Vars{"c": o.channel, "after": after})
		list, _ := a.Get("node.messages.nodes").([]any)
		for _, x := range list {
			m := x.(map[string]any)
			if seq++; m["seq"] != float64(seq) || m["body"] != fmt.Sprintf("old message number%d", seq) || !strings.HasPrefix(m["createdAt"].(string), "2026-11-01T10:00:00") {
				t.Fatalf("message %d is %v", seq, m)
			}
		}
		if a.Get("node.messages.pageInfo.hasNextPage") != true {
			break
		}
		after = a.Text("node.messages.pageInfo.endCursor")
	}
	if seq != messages {
		t.Errorf("%d messages are left of %d", seq, messages)
	}
	n.Send(t, apptest.Person{Token: token}, o.channel, "a new message")
	a := n.Must(t, token, `query($w: ID!, $c: ID!) { workspace(id: $w) {
		old: searchMessages(query: "number77") { nodes { seq } } new: searchMessages(query: "new message") { nodes { seq } }
		members { totalCount } activity(first: 1) { nodes { type seq } } } node(id: $c) { ... on Channel { lastSeq } } }`, apptest.Vars{"w": o.workspace, "c": o.channel})
	for path, want := range map[string]any{
		"workspace.old.nodes.0.seq": 77.0, "workspace.new.nodes.0.seq": float64(messages + 1), "node.lastSeq": float64(messages + 1),
		"workspace.members.totalCount": 2.0, "workspace.activity.nodes.0.seq": fmt.Sprint(messages + 1),
	} {
		if got := a.Get(path); got != want {
			t.Errorf("%s is %v, want %v", path, got, want)
		}
	}
}
