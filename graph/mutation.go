package graph

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"reflect"
	"unicode"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"

	"karnak/internal/core/eventlog"
	"karnak/internal/platform/batch"
	"karnak/internal/platform/fault"
)

// acknowledger is a mutation's payload.
type acknowledger interface{ Acknowledge() *eventlog.Receipt }

// mutations gives every mutation what they have in common: the caller's id for it, idempotency, and user errors in the
// payload. It is the only place that makes user errors of errors.
type mutations struct{ payloads map[string]reflect.Type }

// newMutations learns the payload types from the methods of the generated interface.
func newMutations(resolver reflect.Type) mutations {
	m := mutations{map[string]reflect.Type{}}
	for i := range resolver.NumMethod() {
		f := resolver.Method(i)
		m.payloads[f.Name] = f.Type.Out(0).Elem()
	}
	return m
}

// Operation makes the fields of mutations go through Field, and those of other operations through nothing.
func (m mutations) Operation(ctx context.Context, next graphql.OperationHandler) graphql.ResponseHandler {
	op := graphql.GetOperationContext(ctx)
	op.ResolverMiddleware = func(ctx context.Context, next graphql.Resolver) (any, error) { return next(ctx) }
	if op.Operation != nil && op.Operation.Operation == ast.Mutation {
		op.ResolverMiddleware = m.Field
	}
	return next(ctx)
}

// Field wraps a field; only those of the root Mutation are mutations.
func (m mutations) Field(ctx context.Context, next graphql.Resolver) (any, error) {
	f := graphql.GetFieldContext(ctx)
	if f.Object != "Mutation" || f.Field.Name == "__typename" {
		return next(ctx)
	}
	id := clientMutationID(f.Args["input"])
	mutation, err := m.describe(ctx, f, id)
	if err != nil {
		return nil, err
	}
	result, err := next(eventlog.WithMutation(ctx, mutation))
	// What was looked up before, for this field or one before it, may have changed.
	batch.Forget(ctx)
	if err == nil {
		return result, nil
	}
	issues := issuesOf(err)
	if issues == nil {
		return nil, err
	}
	payload, ok := m.payload(f.Field.Name, result)
	if !ok {
		return nil, err
	}
	r := payload.Acknowledge()
	r.UserErrors, r.ClientMutationID = issues, id
	return payload, nil
}

// issuesOf returns what the caller can mend, nil for anything else. An object that is not there is a user error, too.
func issuesOf(err error) []fault.UserError {
	var e *fault.Error
	switch {
	case !errors.As(err, &e):
		return nil
	case e.Code == fault.NotFound:
		return []fault.UserError{{Code: fault.Missing, Message: e.Message}}
	}
	return e.Issues
}

// payload returns the service's payload, or an empty one of the field's type.
func (m mutations) payload(field string, result any) (acknowledger, bool) {
	if v := reflect.ValueOf(result); v.IsValid() && !v.IsNil() {
		p, ok := result.(acknowledger)
		return p, ok
	}
	runes := []rune(field)
	runes[0] = unicode.ToUpper(runes[0])
	t, ok := m.payloads[string(runes)]
	if !ok {
		return nil, false
	}
	p, ok := reflect.New(t).Interface().(acknowledger)
	return p, ok
}

func clientMutationID(input any) *string {
	v := reflect.ValueOf(input)
	if v.Kind() != reflect.Struct {
		return nil
	}
	f := v.FieldByName("ClientMutationID")
	if !f.IsValid() || f.Kind() != reflect.Pointer || f.IsNil() {
		return nil
	}
	s := f.Elem().String()
	return &s
}

const longestKey = 128

// describe checks the ids that the caller gave the mutation.
func (m mutations) describe(ctx context.Context, f *graphql.FieldContext, id *string) (eventlog.Mutation, error) {
	out := eventlog.Mutation{ClientMutationID: id}
	var i fault.Issues
	if id != nil {
		i.Text("clientMutationId", *id, 0, longestKey, false)
	}
	var given bool
	if out.Key, given = idempotencyKey(ctx, f); given {
		var k fault.Issues
		if k.Text("", out.Key, 1, longestKey, false); len(k) > 0 {
			return out, fault.New(fault.BadUserInput, "An idempotency key has 1 to %d characters, and no control characters.", longestKey)
		}
		b, err := json.Marshal(f.Args)
		if err != nil {
			return out, err
		}
		h := sha256.Sum256(append([]byte(f.Field.Name+"\x00"), b...))
		out.Fingerprint = hex.EncodeToString(h[:])
	}
	if len(i) > 0 {
		return out, fault.New(fault.BadUserInput, "clientMutationId: %s", i[0].Message)
	}
	return out, nil
}

// idempotencyKey is the argument of the directive, else the header where the operation has one mutation; given is false
// where there is neither.
func idempotencyKey(ctx context.Context, f *graphql.FieldContext) (key string, given bool) {
	op := graphql.GetOperationContext(ctx)
	if d := f.Field.Directives.ForName("idempotent"); d != nil {
		key, _ = d.ArgumentMap(op.Variables)["key"].(string)
		return key, true
	}
	if op.Headers == nil || roots(op.Operation) != 1 {
		return "", false
	}
	key = op.Headers.Get("Idempotency-Key")
	return key, key != ""
}

func roots(op *ast.OperationDefinition) int {
	n := 0
	for _, s := range op.SelectionSet {
		if _, ok := s.(*ast.Field); !ok {
			return 2 // fragments: take it for several
		}
		n++
	}
	return n
}
