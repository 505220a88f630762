package faults_test

import (
	"context"
	"database/sql"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"karnak/ent/enttest"
	"karnak/internal/app/apptest"
)

// TestBackupAndRestore copies the database of a server that runs, by the commands that an operator has, writes on, and restores the
// copy: what came after it is gone, and the cursors of before say so, of both pasts.
func TestBackupAndRestore(t *testing.T) {
	t.Parallel()
	for _, engine := range enttest.Engines {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			flags := []string{"--data-dir=" + t.TempDir()}
			restored, replace := flags, []string{"--replace"}
			if engine == "postgres" {
				address := enttest.Postgres(t)
				flags, restored, replace = append(flags, "--database-url="+address), append(flags, "--database-url="+empty(t, address)), nil
			}
			w := raise(t, flags...)
			p := w.signedUp(t, "keeper")
			kept := w.channel(t, p, "kept")
			file := filepath.Join(t.TempDir(), "backup")
			w.commands(t, 0, "Keep the master secret", "backup", append(flags, file)...)
			w.commands(t, 1, "there already", "backup", append(flags, file)...)
			if i, err := os.Stat(file); err != nil || i.Mode().Perm() != 0o600 {
				t.Errorf("the backup is %v: %v", i.Mode(), err)
			}
			lost := w.channel(t, p, "lost")
			if code, _, err := w.Drain(); code != 0 || err != nil {
				t.Fatalf("%d: %v", code, err)
			}
			if engine != "postgres" {
				w.commands(t, 1, "there already", "restore", append(restored, file)...)
			}
			w.commands(t, 0, "CURSOR_RESET", "restore", append(append(restored, replace...), file)...)
			if engine == "postgres" {
				w.commands(t, 1, "not empty", "restore", append(restored, file)...)
				w.commands(t, 1, "empty database", "restore", append(restored, "--replace", file)...)
			}
			again := raise(t, restored...)
			r := again.post(t, `query($w:ID!){workspace(id:$w){channels(first:50){nodes{name}}}}`, `{"w":"`+p.Personal+`"}`, "Authorization", "Bearer "+p.Token)
			if names := string(r.Body); !strings.Contains(names, `"kept"`) || strings.Contains(names, `"lost"`) || len(r.Errors) > 0 {
				t.Errorf("after the restore there are %s", names)
			}
			for what, cursor := range map[string]string{"before": kept, "after": lost} {
				if code := again.resumed(t, p, cursor).reply(t).Code(); code != "CURSOR_RESET" {
					t.Errorf("a cursor of %s the backup is answered with %s", what, code)
				}
			}
			fresh := again.channel(t, p, "fresh")
			next := again.resumed(t, p, fresh)
			again.channel(t, p, "next")
			if m, err := next.read(t); err != nil || m.Type != "next" {
				t.Errorf("behind a new cursor comes %+v: %v", m, err)
			}
		})
	}
}

// TestRestoredUnderAServer tells a database that it was restored while a server runs on it, as an operator does who forgot to stop
// one: it ends, its sockets with the code to come back, and nothing that it holds in memory is served any more.
func TestRestoredUnderAServer(t *testing.T) {
	t.Parallel()
	address := "--database-url=" + enttest.Postgres(t)
	w := raise(t, address)
	p := w.signedUp(t, "watcher")
	s := w.resumed(t, p, w.channel(t, p, "one"))
	w.channel(t, p, "two")
	if m, err := s.read(t); err != nil || m.Type != "next" {
		t.Fatalf("%+v: %v", m, err)
	}
	w.commands(t, 0, "", "restored", address, "--data-dir="+w.data)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	for {
		if _, err := s.read(t); err != nil {
			if !strings.Contains(err.Error(), "StatusServiceRestart") {
				t.Errorf("the socket ends with %v", err)
			}
			break
		}
	}
	if code, err := w.Ended(ctx); code != 1 || err != nil || !strings.Contains(w.Logged(), "restored under this server") {
		t.Errorf("ended with %d: %v; %s", code, err, w.Logged())
	}
}

// commands runs a command of an operator, and checks how it ends.
func (w *wall) commands(t *testing.T, want int, says, name string, args ...string) {
	t.Helper()
	said, code := w.Run(t.Context(), append([]string{name}, args...)...)
	if code != want || !strings.Contains(said, says) {
		t.Fatalf("karnak %s %q ended with %d and said %s", name, args, code, said)
	}
}

// channel makes a channel, and returns the cursor of that.
func (w *wall) channel(t *testing.T, p apptest.Person, name string) string {
	t.Helper()
	r := w.post(t, `mutation($w:ID!,$n:String!){createChannel(input:{workspaceId:$w,name:$n,visibility:PUBLIC}){cursor userErrors{code}}}`,
		fmt.Sprintf(`{"w":%q,"n":%q}`, p.Personal, name), "Authorization", "Bearer "+p.Token)
	cursor := r.Text("createChannel.cursor")
	if cursor == "" {
		t.Fatalf("no channel: %s", r.Body)
	}
	return cursor
}

// resumed follows the activity of somebody's workspace after a cursor.
func (w *wall) resumed(t *testing.T, p apptest.Person, after string) *socket {
	t.Helper()
	s := w.dial(t, p.Token)
	s.write(t, "a", "subscribe", map[string]any{
		"query": `subscription($w:ID!,$a:Cursor){activity(workspaceId:$w,after:$a){id}}`, "variables": map[string]string{"w": p.Personal, "a": after},
	})
	return s
}

// empty makes an empty database beside another.
func empty(t *testing.T, beside string) string {
	t.Helper()
	db, err := sql.Open("postgres", beside)
	if err != nil {
		t.Fatal(err)
	}
	name := fmt.Sprintf("karnak_t_empty_%d_%d", os.Getpid(), time.Now().UnixNano())
	if _, err := db.ExecContext(t.Context(), "CREATE DATABASE "+name); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if _, err := db.Exec("DROP DATABASE " + name + " WITH (FORCE)"); err != nil {
			t.Error(err)
		}
		_ = db.Close()
	})
	u, err := url.Parse(beside)
	if err != nil {
		t.Fatal(err)
	}
	u.Path = "/" + name
	return u.String()
}
