package transport

import (
	"bytes"
	"encoding/json"
	"strings"
	"unicode/utf8"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
)

// Bounds of what an answer says about errors; the rest is left out and counted in extensions.errorsOmitted.
const (
	maxErrors       = 20
	maxErrorText    = 7 << 10
	maxErrorMessage = 1 << 10
)

// appendResponse appends the response as JSON: errors, then data, then extensions. Data goes in as the executor made it. A
// response without data (nothing was executed) has no entry for it.
func appendResponse(dst []byte, r *graphql.Response) []byte {
	if len(r.Errors) == 0 && len(r.Extensions) == 0 {
		dst = append(dst, `{"data":`...)
		dst = appendData(dst, r)
		return append(dst, '}')
	}
	dst = append(dst, '{')
	comma, omitted := false, 0
	if len(r.Errors) > 0 {
		dst = append(dst, `"errors":`...)
		dst, omitted = appendErrors(dst, r.Errors)
		comma = true
	}
	if len(r.Data) > 0 || len(r.Errors) == 0 {
		if comma {
			dst = append(dst, ',')
		}
		dst = append(dst, `"data":`...)
		dst = appendData(dst, r)
	}
	if extensions := extensionsOf(r, omitted); extensions != nil {
		dst = append(dst, `,"extensions":`...)
		dst = append(dst, extensions...)
	}
	return append(dst, '}')
}

func appendData(dst []byte, r *graphql.Response) []byte {
	if len(r.Data) == 0 {
		return append(dst, "null"...)
	}
	return append(dst, r.Data...)
}

func extensionsOf(r *graphql.Response, omitted int) []byte {
	m := r.Extensions
	if omitted > 0 {
		m = map[string]any{"errorsOmitted": omitted}
		for k, v := range r.Extensions {
			m[k] = v
		}
	}
	if len(m) == 0 {
		return nil
	}
	b, err := encode(m)
	if err != nil {
		return nil
	}
	return b
}

// appendErrors appends the errors as a JSON array within the bounds, and says how many were left out.
func appendErrors(dst []byte, list gqlerror.List) (_ []byte, omitted int) {
	dst = append(dst, '[')
	start, n := len(dst), 0
	for _, e := range list {
		if e == nil {
			continue
		}
		b := encodeError(e)
		if n == maxErrors || len(dst)-start+len(b) > maxErrorText {
			omitted++
			continue
		}
		if n > 0 {
			dst = append(dst, ',')
		}
		dst = append(dst, b...)
		n++
	}
	return append(dst, ']'), omitted
}

// encodeError writes one error in the order of the specification; what is too long or cannot be encoded loses all but its
// message and code.
func encodeError(e *gqlerror.Error) []byte {
	type ordered struct {
		Message    string              `json:"message"`
		Locations  []gqlerror.Location `json:"locations,omitempty"`
		Path       ast.Path            `json:"path,omitempty"`
		Extensions map[string]any      `json:"extensions,omitempty"`
	}
	message := clip(strings.ToValidUTF8(e.Message, "�"), maxErrorMessage)
	b, err := encode(ordered{message, e.Locations, e.Path, e.Extensions})
	if err == nil && len(b) <= 2*maxErrorMessage {
		return b
	}
	short := ordered{Message: clip(message, maxErrorMessage/2)}
	if code := codeOf(e); code != "" {
		short.Extensions = map[string]any{"code": code}
		if id, ok := e.Extensions["requestId"].(string); ok {
			short.Extensions["requestId"] = id
		}
	}
	b, _ = encode(short)
	return b
}

// clip cuts s to at most n bytes, between characters.
func clip(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}

func encode(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(b.Bytes(), []byte{'\n'}), nil
}
