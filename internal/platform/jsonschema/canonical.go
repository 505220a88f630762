package jsonschema

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"unicode/utf16"
)

// Canonical writes a document in the one way that all its spellings share, for hashes and comparisons: two documents have the
// same bytes here exactly if they are equal, where arrays are equal by order, objects whatever the order of their keys, texts
// by their code points (no normalisation) and numbers by their exact value, so that 1, 1.0 and 1e0 are one and -0 is 0.
// Canonical of what Canonical wrote is the same.
//
// It is RFC 8785 but for numbers that a double cannot hold with all their digits: RFC 8785 rounds them, and here they stay
// apart. What is refused is an *Invalid.
func Canonical(doc []byte) ([]byte, error) {
	v, err := read(doc, MaxDocument, MaxDepth)
	if err != nil {
		return nil, err
	}
	return canonical(make([]byte, 0, len(doc)), v), nil
}

func canonical(b []byte, v any) []byte {
	switch v := v.(type) {
	case nil:
		return append(b, "null"...)
	case bool:
		return strconv.AppendBool(b, v)
	case string:
		return text(b, v)
	case json.Number:
		return number(b, string(v))
	case []any:
		b = append(b, '[')
		for i, e := range v {
			if i > 0 {
				b = append(b, ',')
			}
			b = canonical(b, e)
		}
		return append(b, ']')
	case map[string]any:
		return object(b, v)
	}
	return b
}

func object(b []byte, m map[string]any) []byte {
	b = append(b, '{')
	for i, k := range sorted(m) {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(text(b, k), ':')
		b = canonical(b, m[k])
	}
	return append(b, '}')
}

// sorted orders keys by their UTF-16 code units, which differs from the order of bytes beyond U+FFFF.
func sorted(m map[string]any) []string {
	keys := make([]string, 0, len(m))
	plain := true
	for k := range m {
		keys = append(keys, k)
		plain = plain && !strings.ContainsFunc(k, func(c rune) bool { return c > 0xFFFF })
	}
	if plain {
		slices.Sort(keys)
		return keys
	}
	units := make(map[string][]uint16, len(keys))
	for _, k := range keys {
		units[k] = utf16.Encode([]rune(k))
	}
	slices.SortFunc(keys, func(x, y string) int { return slices.Compare(units[x], units[y]) })
	return keys
}

func text(b []byte, s string) []byte {
	const hex = "0123456789abcdef"
	const controls, short = "\b\t\n\f\r", "btnfr"
	b = append(b, '"')
	for i := range len(s) {
		c := s[i]
		named := strings.IndexByte(controls, c)
		switch {
		case c == '"' || c == '\\':
			b = append(b, '\\', c)
		case named >= 0:
			b = append(b, '\\', short[named])
		case c < ' ':
			b = append(b, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
		default:
			b = append(b, c)
		}
	}
	return append(b, '"')
}

// number writes a number as ECMAScript writes a double with these digits.
func number(b []byte, s string) []byte {
	negative, digits, point := decimal(s)
	if digits == "" {
		return append(b, '0')
	}
	if negative {
		b = append(b, '-')
	}
	switch n := len(digits); {
	case n <= point && point <= 21:
		return append(append(b, digits...), strings.Repeat("0", point-n)...)
	case 0 < point && point <= 21:
		return append(append(append(b, digits[:point]...), '.'), digits[point:]...)
	case -6 < point && point <= 0:
		return append(append(append(b, "0."...), strings.Repeat("0", -point)...), digits...)
	}
	b = append(b, digits[0])
	if len(digits) > 1 {
		b = append(append(b, '.'), digits[1:]...)
	}
	b = append(b, 'e')
	if point > 0 {
		b = append(b, '+')
	}
	return strconv.AppendInt(b, int64(point-1), 10)
}

// decimal takes a number apart: its value is 0.digits times ten to the power of point, and digits neither begin nor end with
// a zero.
func decimal(s string) (negative bool, digits string, point int) {
	s, negative = strings.CutPrefix(s, "-")
	mantissa, exponent, _ := strings.Cut(strings.ToLower(s), "e")
	whole, fraction, _ := strings.Cut(mantissa, ".")
	point, _ = strconv.Atoi(exponent)
	point += len(whole)
	digits = strings.TrimLeft(whole+fraction, "0")
	point -= len(whole) + len(fraction) - len(digits)
	return negative, strings.TrimRight(digits, "0"), point
}
