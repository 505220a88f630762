package jsonschema

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"
)

// MaxDocument and MaxDepth bound a document.
const (
	MaxDocument = 1 << 20
	MaxDepth    = 100
)

const (
	maxNumber   = 400
	maxExponent = 400
)

// read reads one value, with numbers as json.Number.
func read(doc []byte, size, depth int) (any, error) {
	if len(doc) > size {
		return nil, invalid("", fmt.Sprintf("has %d bytes, more than %d", len(doc), size))
	}
	if !utf8.Valid(doc) {
		return nil, invalid("", "is not valid UTF-8")
	}
	r := reader{in: json.NewDecoder(bytes.NewReader(doc)), depth: depth}
	r.in.UseNumber()
	v, err := r.value()
	if err != nil {
		return nil, r.fault(err)
	}
	if _, err := r.in.Token(); !errors.Is(err, io.EOF) {
		return nil, invalid("", "has something behind its end")
	}
	// The decoder has seen that it is JSON, so that a backslash is within a text. It makes U+FFFD of half a character.
	if halved(doc) {
		return nil, invalid("", "has half of a surrogate pair in a text")
	}
	return v, nil
}

type reader struct {
	in    *json.Decoder
	path  []string
	depth int
}

// fault takes what the decoder says for bad JSON: its own message would repeat the input.
func (r *reader) fault(err error) error {
	var f *Invalid
	if errors.As(err, &f) {
		return f
	}
	return invalid(pointer(r.path), "is not valid JSON")
}

func (r *reader) refuse(message string) error {
	return invalid(pointer(r.path), message)
}

func (r *reader) value() (any, error) {
	t, err := r.in.Token()
	if err != nil {
		return nil, err
	}
	switch t := t.(type) {
	case json.Delim:
		if len(r.path) >= r.depth {
			return nil, r.refuse(fmt.Sprintf("is nested more than %d levels deep", r.depth))
		}
		if t == '[' {
			return r.array()
		}
		return r.object()
	case json.Number:
		if !bounded(string(t)) {
			return nil, r.refuse("is a number with too many digits or too large an exponent")
		}
	}
	return t, nil
}

func (r *reader) array() (any, error) {
	list := []any{}
	for r.in.More() {
		v, err := r.inside(strconv.Itoa(len(list)))
		if err != nil {
			return nil, err
		}
		list = append(list, v)
	}
	_, err := r.in.Token()
	return list, err
}

func (r *reader) object() (any, error) {
	m := map[string]any{}
	for r.in.More() {
		t, err := r.in.Token()
		if err != nil {
			return nil, err
		}
		key, ok := t.(string)
		if !ok {
			return nil, r.refuse("is not valid JSON")
		}
		if _, twice := m[key]; twice {
			return nil, r.refuse("has the key " + quote(key) + " twice")
		}
		if m[key], err = r.inside(key); err != nil {
			return nil, err
		}
	}
	_, err := r.in.Token()
	return m, err
}

func (r *reader) inside(token string) (any, error) {
	r.path = append(r.path, token)
	v, err := r.value()
	if err == nil {
		r.path = r.path[:len(r.path)-1]
	}
	return v, err
}

func quote(name string) string { return strconv.Quote(clip(name, maxName)) }

// bounded keeps numbers to what exact arithmetic can be asked for: 1e1000000000 would take gigabytes.
func bounded(number string) bool {
	if len(number) > maxNumber {
		return false
	}
	_, exponent, ok := strings.Cut(strings.ToLower(number), "e")
	if !ok {
		return true
	}
	n, err := strconv.Atoi(exponent)
	return err == nil && n >= -maxExponent && n <= maxExponent
}

// halved looks for an escaped surrogate without its other half.
func halved(doc []byte) bool {
	for i := bytes.IndexByte(doc, '\\'); i >= 0 && i < len(doc); {
		high := unit(doc[i:])
		switch {
		case high >= 0xD800 && high < 0xDC00:
			if low := unit(doc[i+6:]); low < 0xDC00 || low > 0xDFFF {
				return true
			}
			i += 12
		case high >= 0xDC00 && high <= 0xDFFF:
			return true
		default:
			i += 2
		}
		next := bytes.IndexByte(doc[min(i, len(doc)):], '\\')
		if next < 0 {
			return false
		}
		i += next
	}
	return false
}

// unit is the number that b begins with as an escape, -1 where it begins otherwise.
func unit(b []byte) int64 {
	if len(b) < 6 || b[0] != '\\' || b[1] != 'u' {
		return -1
	}
	n, err := strconv.ParseInt(string(b[2:6]), 16, 32)
	if err != nil {
		return -1
	}
	return n
}
