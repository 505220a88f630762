package jsonschema

import (
	"errors"
	"regexp"
	"regexp/syntax"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// maxPattern bounds the states of a pattern: a text is matched in its length times these. maxPatterns bounds those of all
// patterns of a schema, each of which the library compiles twice, to check it and to keep it.
const (
	maxPattern  = 2000
	maxPatterns = 2 * 20_000
)

var errPattern = errors.New("the pattern is too large")

// patterns compiles those of one schema.
type patterns struct{ size int }

// pattern is an expression of RE2 that knows its size.
type pattern struct {
	*regexp.Regexp
	size int
}

// compile measures an expression before it is compiled, which writes repetitions out.
func (p *patterns) compile(source string) (jsonschema.Regexp, error) {
	tree, err := syntax.Parse(source, syntax.Perl)
	if err != nil {
		return nil, err
	}
	size := states(tree)
	if p.size += size; size > maxPattern || p.size > maxPatterns {
		return nil, errPattern
	}
	re, err := regexp.Compile(source)
	if err != nil {
		return nil, err
	}
	return pattern{re, size}, nil
}

func states(re *syntax.Regexp) int {
	n := 1
	switch re.Op {
	case syntax.OpLiteral:
		n = len(re.Rune)
	case syntax.OpCharClass:
		n = 1 + len(re.Rune)/8
	}
	for _, sub := range re.Sub {
		n = min(n+states(sub), maxPattern+1)
	}
	if re.Op == syntax.OpRepeat {
		n *= max(1, re.Min, re.Max)
	}
	return min(n, maxPattern+1)
}

// matching is what it costs to look for a pattern in so many bytes.
func matching(re jsonschema.Regexp, length int) int {
	p, ok := re.(pattern)
	if !ok {
		return 0
	}
	return 1 + length*(1+p.size)/64
}
