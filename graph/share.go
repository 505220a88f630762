package graph

import (
	"context"
	"encoding/json"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"

	"karnak/authz"
	"karnak/graph/transport"
	"karnak/internal/platform/batch"
	"karnak/internal/platform/id"
	"karnak/internal/platform/telemetry"
)

// Source opens the feeds of a subscription's field. The audience of their events is the id of the workspace.
type Source struct {
	// Open is for the caller: its first line checks that they may, and so does the feed with every event that may change it.
	Open func(ctx context.Context, args map[string]any) (transport.Feed, error)
	// All is for all who have one of their own; nil where not everybody may see the same events.
	All func(ctx context.Context, args map[string]any) (transport.Feed, error)
	// Expect tells package batch what the answers to events will ask for.
	Expect func(ctx context.Context, events []any)
}

// sharing finds out which subscriptions are answered together. Nothing is shared but what the schema marks with @shared, and
// what is shared is executed on behalf of an audience, who is nobody and has no permission.
type sharing struct{ sources map[string]Source }

// share returns how a subscription is answered together with others; nil for one of its own.
func (s sharing) share(oc *graphql.OperationContext) *transport.Share {
	if oc.Operation == nil || len(oc.Operation.SelectionSet) != 1 || len(oc.Operation.Directives) > 0 {
		return nil
	}
	f, ok := oc.Operation.SelectionSet[0].(*ast.Field)
	if !ok || len(f.Directives) > 0 {
		return nil
	}
	source, ok := s.sources[f.Name]
	if !ok || !same(f.SelectionSet) {
		return nil
	}
	key, err := keyOf(oc, f)
	if err != nil {
		return nil
	}
	args := f.ArgumentMap(oc.Variables)
	share := &transport.Share{
		Key:  key,
		Open: func(ctx context.Context) (transport.Feed, error) { return source.Open(ctx, args) },
		Ahead: func(ctx context.Context, events []transport.Event) context.Context {
			ctx = batch.WithSingle(ctx)
			values := make([]any, len(events))
			for i, e := range events {
				values[i] = e.Value
			}
			source.Expect(ctx, values)
			return ctx
		},
		For: func(ctx context.Context, e transport.Event) context.Context {
			ctx = authz.WithActor(telemetry.WithRequestID(ctx, id.New(id.Request)), authz.NewAudience(e.Audience))
			return transport.WithOnly(ctx, e.Value)
		},
	}
	if source.All != nil {
		share.All = func(ctx context.Context) (transport.Feed, error) { return source.All(ctx, args) }
	}
	return share
}

// keyOf is the document, the operation and the variables, but for the one that says where to begin.
func keyOf(oc *graphql.OperationContext, f *ast.Field) (string, error) {
	vars := make(map[string]any, len(oc.Variables))
	for k, v := range oc.Variables {
		vars[k] = v
	}
	if a := f.Arguments.ForName("after"); a != nil && a.Value.Kind == ast.Variable {
		delete(vars, a.Value.Raw)
	}
	b, err := json.Marshal([]any{oc.RawQuery, oc.OperationName, vars})
	return string(b), err
}

// same reports whether a selection is the same for everybody who may see the object.
func same(set ast.SelectionSet) bool {
	for _, x := range set {
		switch x := x.(type) {
		case *ast.Field:
			if !plain(x.Directives) || !marked(x) || !same(x.SelectionSet) {
				return false
			}
		case *ast.InlineFragment:
			if !plain(x.Directives) || !same(x.SelectionSet) {
				return false
			}
		case *ast.FragmentSpread:
			if !plain(x.Directives) || x.Definition == nil || len(x.Definition.Directives) > 0 || !same(x.Definition.SelectionSet) {
				return false
			}
		}
	}
	return true
}

// plain reports whether directives hang on nothing but variables.
func plain(list ast.DirectiveList) bool {
	for _, d := range list {
		if d.Name != "include" && d.Name != "skip" {
			return false
		}
	}
	return true
}

// marked reports whether the schema says of a field, or of all of its type, that it is shared. One with arguments never is.
func marked(f *ast.Field) bool {
	if f.Name == "__typename" {
		return true
	}
	if f.Definition == nil || f.ObjectDefinition == nil || len(f.Arguments) > 0 {
		return false
	}
	return f.Definition.Directives.ForName("shared") != nil || f.ObjectDefinition.Directives.ForName("shared") != nil
}
