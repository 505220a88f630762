package jsonschema

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/big"
	"regexp"
	"strings"
)

const (
	// deepest bounds how deep a value is nested.
	deepest = 64
	// longestNumber bounds a number in characters.
	longestNumber = 400
)

// exponent matches numbers whose exponent would make something of any length from a few characters.
var exponent = regexp.MustCompile(`[eE][+-]?0*[0-9]{4,}$`)

// read reads one JSON value, its numbers as they are written. A name that is there twice, what follows behind the value, and what is
// nested too deep are refused: two programs that read the same bytes must not see two values.
func read(b []byte) (any, error) {
	d := json.NewDecoder(bytes.NewReader(b))
	d.UseNumber()
	v, err := value(d, 0)
	if err != nil {
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			return nil, errors.New("it ends too early")
		}
		return nil, err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("something follows behind the value")
	}
	return v, nil
}

func value(d *json.Decoder, depth int) (any, error) {
	t, err := d.Token()
	if err != nil {
		return nil, err
	}
	switch t := t.(type) {
	case json.Number:
		if len(t) > longestNumber || exponent.MatchString(string(t)) {
			return nil, errors.New("a number is too long")
		}
		return t, nil
	case json.Delim:
		if depth == deepest {
			return nil, fmt.Errorf("it is nested deeper than %d", deepest)
		}
		if t == '[' {
			return list(d, depth)
		}
		return object(d, depth)
	}
	return t, nil
}

func list(d *json.Decoder, depth int) (any, error) {
	out := []any{}
	for d.More() {
		v, err := value(d, depth+1)
		if err != nil {
			return nil, err
		}
		out = append(out, v)
	}
	_, err := d.Token()
	return out, err
}

func object(d *json.Decoder, depth int) (any, error) {
	out := map[string]any{}
	for d.More() {
		t, err := d.Token()
		if err != nil {
			return nil, err
		}
		name, _ := t.(string)
		if _, twice := out[name]; twice {
			return nil, fmt.Errorf("the name %q is there twice", name)
		}
		if out[name], err = value(d, depth+1); err != nil {
			return nil, err
		}
	}
	_, err := d.Token()
	return out, err
}

// Canonical returns the one way to write a JSON value: names sorted by their bytes, no spaces, numbers in digits alone. Values that
// are equal have the same one, as 1, 1.0 and 10e-1 have.
func Canonical(b []byte) ([]byte, error) {
	v, err := read(b)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false)
	if err := e.Encode(digits(v)); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(out.Bytes(), []byte("\n")), nil
}

// digits writes the numbers in a value in digits.
func digits(v any) any {
	switch v := v.(type) {
	case []any:
		for i := range v {
			v[i] = digits(v[i])
		}
	case map[string]any:
		for name := range v {
			v[name] = digits(v[name])
		}
	case json.Number:
		r, ok := new(big.Rat).SetString(string(v))
		if !ok {
			return v
		}
		places, _ := r.FloatPrec() // what is written with a point ends
		s := r.FloatString(places)
		if strings.Trim(s, "-0.") == "" {
			s = "0"
		}
		return json.Number(s)
	}
	return v
}
