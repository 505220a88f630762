package limit_test

import (
	"context"
	"testing"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/executor"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/validator"

	"karnak/graph/limit"
)

// BenchmarkGuard measures what the guard adds to a usual query: the check of its text, its price, and both stages in
// gqlgen with and without the document in the cache (the latter parses and validates too).
func BenchmarkGuard(b *testing.B) {
	g, s := newGuard(b, true), loadSchema(b)
	variables := map[string]any{"id": "w"}
	b.Run("check", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if err := g.Check(nested); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("cost", func(b *testing.B) {
		doc, _ := g.Parse(nested)
		if errs := validator.ValidateWithRules(s, doc, g.Rules()()); len(errs) > 0 {
			b.Fatal(errs)
		}
		coerced, err := validator.VariableValues(s, doc.Operations[0], variables)
		if err != nil {
			b.Fatal(err)
		}
		b.ReportAllocs()
		for b.Loop() {
			if _, err := g.Cost(doc.Operations[0], coerced); err != nil {
				b.Fatal(err)
			}
		}
	})
	documents, err := limit.NewDocuments(1 << 20)
	if err != nil {
		b.Fatal(err)
	}
	for name, cache := range map[string]graphql.Cache[*ast.QueryDocument]{"operation, cached": documents, "operation, not cached": graphql.NoCache[*ast.QueryDocument]{}} {
		b.Run(name, func(b *testing.B) {
			x, err := limit.NewExtension(g, cache)
			if err != nil {
				b.Fatal(err)
			}
			ex := executor.New(&executable{schema: s})
			ex.SetQueryCache(cache)
			ex.SetDefaultRulesFn(g.Rules())
			ex.Use(x)
			ctx := graphql.StartOperationTrace(context.Background())
			b.ReportAllocs()
			for b.Loop() {
				if _, errs := ex.CreateOperationContext(ctx, &graphql.RawParams{Query: nested, Variables: variables}); len(errs) > 0 {
					b.Fatal(errs)
				}
			}
		})
	}
	b.Run("without the guard, cached", func(b *testing.B) {
		ex := executor.New(&executable{schema: s})
		ex.SetQueryCache(documents)
		ctx := graphql.StartOperationTrace(context.Background())
		b.ReportAllocs()
		for b.Loop() {
			if _, errs := ex.CreateOperationContext(ctx, &graphql.RawParams{Query: nested, Variables: variables}); len(errs) > 0 {
				b.Fatal(errs)
			}
		}
	})
}
