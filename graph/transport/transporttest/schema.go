// Package transporttest has an executable schema written by hand, for tests of transports: what a generated one does at its
// edges, without generated code. Its resolvers are functions of the test.
package transporttest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
)

// SDL is what can be asked. Queries and mutations answer with Config.Fields, subscriptions with Config.Streams.
const SDL = `
type Query { hello: String! echo(text: String): String add(a: Int!, b: Int!): Int! wait: String boom: String nothing: String! }
type Mutation { touch(by: Int = 1): Int! wait: String }
type Subscription { ticks(to: Int): Int! many: Int! denied: Int! panics: Int! other(after: String): String! }
`

// Field resolves a field of Query or Mutation.
type Field func(ctx context.Context, args map[string]any) (any, error)

// Stream resolves a field of Subscription: each value received is an event; a func() any is called for it by the executor.
type Stream func(ctx context.Context, args map[string]any) (<-chan any, error)

// Config has the resolvers, by names of fields; those left out answer null.
type Config struct {
	Fields  map[string]Field
	Streams map[string]Stream
}

// Schema is a graphql.ExecutableSchema.
type Schema struct {
	schema *ast.Schema
	config Config
}

// New returns the schema.
func New(c Config) (*Schema, error) {
	s, err := gqlparser.LoadSchema(&ast.Source{Name: "test.graphqls", Input: SDL})
	if err != nil {
		return nil, fmt.Errorf("transporttest: %w", err)
	}
	return &Schema{schema: s, config: c}, nil
}

// Schema returns the parsed schema.
func (s *Schema) Schema() *ast.Schema { return s.schema }

// Complexity knows no costs.
func (s *Schema) Complexity(context.Context, string, string, int, map[string]any) (int, bool) {
	return 0, false
}

// Exec executes the operation of the context.
func (s *Schema) Exec(ctx context.Context) graphql.ResponseHandler {
	op := graphql.GetOperationContext(ctx)
	switch op.Operation.Operation {
	case ast.Subscription:
		return s.subscribe(ctx, op)
	case ast.Mutation:
		return s.once(op, "Mutation")
	default:
		return s.once(op, "Query")
	}
}

func (s *Schema) once(op *graphql.OperationContext, root string) graphql.ResponseHandler {
	var first sync.Once
	return func(ctx context.Context) (resp *graphql.Response) {
		first.Do(func() {
			data, null := []byte{'{'}, false
			for i, f := range graphql.CollectFields(op, op.Operation.SelectionSet, []string{root}) {
				if i > 0 {
					data = append(data, ',')
				}
				value, err := s.field(ctx, op, root, f)
				if err != nil {
					graphql.AddError(graphql.WithPathContext(ctx, graphql.NewPathWithField(f.Alias)), err)
				}
				b, _ := json.Marshal(value)
				data = append(append(append(append(append(data, '"'), f.Alias...), '"'), ':'), b...)
				null = null || value == nil && f.Definition.Type.NonNull
			}
			data = append(data, '}')
			if null {
				data = []byte("null")
			}
			resp = &graphql.Response{Data: data}
		})
		return resp
	}
}

func (s *Schema) field(ctx context.Context, op *graphql.OperationContext, root string, f graphql.CollectedField) (any, error) {
	switch f.Name {
	case "__typename":
		return root, nil
	case "__type":
		name, _ := f.ArgumentMap(op.Variables)["name"].(string)
		if t := s.schema.Types[name]; t != nil {
			return map[string]string{"name": t.Name}, nil
		}
		return nil, nil
	}
	if resolve := s.config.Fields[f.Name]; resolve != nil {
		return resolve(ctx, f.ArgumentMap(op.Variables))
	}
	return nil, nil
}

func (s *Schema) subscribe(ctx context.Context, op *graphql.OperationContext) graphql.ResponseHandler {
	fields := graphql.CollectFields(op, op.Operation.SelectionSet, []string{"Subscription"})
	if len(fields) != 1 {
		graphql.AddError(ctx, errors.New("one field, please"))
		return nil
	}
	f := fields[0]
	resolve := s.config.Streams[f.Name]
	if resolve == nil {
		graphql.AddError(ctx, fmt.Errorf("there is no stream %s", f.Name))
		return nil
	}
	events, err := resolve(ctx, f.ArgumentMap(op.Variables))
	if err != nil {
		graphql.AddError(ctx, err)
		return nil
	}
	// As in generated code, one buffer serves all events: who keeps a response has to copy it.
	var buf []byte
	return func(ctx context.Context) *graphql.Response {
		select {
		case v, ok := <-events:
			if !ok {
				return nil
			}
			if late, ok := v.(func() any); ok {
				v = late()
			}
			b, _ := json.Marshal(v)
			buf = append(append(append(append(append(buf[:0], `{"`...), f.Alias...), `":`...), b...), '}')
			return &graphql.Response{Data: buf}
		case <-ctx.Done():
			return nil
		}
	}
}
