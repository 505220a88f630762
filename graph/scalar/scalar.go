// Package scalar writes and reads the contract's scalars.
package scalar

import (
	"encoding/json"
	"io"
	"strconv"
	"time"

	"github.com/99designs/gqlgen/graphql"

	"karnak/internal/platform/fault"
)

// MarshalDateTime writes an instant in UTC.
func MarshalDateTime(t time.Time) graphql.Marshaler {
	return graphql.WriterFunc(func(w io.Writer) {
		b := make([]byte, 0, 32)
		b = append(b, '"')
		b = t.UTC().AppendFormat(b, time.RFC3339Nano)
		_, _ = w.Write(append(b, '"'))
	})
}

// UnmarshalDateTime reads an instant with its zone.
func UnmarshalDateTime(v any) (time.Time, error) {
	s, ok := v.(string)
	t, err := time.Parse(time.RFC3339Nano, s)
	t = t.UTC()
	if !ok || err != nil || t.Year() < 1 || t.Year() > 9999 {
		return time.Time{}, fault.New(fault.BadUserInput, "A DateTime is written like 2026-11-22T09:30:00Z.")
	}
	return t.Truncate(time.Microsecond), nil
}

// MarshalInt64 writes a number as a string.
func MarshalInt64(n int64) graphql.Marshaler {
	return graphql.WriterFunc(func(w io.Writer) {
		b := make([]byte, 0, 24)
		b = append(b, '"')
		b = strconv.AppendInt(b, n, 10)
		_, _ = w.Write(append(b, '"'))
	})
}

// UnmarshalInt64 reads a number, written as a string or as a number.
func UnmarshalInt64(v any) (int64, error) {
	switch v := v.(type) {
	case string:
		if n, err := strconv.ParseInt(v, 10, 64); err == nil {
			return n, nil
		}
	case json.Number:
		if n, err := v.Int64(); err == nil {
			return n, nil
		}
	case int64:
		return v, nil
	case int:
		return int64(v), nil
	}
	return 0, fault.New(fault.BadUserInput, "An Int64 is a whole number of 64 bits, as a string.")
}

// MarshalJSON writes a value as it is.
func MarshalJSON(v json.RawMessage) graphql.Marshaler {
	return graphql.WriterFunc(func(w io.Writer) {
		if len(v) == 0 {
			v = json.RawMessage("null")
		}
		_, _ = w.Write(v)
	})
}

// UnmarshalJSON reads any value.
func UnmarshalJSON(v any) (json.RawMessage, error) { return json.Marshal(v) }

// MarshalEffect writes what a rule does.
func MarshalEffect(s string) graphql.Marshaler { return graphql.MarshalString(s) }

// UnmarshalEffect reads what a rule does; no input has one.
func UnmarshalEffect(any) (string, error) {
	return "", fault.New(fault.BadUserInput, "An effect is never given.")
}

// Object is what an interface of the contract is in Go, where its types are the data model's own and carry no methods for
// the contract's sake.
type Object any
