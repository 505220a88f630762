package transport

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/handler/lru"
	"github.com/vektah/gqlparser/v2/ast"

	"karnak/graph/transport/transporttest"
)

// BenchmarkPost is what one small query costs in the transport and the executor, with the document cached and without the network.
func BenchmarkPost(b *testing.B) {
	h := newHTTP(b, HTTPConfig{})
	exec := newExecutor(b, transporttest.Config{Fields: fields(nil)})
	exec.SetQueryCache(lru.New[*ast.QueryDocument](10))
	body := []byte(`{"query":"query Q($t:String){echo(text:$t)}","variables":{"t":"abc"},"operationName":"Q"}`)
	ctx := graphql.StartOperationTrace(context.Background())
	b.ReportAllocs()
	for b.Loop() {
		r := httptest.NewRequestWithContext(ctx, http.MethodPost, "/", bytes.NewReader(body))
		r.Header.Set("Content-Type", "application/json")
		h.Do(discard{http.Header{}}, r, exec)
	}
}

type discard struct{ h http.Header }

func (d discard) Header() http.Header         { return d.h }
func (d discard) Write(b []byte) (int, error) { return io.Discard.Write(b) }
func (d discard) WriteHeader(int)             {}

// BenchmarkRefuse is what bodies of 128 KiB cost that were made to be dear.
func BenchmarkRefuse(b *testing.B) {
	for name, body := range map[string]string{
		"lists":   `{"variables":{"a":[` + strings.Repeat("[],", 43_000) + `[]]},"query":7}`,
		"objects": `{"variables":{"a":[` + strings.Repeat("{},", 43_000) + `{}]},"query":7}`,
		"numbers": `{"variables":{"a":[` + strings.Repeat("1,", 65_000) + `1]},"query":7}`,
		"escapes": `{"variables":{"a":"` + strings.Repeat(`\u00e4`, 21_000) + `"},"query":7}`,
		"deep":    `{"variables":` + strings.Repeat(`{"a":`, 26_000),
		"array":   `[` + strings.Repeat("1,", 65_000) + `1]`,
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, refused := parseBody([]byte(body), 32); refused == nil {
					b.Fatal("taken")
				}
			}
		})
	}
}
