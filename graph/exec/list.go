package exec

import (
	"context"

	"github.com/99designs/gqlgen/graphql"
)

// element is the place of one element in a list.
type element struct {
	graphql.FieldContext
	at int
}

// List answers the elements of a list in their order. An element that panics takes the list with it.
func List(ctx context.Context, length int, marshal func(ctx context.Context, i int) graphql.Marshaler) (out graphql.Array) {
	out = make(graphql.Array, length)
	places := make([]element, length)
	at := 0
	defer func() {
		if r := recover(); r != nil {
			ctx := graphql.WithFieldContext(ctx, &places[at].FieldContext)
			graphql.AddError(ctx, graphql.Recover(ctx, r))
			out = nil
		}
	}()
	for ; at < length; at++ {
		e := &places[at]
		e.at, e.Index = at, &e.at
		out[at] = marshal(graphql.WithFieldContext(ctx, &e.FieldContext), at)
	}
	return out
}
