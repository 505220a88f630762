// Package graph is the GraphQL server: guards, executor, transports and the one error presenter. It knows no domain.
package graph

import (
	"context"
	"errors"
	"log/slog"
	"reflect"
	"runtime/debug"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/handler"
	"github.com/vektah/gqlparser/v2/ast"

	"karnak/authz"
	"karnak/graph/directive"
	"karnak/graph/graphgen"
	"karnak/graph/limit"
	"karnak/graph/transport"
	"karnak/internal/platform/batch"
	"karnak/internal/platform/clock"
)

// Config is what a Server stands on.
type Config struct {
	Resolvers graphgen.ResolverRoot
	// Require checks a permission on an object that a field hangs on.
	Require func(ctx context.Context, object any, p authz.Permission) error
	Logger  *slog.Logger
	Clock   clock.Clock
	Limits  limit.Limits
	// Introspection answers __schema.
	Introspection bool
	MaxBody       int64
	// Timeout ends queries and mutations.
	Timeout time.Duration
	// Lease has the reads of a query share what they can; nil for nothing. The function it returns ends that.
	Lease func(context.Context) (context.Context, func())
	// Answered hears of every query and mutation that was answered; nil for nobody.
	Answered func(Answered)
	// Sources are the fields of Subscription that may be answered together, by name.
	Sources map[string]Source
	// Socket says how websockets work, Events how streams of server-sent events do; Present, HTTP and Clock are filled in.
	Socket transport.SocketConfig
	Events transport.SSEConfig
}

// Server answers GraphQL requests over HTTP and websockets.
type Server struct {
	*handler.Server
	Socket *transport.Socket
	Events *transport.SSE
	Guard  *limit.Guard
}

// documentBytes bounds the documents that are kept parsed and validated.
const documentBytes = 16 << 20

// New returns a server.
func New(c Config) (*Server, error) {
	if c.Resolvers == nil || c.Require == nil || c.Logger == nil || c.Clock == nil || c.Timeout <= 0 {
		return nil, errors.New("graph: Resolvers, Require, Logger, Clock and Timeout are needed")
	}
	schema := graphgen.NewExecutableSchema(graphgen.Config{
		Resolvers: c.Resolvers, Directives: graphgen.DirectiveRoot{Authorized: directive.Authorized(c.Require)},
	})
	present := presenter{c.Logger}
	s := &Server{Server: handler.New(schema)}
	if err := s.transports(c, present); err != nil {
		return nil, err
	}
	s.SetErrorPresenter(present.Present)
	s.SetRecoverFunc(recovered(debug.Stack))
	if err := s.limits(c, schema.Schema()); err != nil {
		return nil, err
	}
	s.AroundOperations(newMutations(reflect.TypeFor[graphgen.MutationResolver]()).Operation)
	s.AroundOperations(deferring(c))
	s.AroundResponses(answering(c))
	return s, nil
}

func (s *Server) transports(c Config, p presenter) (err error) {
	together := sharing{c.Sources}.share
	c.Socket.Present, c.Socket.Clock, c.Socket.Share = p.Present, c.Clock, together
	if s.Socket, err = transport.NewSocket(c.Socket); err != nil {
		return err
	}
	http, err := transport.NewHTTP(transport.HTTPConfig{MaxBody: c.MaxBody, Present: p.Present, Clock: c.Clock})
	if err != nil {
		return err
	}
	c.Events.HTTP, c.Events.Clock, c.Events.Share = http, c.Clock, together
	if s.Events, err = transport.NewSSE(c.Events); err != nil {
		return err
	}
	s.AddTransport(s.Socket)
	s.AddTransport(s.Events)
	s.AddTransport(http)
	return nil
}

func (s *Server) limits(c Config, schema *ast.Schema) (err error) {
	if s.Guard, err = limit.New(limit.Config{Schema: schema, Limits: c.Limits, Introspection: c.Introspection}); err != nil {
		return err
	}
	documents, err := limit.NewDocuments(documentBytes)
	if err != nil {
		return err
	}
	x, err := limit.NewExtension(s.Guard, documents)
	if err != nil {
		return err
	}
	x.Install(s.Server)
	return nil
}

// answering gives each answer, and each event of a subscription, a scope for its look-ups, and queries and mutations an
// end.
func answering(c Config) graphql.ResponseMiddleware {
	return func(ctx context.Context, next graphql.ResponseHandler) *graphql.Response {
		if inParts(ctx) {
			return next(ctx)
		}
		ctx = authz.WithSlot(ctx)
		if subscribes(ctx) {
			return next(batch.WithSingle(ctx))
		}
		if inOrder(ctx) {
			ctx = batch.WithSingle(ctx)
		} else {
			ctx = batch.WithScope(ctx)
		}
		ctx, cancel := context.WithTimeout(ctx, c.Timeout)
		defer cancel()
		if c.Lease != nil && typeOf(ctx) == string(ast.Query) && inOrder(ctx) {
			leased, release := c.Lease(ctx)
			defer release()
			ctx = leased
		}
		start := c.Clock.Now()
		r := next(ctx)
		if c.Answered != nil {
			c.Answered(Answered{Type: typeOf(ctx), Code: codeOf(r), Took: c.Clock.Now().Sub(start), Cost: limit.CostOf(ctx)})
		}
		return r
	}
}

// Answered is what there is to say of an answer: the type of the operation, "invalid" for a document that was refused,
// the code of its first error, "OK" for none, the time it took and its cost.
type Answered struct {
	Type, Code string
	Took       time.Duration
	Cost       int
}

// inOrder tells whether the fields of an answer are answered one after another: all but the root fields of a query are.
func inOrder(ctx context.Context) bool {
	if !graphql.HasOperationContext(ctx) {
		return true
	}
	op := graphql.GetOperationContext(ctx).Operation
	return op == nil || op.Operation == ast.Mutation || roots(op) == 1
}

func typeOf(ctx context.Context) string {
	if graphql.HasOperationContext(ctx) {
		if op := graphql.GetOperationContext(ctx).Operation; op != nil {
			return string(op.Operation)
		}
	}
	return "invalid"
}

func codeOf(r *graphql.Response) string {
	if r == nil || len(r.Errors) == 0 {
		return "OK"
	}
	code, _ := r.Errors[0].Extensions["code"].(string)
	return code
}

func subscribes(ctx context.Context) bool {
	if !graphql.HasOperationContext(ctx) {
		return false
	}
	op := graphql.GetOperationContext(ctx).Operation
	return op != nil && op.Operation == ast.Subscription
}
