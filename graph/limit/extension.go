package limit

import (
	"context"
	"errors"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
	"github.com/vektah/gqlparser/v2/validator/rules"

	"karnak/internal/platform/fault"
)

const extensionName = "Limit"

// Extension brings a Guard into gqlgen: Check before a document is parsed and validated, Cost before it runs, and Trim on
// answers that refuse. Extensions that fill in the query, such as persisted queries, must be used before it; the guard
// refuses to run a query it has not seen.
type Extension struct {
	guard     *Guard
	documents graphql.Cache[*ast.QueryDocument]
}

var _ interface {
	graphql.HandlerExtension
	graphql.OperationParameterMutator
	graphql.OperationContextMutator
	graphql.ResponseInterceptor
} = &Extension{}

// NewExtension returns the extension. The cache must be the server's query cache, and must hold only documents that the
// guard has seen.
func NewExtension(g *Guard, documents graphql.Cache[*ast.QueryDocument]) (*Extension, error) {
	if g == nil || documents == nil {
		return nil, errors.New("limit: an extension needs a guard and a document cache")
	}
	return &Extension{guard: g, documents: documents}, nil
}

// Server is what Install needs of gqlgen's handler.Server.
type Server interface {
	SetQueryCache(cache graphql.Cache[*ast.QueryDocument])
	SetParserTokenLimit(limit int)
	SetDisableSuggestion(value bool)
	SetValidationRulesFn(f func() *rules.Rules)
	Use(extension graphql.HandlerExtension)
}

// Install sets a server up with the guard: extension, document cache, token limit and validation rules. Call it after the
// extensions that fill in the query are in use.
func (x *Extension) Install(s Server) {
	s.SetQueryCache(x.documents)
	s.SetParserTokenLimit(x.guard.limits.Tokens)
	s.SetDisableSuggestion(!x.guard.introspection)
	s.SetValidationRulesFn(x.guard.Rules())
	s.Use(x)
}

// ExtensionName names the extension for gqlgen.
func (x *Extension) ExtensionName() string { return extensionName }

// Validate checks that there is a schema.
func (x *Extension) Validate(s graphql.ExecutableSchema) error {
	if s.Schema() == nil {
		return errors.New("limit: the server has no schema")
	}
	return nil
}

// state is what the extension keeps with an operation.
type state struct {
	query string // the text that the guard let through
	info  Info
}

// MutateOperationParameters is the first stage: it refuses a document before it is parsed and validated.
func (x *Extension) MutateOperationParameters(ctx context.Context, p *graphql.RawParams) *gqlerror.Error {
	if p.Query == "" && p.Extensions["persistedQuery"] != nil {
		// Whatever fills it in later would go past the guard. Clients take this answer as a request for the full text.
		return refuse(fault.PersistedQueryNotFound, nil, "PersistedQueryNotFound")
	}
	if err := x.guard.CheckVariables(p.Variables); err != nil {
		return err
	}
	if _, ok := x.documents.Get(ctx, p.Query); !ok {
		if err := x.guard.Check(p.Query); err != nil {
			return err
		}
	}
	graphql.GetOperationContext(ctx).Stats.SetExtension(extensionName, &state{query: p.Query})
	return nil
}

// MutateOperationContext is the second stage: it refuses a validated operation before it runs.
func (x *Extension) MutateOperationContext(_ context.Context, oc *graphql.OperationContext) *gqlerror.Error {
	s, ok := oc.Stats.GetExtension(extensionName).(*state)
	if !ok || s.query != oc.RawQuery {
		return refuse(fault.Internal, nil, "The server is set up wrongly: this query was not checked.")
	}
	oc.DisableIntrospection = !x.guard.introspection
	info, err := x.guard.Cost(oc.Operation, oc.Variables)
	s.info = info
	return err
}

// InterceptResponse trims the errors of answers without data.
func (x *Extension) InterceptResponse(ctx context.Context, next graphql.ResponseHandler) *graphql.Response {
	resp := next(ctx)
	if resp != nil && len(resp.Data) == 0 && len(resp.Errors) > 0 {
		resp.Errors = Trim(resp.Errors)
	}
	return resp
}

// InfoOf returns what is known of the operation of a context; zero before it was priced, and outside an operation.
func InfoOf(ctx context.Context) Info {
	if !graphql.HasOperationContext(ctx) {
		return Info{}
	}
	s, ok := graphql.GetOperationContext(ctx).Stats.GetExtension(extensionName).(*state)
	if !ok {
		return Info{}
	}
	return s.info
}

// CostOf returns the cost of the operation of a context in points, for a log line; 0 where it is not known.
func CostOf(ctx context.Context) int { return InfoOf(ctx).Cost }
