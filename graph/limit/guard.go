package limit

import (
	"errors"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
	"github.com/vektah/gqlparser/v2/lexer"
	"github.com/vektah/gqlparser/v2/parser"
	"github.com/vektah/gqlparser/v2/validator/core"

	"karnak/internal/platform/fault"
)

// Config is what a Guard is made of.
type Config struct {
	// Schema is the schema that operations are priced by. Required.
	Schema *ast.Schema
	// Limits are the bounds; the zero value is DefaultLimits.
	Limits Limits
	// Introspection lets __schema and __type through, and lets validation suggest names.
	Introspection bool
}

// Guard holds requests to the limits. It is safe for concurrent use.
type Guard struct {
	limits        Limits
	introspection bool
	fields        map[fieldKey]*fieldCost
	rules         []core.Rule
}

// New returns a guard, or everything that is wrong with the configuration and with the @cost and @listSize of the schema.
func New(c Config) (*Guard, error) {
	limits, err := c.Limits.withDefaults()
	if c.Schema == nil {
		return nil, errors.Join(err, errors.New("limit: Schema is missing"))
	}
	fields, wrong := priceList(c.Schema, limits)
	if err = errors.Join(err, wrong); err != nil {
		return nil, err
	}
	return &Guard{
		limits: limits, introspection: c.Introspection,
		fields: fields, rules: validationRules(c.Introspection),
	}, nil
}

// Limits returns the bounds in force.
func (g *Guard) Limits() Limits { return g.limits }

// Check says whether a document may be validated; nil means yes. Codes: TOKEN_LIMIT, DEPTH_LIMIT, COST_LIMIT,
// and BAD_USER_INPUT for what cannot be parsed, for fragments that spread themselves, and for introspection where it is off. What else may be wrong with a document is left to validation.
func (g *Guard) Check(query string) *gqlerror.Error {
	_, err := g.Parse(query)
	return err
}

// Parse is Check for callers that need the parsed document, which is not validated yet.
func (g *Guard) Parse(query string) (*ast.QueryDocument, *gqlerror.Error) {
	doc, err := parser.ParseQueryWithTokenLimit(&ast.Source{Input: query}, g.limits.Tokens)
	if err != nil {
		return nil, g.unparsed(query, err)
	}
	if err := g.inspect(doc); err != nil {
		return nil, err
	}
	return doc, nil
}

// CheckVariables refuses variables that nest deeper than Limits.Depth, with DEPTH_LIMIT.
func (g *Guard) CheckVariables(variables map[string]any) *gqlerror.Error {
	for _, v := range variables {
		if deeper(v, g.limits.Depth) {
			return refuse(fault.DepthLimit, nil, "A variable nests lists and objects deeper than %d levels; make it flatter.", g.limits.Depth)
		}
	}
	return nil
}

func deeper(v any, depth int) bool {
	switch v := v.(type) {
	case map[string]any:
		if depth == 0 {
			return true
		}
		for _, child := range v {
			if deeper(child, depth-1) {
				return true
			}
		}
	case []any:
		if depth == 0 {
			return true
		}
		for _, child := range v {
			if deeper(child, depth-1) {
				return true
			}
		}
	}
	return false
}

func (g *Guard) unparsed(query string, err error) *gqlerror.Error {
	if tokens(query, g.limits.Tokens) > g.limits.Tokens {
		return refuse(fault.TokenLimit, nil, "The document has more than %d tokens; split it, or move values into variables.", g.limits.Tokens)
	}
	refused := refuse(fault.BadUserInput, nil, "%s", shorten(err.Error(), longestMessage))
	var parsed *gqlerror.Error
	if errors.As(err, &parsed) {
		refused.Message = shorten(parsed.Message, longestMessage)
		refused.Locations = parsed.Locations
	}
	return refused
}

// tokens counts up to one token more than most. The parser stops at its limit with an error that has no type of its own,
// so this is how it is told from a syntax error.
func tokens(query string, most int) int {
	lex := lexer.New(&ast.Source{Input: query})
	for n := 0; ; n++ {
		if n > most {
			return n
		}
		token, err := lex.ReadToken()
		if err != nil {
			return n + 1
		}
		if token.Kind == lexer.EOF {
			return n
		}
	}
}
