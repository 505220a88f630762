package limit

import (
	"encoding/json"
	"math"
	"reflect"
	"strconv"

	"github.com/vektah/gqlparser/v2/ast"

	"karnak/internal/platform/fault"
)

// size returns the size of a field's list, and notes the first argument that is out of bounds.
func (p *pricer) size(f *ast.Field, cost *fieldCost) count {
	p.checkPage(f, cost)
	for _, name := range cost.ids {
		if n, ok := p.length(f, name); ok && n > count(p.guard.limits.PageSize) {
			p.wrong(f, "%s holds %d ids; give at most %d.", name, n, p.guard.limits.PageSize)
		}
	}
	size, given := count(0), false
	for _, name := range cost.slicing {
		n, ok := p.length(f, name)
		if !ok {
			continue
		}
		size, given = max(size, n), true
	}
	if !given {
		return cost.assumed
	}
	return size
}

func (p *pricer) checkPage(f *ast.Field, cost *fieldCost) {
	asked := 0
	for _, arg := range []struct {
		name string
		has  bool
	}{{"first", cost.first}, {"last", cost.last}} {
		if !arg.has {
			continue
		}
		v, given := p.argument(f, arg.name)
		if !given {
			continue
		}
		asked++
		if n, ok := whole(v); !ok || n < 1 || n > int64(p.guard.limits.PageSize) {
			p.wrong(f, "%s must be from 1 to %d; page with cursors to get more.", arg.name, p.guard.limits.PageSize)
		}
	}
	if asked == 2 {
		p.wrong(f, "first and last exclude each other; give one of them.")
	}
}

func (p *pricer) wrong(f *ast.Field, format string, args ...any) {
	if p.err == nil {
		p.err = refuse(fault.BadUserInput, f.Position, "%s: "+format, append([]any{f.Name}, args...)...)
	}
}

// length is the size that a slicing argument stands for: its value for a number, its length for a list.
func (p *pricer) length(f *ast.Field, name string) (count, bool) {
	v, given := p.argument(f, name)
	if !given {
		return 0, false
	}
	if n, ok := v.(literalList); ok {
		return count(n), true
	}
	if r := reflect.ValueOf(v); r.Kind() == reflect.Slice {
		return count(r.Len()), true
	}
	if def := f.Definition.Arguments.ForName(name); def == nil || def.Type.Elem != nil {
		// One value stands for a list of one.
		return 1, true
	}
	n, _ := whole(v)
	return count(max(0, min(n, most))), true
}

// literalList is the length of a list that is written out in the document.
type literalList int

// argument returns what is given for an argument: a Go value of a variable, the raw text of a literal, or a literalList.
// Null counts as not given, and so does a variable without a value; then the default of the schema applies.
func (p *pricer) argument(f *ast.Field, name string) (value any, given bool) {
	var v *ast.Value
	if a := f.Arguments.ForName(name); a != nil {
		v = a.Value
	}
	if v != nil && v.Kind == ast.Variable {
		value, given = p.variables[v.Raw]
		if given {
			return value, value != nil
		}
		v = nil
	}
	if v == nil && f.Definition != nil {
		if def := f.Definition.Arguments.ForName(name); def != nil {
			v = def.DefaultValue
		}
	}
	switch {
	case v == nil || v.Kind == ast.NullValue:
		return nil, false
	case v.Kind == ast.ListValue:
		return literalList(len(v.Children)), true
	case v.Kind == ast.IntValue:
		return json.Number(v.Raw), true
	}
	return v.Raw, true
}

// whole reads the forms in which an Int comes out of variables: numbers of Go, of JSON, and texts of digits.
func whole(v any) (int64, bool) {
	switch v := v.(type) {
	case int:
		return int64(v), true
	case int32:
		return int64(v), true
	case int64:
		return v, true
	case float64:
		return int64(v), v == math.Trunc(v) && math.Abs(v) <= most
	case json.Number:
		n, err := strconv.ParseInt(string(v), 10, 64)
		return n, err == nil
	case string:
		n, err := strconv.ParseInt(v, 10, 64)
		return n, err == nil
	}
	return 0, false
}
