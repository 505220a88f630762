// Package exec is what the generated executor runs on: objects, lists and fields that are answered one after another, without
// a goroutine, a map or a context that nobody asks for. tools/gqlgen makes the generated code use it.
//
// Fields below a root field are answered in order. What several objects of a list will look up is told to package batch by
// whoever makes the list, so that the first of them fetches it for all.
package exec

import (
	"context"
	"io"

	"github.com/99designs/gqlgen/graphql"
)

// Object is the answer to a selection of one object.
type Object struct {
	// Values are those of the collected fields, in their order.
	Values []graphql.Marshaler
	// Invalid says that a field that is not nullable has no value: then the object has none.
	Invalid bool
	fields  []graphql.CollectedField
}

// NewObject returns an object without values.
func NewObject(fields []graphql.CollectedField) *Object {
	return &Object{Values: make([]graphql.Marshaler, len(fields)), fields: fields}
}

// Required sets the value of a field that is not nullable.
func (o *Object) Required(i int, v graphql.Marshaler) {
	o.Values[i] = v
	o.Invalid = o.Invalid || v == graphql.Null
}

// Nullable sets the value of a field that may be null.
func (o *Object) Nullable(i int, v graphql.Marshaler) {
	o.Values[i] = v
	o.Invalid = o.Invalid || v == graphql.RequiredNull
}

// MarshalGQL writes the object as JSON.
func (o *Object) MarshalGQL(w io.Writer) {
	b, buffered := w.(buffer)
	if !buffered {
		o.write(w)
		return
	}
	_ = b.WriteByte('{')
	for i, v := range o.Values {
		if i > 0 {
			_ = b.WriteByte(',')
		}
		_ = b.WriteByte('"') // an alias is a name: there is nothing to escape
		_, _ = b.WriteString(o.fields[i].Alias)
		_, _ = b.WriteString(`":`)
		v.MarshalGQL(w)
	}
	_ = b.WriteByte('}')
}

// buffer is what bytes.Buffer and bufio.Writer have; their errors come later, if ever.
type buffer interface {
	io.ByteWriter
	io.StringWriter
}

func (o *Object) write(w io.Writer) {
	separator := "{\""
	for i, v := range o.Values {
		_, _ = io.WriteString(w, separator+o.fields[i].Alias+`":`)
		v.MarshalGQL(w)
		separator = ",\""
	}
	if len(o.Values) == 0 {
		_, _ = io.WriteString(w, "{")
	}
	_, _ = io.WriteString(w, "}")
}

// Given returns an object of those of the collected fields that have a value; the others are answered later.
func Given(fields []graphql.CollectedField, values []graphql.Marshaler) *Object {
	o := &Object{}
	for i, v := range values {
		if v != nil {
			o.fields, o.Values = append(o.fields, fields[i]), append(o.Values, v)
		}
	}
	return o
}

// Part waits for a deferred part; it reports false when the operation is over before.
func Part(ctx context.Context, parts <-chan graphql.DeferredResult) (graphql.DeferredResult, bool) {
	select {
	case p := <-parts:
		return p, true
	case <-ctx.Done():
		return graphql.DeferredResult{}, false
	}
}

// Deferred tells whether one of the fields is answered later; gqlgen's own code does that.
func Deferred(fields []graphql.CollectedField) bool {
	for i := range fields {
		if fields[i].IsDeferred() {
			return true
		}
	}
	return false
}
