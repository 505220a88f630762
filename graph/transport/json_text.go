package transport

import (
	"unicode/utf16"
	"unicode/utf8"
)

func (r *jsonReader) text() (string, error) {
	r.i++
	start := r.i
	for ; r.i < len(r.b); r.i++ {
		switch c := r.b[r.i]; {
		case c == '"':
			r.i++
			return string(r.b[start : r.i-1]), nil
		case c == '\\':
			return r.escaped(append([]byte(nil), r.b[start:r.i]...))
		case c < ' ':
			return "", errSyntax
		}
	}
	return "", errSyntax
}

// escaped reads the rest of a text from its first backslash on.
func (r *jsonReader) escaped(out []byte) (string, error) {
	for r.i < len(r.b) {
		c := r.b[r.i]
		r.i++
		switch {
		case c == '"':
			return string(out), nil
		case c < ' ':
			return "", errSyntax
		case c != '\\':
			out = append(out, c)
			continue
		}
		if r.i == len(r.b) {
			return "", errSyntax
		}
		c = r.b[r.i]
		r.i++
		switch c {
		case '"', '\\', '/':
			out = append(out, c)
		case 'b':
			out = append(out, '\b')
		case 'f':
			out = append(out, '\f')
		case 'n':
			out = append(out, '\n')
		case 'r':
			out = append(out, '\r')
		case 't':
			out = append(out, '\t')
		case 'u':
			u, err := r.unicode()
			if err != nil {
				return "", err
			}
			out = utf8.AppendRune(out, u)
		default:
			return "", errSyntax
		}
	}
	return "", errSyntax
}

// unicode reads the digits after \u, and the second half of a surrogate pair; half a pair is no character.
func (r *jsonReader) unicode() (rune, error) {
	first, err := r.hex()
	if err != nil || !utf16.IsSurrogate(first) {
		return first, err
	}
	if err := r.word(`\u`); err != nil {
		return 0, errEncoding
	}
	second, err := r.hex()
	if err != nil {
		return 0, err
	}
	u := utf16.DecodeRune(first, second)
	if u == utf8.RuneError {
		return 0, errEncoding
	}
	return u, nil
}

func (r *jsonReader) hex() (rune, error) {
	if len(r.b)-r.i < 4 {
		return 0, errSyntax
	}
	var u rune
	for _, c := range r.b[r.i : r.i+4] {
		switch {
		case c >= '0' && c <= '9':
			u = u<<4 | rune(c-'0')
		case c >= 'a' && c <= 'f':
			u = u<<4 | rune(c-'a'+10)
		case c >= 'A' && c <= 'F':
			u = u<<4 | rune(c-'A'+10)
		default:
			return 0, errSyntax
		}
	}
	r.i += 4
	return u, nil
}
