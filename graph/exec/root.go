package exec

import (
	"context"
	"sync"

	"github.com/99designs/gqlgen/graphql"
)

// Root answers the fields of a query: side by side where there are several, since they do not know of each other. answer
// returns a field's value, and the null that no query may have in this place. A field that panics is null.
func Root(ctx context.Context, fields []graphql.CollectedField, answer func(ctx context.Context, f graphql.CollectedField) (v, never graphql.Marshaler)) graphql.Marshaler {
	ctx = graphql.WithFieldContext(ctx, &graphql.FieldContext{Object: "Query"})
	r := root{NewObject(fields), make([]graphql.Marshaler, len(fields)), answer}
	var others sync.WaitGroup
	for i := 1; i < len(fields); i++ {
		others.Go(func() { r.one(ctx, i) })
	}
	if len(fields) > 0 {
		r.one(ctx, 0)
	}
	others.Wait()
	for i, v := range r.Values {
		if v == r.never[i] {
			return graphql.Null
		}
	}
	return r.Object
}

type root struct {
	*Object
	never  []graphql.Marshaler
	answer func(ctx context.Context, f graphql.CollectedField) (v, never graphql.Marshaler)
}

func (r *root) one(ctx context.Context, i int) {
	defer func() {
		if p := recover(); p != nil {
			graphql.AddError(ctx, graphql.Recover(ctx, p))
			r.Values[i] = graphql.Null
		}
	}()
	r.Values[i], r.never[i] = r.answer(ctx, r.fields[i])
}
