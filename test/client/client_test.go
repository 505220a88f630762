// Package client_test drives the binary that is shipped with clients of other makers from npm: @apollo/client, graphql-ws
// and the audits of graphql-http. Needs node and npm; on PostgreSQL also a server, see ent/enttest.
package client_test

import (
	"path/filepath"
	"testing"
	"time"

	"entgo.io/ent/dialect"

	"karnak/ent/enttest"
)

func TestClients(t *testing.T) {
	t.Parallel()
	n := openNode(t)
	binary := build(t)
	scripts := []struct {
		name  string
		limit time.Duration
	}{
		{"audit", 2 * time.Minute},
		{"idempotency", 2 * time.Minute},
		{"socket", 2 * time.Minute},
		{"drain", 2 * time.Minute},
		{"journey", 6 * time.Minute},
	}
	for _, engine := range enttest.Engines {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			args := []string{"--data-dir=" + filepath.Join(t.TempDir(), "data")}
			if engine == dialect.Postgres {
				args = append(args, "--database-url="+enttest.Postgres(t))
			}
			s := newServer(t, binary, args...)
			for _, script := range scripts {
				t.Run(script.name, func(t *testing.T) {
					if err := s.start(); err != nil {
						t.Fatal(err)
					}
					n.run(t, s, script.name+".test.mjs", script.limit)
				})
			}
			s.noErrors(t)
		})
	}
}
