package scalar

import (
	"bytes"
	"io"

	"github.com/99designs/gqlgen/graphql"
)

// text is written in one piece where the writer is a buffer, as it is for every answer.
type text string

// MarshalText writes a text: a String, and what is written like one.
func MarshalText(s string) graphql.Marshaler { return text(s) }

// UnmarshalText reads a text as gqlgen does.
func UnmarshalText(v any) (string, error) { return graphql.UnmarshalString(v) }

// MarshalID writes an id.
func MarshalID(s string) graphql.Marshaler { return text(s) }

// UnmarshalID reads an id as gqlgen does: a number is one, too.
func UnmarshalID(v any) (string, error) { return graphql.UnmarshalID(v) }

// MarshalGQL writes the text as JSON.
func (t text) MarshalGQL(w io.Writer) {
	b, ok := w.(*bytes.Buffer)
	if !ok {
		graphql.MarshalString(string(t)).MarshalGQL(w)
		return
	}
	b.Grow(len(t) + 2)
	_, _ = b.Write(appendText(b.AvailableBuffer(), string(t)))
}

func appendText(b []byte, s string) []byte {
	b = append(b, '"')
	start := 0
	for i := range len(s) {
		c := s[i]
		if c >= ' ' && c != '"' && c != '\\' {
			continue
		}
		b = append(b, s[start:i]...)
		start = i + 1
		switch c {
		case '"', '\\':
			b = append(b, '\\', c)
		case '\t':
			b = append(b, '\\', 't')
		case '\r':
			b = append(b, '\\', 'r')
		case '\n':
			b = append(b, '\\', 'n')
		default:
			const digits = "0123456789ABCDEF"
			b = append(b, '\\', 'u', '0', '0', digits[c>>4], digits[c&15])
		}
	}
	return append(append(b, s[start:]...), '"')
}
