package page

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"time"

	"entgo.io/ent/dialect/sql"

	"karnak/internal/platform/fault"
)

// Kind is the type of a column that a list is ordered by.
type Kind uint8

// The kinds of columns.
const (
	Text Kind = iota
	Int
	Time
)

// Column is a column that a list is ordered by.
type Column struct {
	Name string
	Kind Kind
}

// List is one list with its order; the columns together are unique.
type List struct {
	name    string
	secret  []byte
	columns []Column
	names   []string
	desc    bool
	key     func(any) []any
}

// NewList returns a list. The name tells its cursors from those of others, key returns a row's values of the columns.
func NewList[T any](secret []byte, name string, desc bool, key func(T) []any, columns ...Column) *List {
	l := &List{name: name, secret: secret, columns: columns, desc: desc, key: func(r any) []any { return key(r.(T)) }}
	for _, c := range columns {
		l.names = append(l.names, c.Name)
	}
	return l
}

const tagSize = 10

// Cursor returns the position of a row.
func (l *List) Cursor(row any) string {
	values := l.key(row)
	for i, v := range values {
		if t, ok := v.(time.Time); ok {
			values[i] = t.UnixMicro()
		}
	}
	b, err := json.Marshal(values)
	if err != nil {
		return "" // strings and numbers always encode
	}
	return base64.RawURLEncoding.EncodeToString(append(l.tag(b), b...))
}

func (l *List) tag(b []byte) []byte {
	h := hmac.New(sha256.New, l.secret)
	h.Write([]byte(l.name))
	h.Write([]byte{0})
	h.Write(b)
	return h.Sum(nil)[:tagSize]
}

// read returns the values of a cursor, nil for none.
func (l *List) read(cursor *string) ([]any, error) {
	if cursor == nil {
		return nil, nil
	}
	bad := fault.New(fault.BadUserInput, "This cursor is not one of this list.")
	b, err := base64.RawURLEncoding.DecodeString(*cursor)
	// The decoder passes line breaks over, and bits that belong to no byte.
	whole := err == nil && base64.RawURLEncoding.EncodeToString(b) == *cursor
	if !whole || len(b) <= tagSize || !hmac.Equal(b[:tagSize], l.tag(b[tagSize:])) {
		return nil, bad
	}
	var raw []json.RawMessage
	if json.Unmarshal(b[tagSize:], &raw) != nil || len(raw) != len(l.columns) {
		return nil, bad
	}
	out := make([]any, len(raw))
	for i, c := range l.columns {
		v, err := value(c.Kind, raw[i])
		if err != nil {
			return nil, bad
		}
		out[i] = v
	}
	return out, nil
}

func value(k Kind, raw json.RawMessage) (any, error) {
	if k == Text {
		var s string
		err := json.Unmarshal(raw, &s)
		return s, err
	}
	var n int64
	err := json.Unmarshal(raw, &n)
	if k == Time {
		return time.UnixMicro(n).UTC(), err
	}
	return n, err
}

// Where limits a query to a window, by one comparison of rows that an index over the columns can walk.
func (l *List) Where(w Window) func(*sql.Selector) {
	return func(s *sql.Selector) {
		if w.After != nil {
			s.Where(l.beyond(s, w.After, l.desc))
		}
		if w.Before != nil {
			s.Where(l.beyond(s, w.Before, !l.desc))
		}
	}
}

func (l *List) beyond(s *sql.Selector, values []any, less bool) *sql.Predicate {
	columns := make([]string, len(l.names))
	for i, n := range l.names {
		columns[i] = s.C(n)
	}
	if less {
		return sql.CompositeLT(columns, values...)
	}
	return sql.CompositeGT(columns, values...)
}

// Order orders a query by the columns, the other way round when the window goes backward.
func (l *List) Order(w Window) func(*sql.Selector) {
	return func(s *sql.Selector) {
		for _, n := range l.names {
			if l.desc != w.Backward {
				s.OrderBy(sql.Desc(s.C(n)))
			} else {
				s.OrderBy(sql.Asc(s.C(n)))
			}
		}
	}
}
