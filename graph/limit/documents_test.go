package limit_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2/ast"

	"karnak/graph/limit"
)

func TestDocumentsStayWithinTheirBytes(t *testing.T) {
	t.Parallel()
	const room = 1 << 20
	d, err := limit.NewDocuments(room)
	if err != nil {
		t.Fatal(err)
	}
	g, ctx := newGuard(t, true), context.Background()
	for i := range 2000 {
		text := fmt.Sprintf("query Q%d{serverInfo{version}}#%s", i, strings.Repeat("x", i))
		doc, refused := g.Parse(text)
		if refused != nil {
			t.Fatal(refused)
		}
		d.Add(ctx, text, doc)
		if got, ok := d.Get(ctx, text); ok && got != doc {
			t.Fatal("another document came back")
		}
	}
	if n := d.Bytes(); n == 0 || n > room {
		t.Errorf("keeps %d bytes, want some and at most %d", n, room)
	}
}

func TestLargeDocumentsAreNotKept(t *testing.T) {
	t.Parallel()
	d, err := limit.NewDocuments(1 << 20)
	if err != nil {
		t.Fatal(err)
	}
	ctx := context.Background()
	small, large := "{serverInfo{version}}", "{serverInfo{version}}#"+strings.Repeat("x", 100<<10)
	wide := "{serverInfo{" + many(400, "a%d") + "}}"
	for _, text := range []string{small, large, wide} {
		doc, refused := newGuard(t, true).Parse(text)
		if refused != nil {
			t.Fatal(refused)
		}
		d.Add(ctx, text, doc)
		if _, kept := d.Get(ctx, text); kept != (text == small) {
			t.Errorf("%.40q: kept %v", text, kept)
		}
	}
	var none *ast.QueryDocument
	d.Add(ctx, "nil", none)
	if _, kept := d.Get(ctx, "nil"); kept {
		t.Error("nothing was kept as a document")
	}
	if _, err := limit.NewDocuments(1); err == nil {
		t.Error("a cache of one byte was made")
	}
}

func TestRefusedDocumentsAreNotKept(t *testing.T) {
	t.Parallel()
	s := newServer(t, true)
	for _, query := range []string{"{zz}", "{serverInfo{versio}}", doubling(20), "{", "{serverInfo{" + strings.Repeat("version ", 31) + "}}"} {
		s.post(t, request(t, query, ""))
		if _, kept := s.documents.Get(context.Background(), query); kept {
			t.Errorf("%.60q is kept", query)
		}
	}
	good := "{serverInfo{version}}"
	s.post(t, request(t, good, ""))
	if _, kept := s.documents.Get(context.Background(), good); !kept {
		t.Error("a good document is not kept")
	}
}
