// Package inside_test measures the read path without a network: what `go test -bench . -cpuprofile` needs.
package inside_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"entgo.io/ent/dialect"

	"karnak/bench/dataset"
	"karnak/ent/enttest"
	"karnak/internal/app/apptest"
	"karnak/internal/platform/store"
)

const (
	nested = `query($workspace: ID!) { workspace(id: $workspace) { channels(first: 20) { nodes { id name
  messages(last: 20) { nodes { id body createdAt author { id displayName } } } } } } }`
	byID = `query($id: ID!) { node(id: $id) { ... on Message { id body createdAt author { id displayName } } } }`
)

func BenchmarkReads(b *testing.B) {
	for _, engine := range enttest.Engines {
		b.Run(engine, func(b *testing.B) {
			n, d := filled(b, engine)
			token := signIn(b, n, d.Places[0].Email)
			for _, q := range []struct {
				name string
				body []byte
			}{
				{"nested", request(b, nested, apptest.Vars{"workspace": d.Workspace})},
				{"byID", request(b, byID, apptest.Vars{"id": d.Messages[7]})},
			} {
				b.Run(q.name, func(b *testing.B) {
					b.ReportAllocs()
					start := cpu(b)
					defer func() { b.ReportMetric(float64(cpu(b)-start)/float64(b.N)/1e6, "cpu-ms/op") }()
					for b.Loop() {
						if a := ask(n, token, q.body); a.Code != http.StatusOK || bytes.Contains(a.Body.Bytes(), []byte(`"errors"`)) {
							b.Fatal(a.Code, a.Body.String())
						}
					}
				})
			}
		})
	}
}

// cpu is the processor time of this process so far; PostgreSQL's is not in it.
func cpu(b *testing.B) time.Duration {
	b.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func filled(b *testing.B, engine string) (*apptest.Node, *dataset.Data) {
	b.Helper()
	folder := b.TempDir()
	args, c := []string{"--data-dir=" + folder, "--addr=127.0.0.1:0", "--log-level=warn"}, store.Config{Path: filepath.Join(folder, "karnak.db"), Pool: 4}
	if engine == dialect.Postgres {
		c = store.Config{URL: enttest.Postgres(b), Pool: 4}
		args = append(args, "--database-url="+c.URL)
	}
	d, err := dataset.Write(b.Context(), c, dataset.Size{Users: 200, Channels: 200, Messages: 100_000, Teams: 8}, time.Now())
	if err != nil {
		b.Fatal(err)
	}
	return apptest.Open(b, engine, args, apptest.Options{}), d
}

func request(b *testing.B, query string, vars apptest.Vars) []byte {
	b.Helper()
	body, err := json.Marshal(map[string]any{"query": query, "variables": vars})
	if err != nil {
		b.Fatal(err)
	}
	return body
}

func ask(n *apptest.Node, token string, body []byte) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodPost, "/graphql", bytes.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	w := httptest.NewRecorder()
	n.Handler().ServeHTTP(w, r)
	return w
}

func signIn(b *testing.B, n *apptest.Node, email string) string {
	b.Helper()
	w := ask(n, "", request(b, `mutation($email: String!) { signIn(input: {email: $email, password: "`+dataset.Password+`"}) { session { accessToken } } }`, apptest.Vars{"email": email}))
	var a struct {
		Data struct {
			SignIn struct{ Session struct{ AccessToken string } }
		}
	}
	if err := json.Unmarshal(w.Body.Bytes(), &a); err != nil || a.Data.SignIn.Session.AccessToken == "" {
		b.Fatal(w.Body.String())
	}
	return a.Data.SignIn.Session.AccessToken
}
