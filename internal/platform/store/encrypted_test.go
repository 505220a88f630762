package store

import (
	"net/url"
	"testing"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/lib/pq"
)

// TestReadsAreEncryptedAsWritesAre looks at what pgx makes of URLs: where lib/pq insists on TLS, no way leads around it.
func TestReadsAreEncryptedAsWritesAre(t *testing.T) {
	t.Parallel()
	for mode, must := range map[string]bool{"": true, "?sslmode=require": true, "?sslmode=disable": false, "?sslmode=prefer": false} {
		text := "postgres://u@db.example/x" + mode
		u, err := url.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		said, err := pq.NewConfig(text)
		if err != nil {
			t.Fatal(err)
		}
		reads := encrypted(*u, said)
		cfg, err := pgxpool.ParseConfig(reads.String())
		if err != nil {
			t.Fatal(err)
		}
		always := cfg.ConnConfig.TLSConfig != nil
		for _, f := range cfg.ConnConfig.Fallbacks {
			always = always && f.TLSConfig != nil
		}
		if always != must {
			t.Errorf("%q: TLS always %v, want %v", mode, always, must)
		}
	}
}
