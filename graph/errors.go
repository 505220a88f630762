package graph

import (
	"context"
	"errors"
	"log/slog"

	"entgo.io/ent/privacy"
	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/errcode"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"karnak/graph/transport"
	"karnak/internal/platform/fault"
	"karnak/internal/platform/store"
	"karnak/internal/platform/telemetry"
)

// presenter turns errors into what clients see. It is the only place that does: typed errors keep their code and message,
// all others are logged with the request id and masked.
type presenter struct{ logger *slog.Logger }

// Present makes a client's error of any error.
func (p presenter) Present(ctx context.Context, err error) *gqlerror.Error {
	e := p.typed(ctx, err)
	shown := &gqlerror.Error{Message: e.Message, Extensions: map[string]any{
		"code": string(e.Code), "requestId": telemetry.RequestID(ctx), "retryable": e.Code.Retryable(),
	}}
	if e.RetryAfter > 0 {
		shown.Extensions["retryAfterMs"] = e.RetryAfter.Milliseconds()
	}
	var g *gqlerror.Error
	if errors.As(err, &g) {
		shown.Path, shown.Locations = g.Path, g.Locations
	}
	if shown.Path == nil {
		shown.Path = graphql.GetPath(ctx)
	}
	return shown
}

// typed finds the typed error in an error, or decides which one stands for it.
func (p presenter) typed(ctx context.Context, err error) *fault.Error {
	var e *fault.Error
	var g *gqlerror.Error
	switch {
	case errors.As(err, &e):
		return e
	case errors.As(err, &g) && g.Err == nil && g.Extensions["code"] != nil:
		return fault.New(documentCode(g), "%s", g.Message)
	// PostgreSQL tells with an error of its own that it stopped a statement whose context ended.
	case errors.Is(err, context.DeadlineExceeded), store.Unavailable(err) && errors.Is(ctx.Err(), context.DeadlineExceeded):
		return fault.New(fault.Unavailable, "This took too long and was stopped; ask for less, or try again.")
	case errors.Is(err, context.Canceled), store.Unavailable(err) && errors.Is(ctx.Err(), context.Canceled):
		return fault.New(fault.Unavailable, "The request was given up.")
	case store.Unavailable(err):
		p.logger.ErrorContext(ctx, "the database is not available", "error", err)
		return fault.New(fault.Unavailable, "The database is not available for now; try again.")
	case errors.Is(err, privacy.Deny):
		p.logger.WarnContext(ctx, "a privacy rule denied what a service let through", "error", err)
		return fault.Absent()
	}
	p.masked(ctx, err)
	return fault.New(fault.Internal, "Something went wrong here. The request id helps to find out what.")
}

// documentCode is the code of what gqlgen finds wrong with a document, and of errors that were presented before.
func documentCode(g *gqlerror.Error) fault.Code {
	switch c := g.Extensions["code"].(type) {
	case string:
		if c == errcode.ValidationFailed || c == errcode.ParseFailed {
			return fault.BadUserInput
		}
		return fault.Code(c)
	case fault.Code:
		return c
	}
	return fault.BadUserInput
}

func (p presenter) masked(ctx context.Context, err error) {
	var panicked *transport.PanicError
	if errors.As(err, &panicked) {
		p.logger.ErrorContext(ctx, "a panic in an operation", "panic", panicked.Error(), "stack", string(panicked.Stack))
		return
	}
	p.logger.ErrorContext(ctx, "an error that no client may see", "error", err, "path", graphql.GetPath(ctx).String())
}

// recovered makes an error of a panic in a resolver.
func recovered(stack func() []byte) graphql.RecoverFunc {
	return func(_ context.Context, v any) error { return &transport.PanicError{Value: v, Stack: stack()} }
}

// Shown makes a client's error of one that ends a request before it reaches GraphQL.
func Shown(ctx context.Context, err error) *gqlerror.Error {
	return presenter{slog.Default()}.Present(ctx, err)
}
