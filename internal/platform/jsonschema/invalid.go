package jsonschema

import (
	"cmp"
	"slices"
	"strings"
	"unicode/utf8"
)

// MaxFaults is how many faults are told at most.
const MaxFaults = 20

// Invalid says what is wrong with a document, or with a schema.
type Invalid struct {
	// Faults are at least one and at most MaxFaults, in the order of their paths.
	Faults []Fault
}

// Fault is one thing that is wrong.
type Fault struct {
	// Path is a JSON pointer (RFC 6901) into the document, "" for all of it; of at most 256 bytes, longer ones are cut.
	Path string
	// Message is plain English. It may name keys of the document, cut to 64 bytes, and values of the schema, but no value of
	// the document.
	Message string
}

func (i *Invalid) Error() string {
	var b strings.Builder
	b.WriteString("jsonschema: ")
	for n, f := range i.Faults {
		if n > 0 {
			b.WriteString("; ")
		}
		if f.Path != "" {
			b.WriteString(f.Path + ": ")
		}
		b.WriteString(f.Message)
	}
	return b.String()
}

func invalid(path, message string) *Invalid { return &Invalid{[]Fault{{clip(path, maxPath), message}}} }

const (
	maxPath = 256
	maxName = 64
)

// order sorts faults, since the validator goes through maps, and keeps the first.
func order(all []Fault) *Invalid {
	slices.SortFunc(all, func(a, b Fault) int { return cmp.Or(cmp.Compare(a.Path, b.Path), cmp.Compare(a.Message, b.Message)) })
	all = slices.Compact(all)
	return &Invalid{slices.Clone(all[:min(len(all), MaxFaults)])}
}

func pointer(tokens []string) string {
	var b strings.Builder
	for _, t := range tokens {
		b.WriteByte('/')
		b.WriteString(strings.NewReplacer("~", "~0", "/", "~1").Replace(clip(t, maxPath)))
		if b.Len() > maxPath {
			break
		}
	}
	return clip(b.String(), maxPath)
}

// clip cuts a valid text to at most n bytes.
func clip(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}
