// Package client_test drives the binary that is shipped with clients of other makers from npm: @apollo/client, graphql-ws,
// graphql-sse, eventsource and the audits of graphql-http. Needs node and npm; on PostgreSQL also a server, see ent/enttest.
package client_test

import (
	"path/filepath"
	"testing"
	"time"

	"entgo.io/ent/dialect"

	"karnak/ent/enttest"
	"karnak/test/binary"
)

func TestClients(t *testing.T) {
	t.Parallel()
	n := openNode(t)
	path, err := binary.Build(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	scripts := []struct {
		name  string
		limit time.Duration
	}{
		{"audit", 2 * time.Minute},
		{"idempotency", 2 * time.Minute},
		{"socket", 2 * time.Minute},
		{"drain", 2 * time.Minute},
		{"sse", 3 * time.Minute},
		{"defer", time.Minute},
		{"journey", 6 * time.Minute},
	}
	for _, engine := range enttest.Engines {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			args := []string{"--seed-demo", "--data-dir=" + filepath.Join(t.TempDir(), "data")}
			if engine == dialect.Postgres {
				args = append(args, "--database-url="+enttest.Postgres(t))
			}
			s := binary.New(t, path, args...)
			for _, script := range scripts {
				t.Run(script.name, func(t *testing.T) {
					if err := s.Start(); err != nil {
						t.Fatal(err)
					}
					n.run(t, s, script.name+".test.mjs", script.limit)
				})
			}
			s.NoErrors(t)
		})
	}
}
