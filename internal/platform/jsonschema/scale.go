package jsonschema

import (
	"fmt"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"
)

// MaxWork is how many steps a validation may take at most: a schema held against a value, an entry of an object or array
// looked at, some characters of a text.
const MaxWork = 250_000

// scale tells before a validation what it can cost.
type scale struct {
	root *jsonschema.Schema
	// anchored has the targets of $dynamicRef, which the meta-schema has and no other schema may have.
	anchored map[string][]*jsonschema.Schema
	// fixed is what a schema costs whatever it is held against.
	fixed map[*jsonschema.Schema]int
}

// newScale walks through a schema, and settles what the library decides otherwise than this package.
func newScale(root *jsonschema.Schema) (*scale, error) {
	s := &scale{root: root, anchored: map[string][]*jsonschema.Schema{}, fixed: map[*jsonschema.Schema]int{}}
	for next := []*jsonschema.Schema{root}; len(next) > 0; {
		one := next[len(next)-1]
		next = next[:len(next)-1]
		if _, seen := s.fixed[one]; seen {
			continue
		}
		if len(s.fixed) >= MaxSubschemas {
			return nil, invalid("", fmt.Sprintf("has more than %d subschemas", MaxSubschemas))
		}
		if one.DraftVersion != 2020 {
			return nil, invalid(place(one.Location), "has to be of draft 2020-12")
		}
		s.take(one)
		next = append(next, here(one)...)
		below(one, func(sub *jsonschema.Schema) { next = append(next, sub) })
	}
	return s, s.straight()
}

func (s *scale) take(one *jsonschema.Schema) {
	if f := one.Format; f != nil {
		switch f.Name {
		case "date-time", "email", "uri", "uuid":
		default:
			one.Format = nil
		}
	}
	if one.UniqueItems {
		one.UniqueItems = false
		one.Extensions = append(one.Extensions, unique{})
	}
	if one.DynamicAnchor != "" {
		s.anchored[one.DynamicAnchor] = append(s.anchored[one.DynamicAnchor], one)
	}
	cost := 1 + len(one.Required) + len(one.DependentRequired)
	for _, names := range one.DependentRequired {
		cost += len(names)
	}
	if one.Enum != nil {
		cost += entries(one.Enum.Values)
	}
	if one.Const != nil {
		cost += entries(*one.Const)
	}
	s.fixed[one] = cost
}

// unique is uniqueItems. The library's own compares all items whose hashes are equal, and its hash of a list can be made equal
// at will.
type unique struct{}

func (unique) Validate(ctx *jsonschema.ValidatorContext, v any) {
	list, _ := v.([]any)
	seen := make(map[string]int, len(list))
	for i, e := range list {
		k := string(canonical(nil, e))
		if j, twice := seen[k]; twice {
			ctx.AddError(&kind.UniqueItems{Duplicates: [2]int{j, i}})
			return
		}
		seen[k] = i
	}
}

// entries counts a value and all that is in it.
func entries(v any) int {
	n := 1
	switch v := v.(type) {
	case []any:
		for _, e := range v {
			n += entries(e)
		}
	case map[string]any:
		for _, e := range v {
			n += entries(e)
		}
	case string:
		n += len(v) / 64
	}
	return n
}

// straight refuses a schema that comes back to itself for the same value.
func (s *scale) straight() error {
	const onTheWay, done = 1, 2
	state := make(map[*jsonschema.Schema]int, len(s.fixed))
	var visit func(one *jsonschema.Schema) error
	visit = func(one *jsonschema.Schema) error {
		switch state[one] {
		case onTheWay:
			return invalid(place(one.Location), "comes back to itself without going deeper")
		case done:
			return nil
		}
		state[one] = onTheWay
		for _, sub := range here(one) {
			if err := visit(sub); err != nil {
				return err
			}
		}
		state[one] = done
		return nil
	}
	for one := range s.fixed {
		if err := visit(one); err != nil {
			return err
		}
	}
	return nil
}
