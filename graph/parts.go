package graph

import (
	"context"
	"sync"
	"time"

	"github.com/99designs/gqlgen/graphql"

	"karnak/authz"
	"karnak/graph/limit"
	"karnak/graph/transport"
	"karnak/internal/platform/batch"
	"karnak/internal/platform/fault"
)

type partsKey struct{}

// inParts tells whether a response is a part of an answer that deferring cares for.
func inParts(ctx context.Context) bool { return ctx.Value(partsKey{}) != nil }

// deferring gives an answer in several parts one scope for its look-ups and one end: what is deferred is answered while the
// first part is on its way.
func deferring(c Config) graphql.OperationMiddleware {
	return func(ctx context.Context, next graphql.OperationHandler) graphql.ResponseHandler {
		if !transport.Defers(graphql.GetOperationContext(ctx)) {
			return next(ctx)
		}
		request := ctx
		ctx, cancel := context.WithTimeout(ctx, c.Timeout)
		context.AfterFunc(request, cancel)
		ctx = batch.WithScope(authz.WithSlot(context.WithValue(ctx, partsKey{}, true)))
		start, last := c.Clock.Now(), sync.OnceFunc(cancel)
		code := "OK"
		respond := next(ctx)
		return func(ctx context.Context) *graphql.Response {
			r := respond(ctx)
			switch {
			case r == nil:
				code = string(fault.Unavailable)
			case code == "OK":
				code = codeOf(r)
			}
			if r == nil || r.HasNext == nil || !*r.HasNext {
				c.answered(ctx, code, start)
				last()
			}
			return r
		}
	}
}

// answered tells of an answer that took from start until now.
func (c *Config) answered(ctx context.Context, code string, start time.Time) {
	if c.Answered != nil {
		c.Answered(Answered{Type: typeOf(ctx), Code: code, Took: c.Clock.Now().Sub(start), Cost: limit.CostOf(ctx)})
	}
}
