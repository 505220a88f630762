package transport

import (
	"encoding/json"
	"errors"
	"unicode/utf8"
)

// Faults of JSON that came from outside. None of them repeats the input.
var (
	errSyntax    = errors.New("this is not valid JSON")
	errEncoding  = errors.New("this is not valid UTF-8")
	errDuplicate = errors.New("an object has the same key twice")
	errDepth     = errors.New("this is nested too deeply")
	errNotObject = errors.New("this has to be one JSON object")
)

// jsonReader reads JSON as RFC 8259 has it and nothing beside: no second key of the same name, no bad or half characters, no
// nesting beyond a depth. Two programs that read the same bytes must not see two requests, which encoding/json does not
// promise: it matches keys without case and lets the last of several win.
type jsonReader struct {
	b []byte
	i int
	// room is how many levels of nesting are still allowed.
	room int
	// mark names a key of the outermost object whose bytes are wanted in marked.
	mark   string
	marked []byte
	outer  int
}

// readObject returns the one object that b holds, numbers as json.Number. marked is the part of b with the value of the
// outermost key mark, nil when there is none. Nothing but marked refers to b.
func readObject(b []byte, depth int, mark string) (m map[string]any, marked []byte, err error) {
	if !utf8.Valid(b) {
		return nil, nil, errEncoding
	}
	r := jsonReader{b: b, room: depth, mark: mark, outer: depth - 1}
	if r.peek() != '{' {
		if r.i < len(b) && json.Valid(b) {
			return nil, nil, errNotObject
		}
		return nil, nil, errSyntax
	}
	if m, err = r.object(); err != nil {
		return nil, nil, err
	}
	if r.peek() != 0 || r.i < len(b) {
		return nil, nil, errSyntax
	}
	return m, r.marked, nil
}

// peek skips white space and returns the next byte, 0 at the end.
func (r *jsonReader) peek() byte {
	for ; r.i < len(r.b); r.i++ {
		switch c := r.b[r.i]; c {
		case ' ', '\t', '\n', '\r':
		default:
			return c
		}
	}
	return 0
}

func (r *jsonReader) value() (any, error) {
	switch c := r.peek(); {
	case c == '{':
		return r.object()
	case c == '[':
		return r.array()
	case c == '"':
		return r.text()
	case c == '-' || c >= '0' && c <= '9':
		return r.number()
	case c == 't':
		return true, r.word("true")
	case c == 'f':
		return false, r.word("false")
	case c == 'n':
		return nil, r.word("null")
	default:
		return nil, errSyntax
	}
}

func (r *jsonReader) object() (map[string]any, error) {
	if r.room--; r.room < 0 {
		return nil, errDepth
	}
	defer func() { r.room++ }()
	r.i++
	m := map[string]any{}
	if r.peek() == '}' {
		r.i++
		return m, nil
	}
	for {
		if r.peek() != '"' {
			return nil, errSyntax
		}
		key, err := r.text()
		if err != nil {
			return nil, err
		}
		if _, twice := m[key]; twice {
			return nil, errDuplicate
		}
		if r.peek() != ':' {
			return nil, errSyntax
		}
		r.i++
		r.peek()
		start := r.i
		v, err := r.value()
		if err != nil {
			return nil, err
		}
		m[key] = v
		if r.room == r.outer && r.mark != "" && key == r.mark {
			r.marked = r.b[start:r.i]
		}
		if done, err := r.next('}'); done || err != nil {
			return m, err
		}
	}
}

func (r *jsonReader) array() ([]any, error) {
	if r.room--; r.room < 0 {
		return nil, errDepth
	}
	defer func() { r.room++ }()
	r.i++
	list := []any{}
	if r.peek() == ']' {
		r.i++
		return list, nil
	}
	for {
		v, err := r.value()
		if err != nil {
			return nil, err
		}
		list = append(list, v)
		if done, err := r.next(']'); done || err != nil {
			return list, err
		}
	}
}

// next goes over the comma between two entries, or over the end.
func (r *jsonReader) next(end byte) (done bool, err error) {
	switch r.peek() {
	case ',':
		r.i++
		return false, nil
	case end:
		r.i++
		return true, nil
	default:
		return false, errSyntax
	}
}

func (r *jsonReader) word(w string) error {
	if len(r.b)-r.i < len(w) || string(r.b[r.i:r.i+len(w)]) != w {
		return errSyntax
	}
	r.i += len(w)
	return nil
}

func (r *jsonReader) number() (any, error) {
	start := r.i
	if r.b[r.i] == '-' {
		r.i++
	}
	leading := r.i
	whole := r.digits()
	if whole == 0 || whole > 1 && r.b[leading] == '0' {
		return nil, errSyntax
	}
	if r.at('.', '.') {
		r.i++
		if r.digits() == 0 {
			return nil, errSyntax
		}
	}
	if r.at('e', 'E') {
		r.i++
		if r.at('+', '-') {
			r.i++
		}
		if r.digits() == 0 {
			return nil, errSyntax
		}
	}
	return json.Number(r.b[start:r.i]), nil
}

func (r *jsonReader) at(c, d byte) bool {
	return r.i < len(r.b) && (r.b[r.i] == c || r.b[r.i] == d)
}

func (r *jsonReader) digits() (n int) {
	for r.i < len(r.b) && r.b[r.i] >= '0' && r.b[r.i] <= '9' {
		r.i++
		n++
	}
	return n
}
