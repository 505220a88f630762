package jsonschema

import (
	"reflect"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// bears reports whether holding a value against the schema stays within MaxWork. It errs to the side of too much: it takes
// every alternative for tried and every pattern for met.
func (s *scale) bears(v any) bool {
	w := weighing{scale: s, known: map[pair]int{}, sizes: map[uintptr]int{}}
	return w.cost(s.root, v) <= MaxWork && w.steps <= MaxWork
}

type weighing struct {
	*scale
	known map[pair]int
	sizes map[uintptr]int
	steps int
}

// pair is a schema and a value. Objects and arrays are who they are, and of the rest only what it costs is told apart.
type pair struct {
	schema *jsonschema.Schema
	at     uintptr
	size   int
}

func identity(s *jsonschema.Schema, v any) pair {
	switch v := v.(type) {
	case map[string]any:
		return pair{s, reflect.ValueOf(v).Pointer(), len(v)}
	case []any:
		return pair{s, reflect.ValueOf(v).Pointer(), len(v)}
	case string:
		return pair{s, 0, 1 + len(v)}
	}
	return pair{s, 0, 0}
}

func (w *weighing) cost(s *jsonschema.Schema, v any) int {
	if s.Bool != nil {
		return 1
	}
	p := identity(s, v)
	if n, ok := w.known[p]; ok {
		return n
	}
	if w.steps++; w.steps > MaxWork {
		return MaxWork + 1
	}
	n := w.fixed[s]
	for _, sub := range here(s) {
		if s.DynamicRef != nil && sub == s.DynamicRef.Ref {
			n += w.dearest(s.DynamicRef, v)
			continue
		}
		if n += w.cost(sub, v); n > MaxWork {
			break
		}
	}
	switch v := v.(type) {
	case map[string]any:
		n += w.object(s, v)
	case []any:
		n += w.array(s, v)
	case string:
		n += len(v)/64 + matching(s.Pattern, len(v))
	}
	n = min(n, MaxWork+1)
	w.known[p] = n
	return n
}

// dearest takes of all that a dynamic reference may lead to what costs most.
func (w *weighing) dearest(d *jsonschema.DynamicRef, v any) int {
	n := w.cost(d.Ref, v)
	for _, s := range w.anchored[d.Anchor] {
		n = max(n, w.cost(s, v))
	}
	return n
}

func (w *weighing) object(s *jsonschema.Schema, m map[string]any) int {
	n := len(m)
	rest := []*jsonschema.Schema{schemaOf(s.AdditionalProperties), s.UnevaluatedProperties}
	for k, e := range m {
		if sub := s.Properties[k]; sub != nil {
			n += w.cost(sub, e)
		}
		for p, sub := range s.PatternProperties {
			n += matching(p, len(k)) + w.cost(sub, e)
		}
		for _, sub := range rest {
			if sub != nil {
				n += w.cost(sub, e)
			}
		}
		if s.PropertyNames != nil {
			n += w.cost(s.PropertyNames, k)
		}
		if n > MaxWork {
			break
		}
	}
	return n
}

func (w *weighing) array(s *jsonschema.Schema, list []any) int {
	n := len(list)
	if len(s.Extensions) > 0 {
		n += w.size(list)
	}
	for i, e := range list {
		if i < len(s.PrefixItems) {
			n += w.cost(s.PrefixItems[i], e)
		} else if s.Items2020 != nil {
			n += w.cost(s.Items2020, e)
		}
		for _, sub := range []*jsonschema.Schema{s.Contains, s.UnevaluatedItems} {
			if sub != nil {
				n += w.cost(sub, e)
			}
		}
		if n > MaxWork {
			break
		}
	}
	return n
}

// size is entries, counted once for each array.
func (w *weighing) size(list []any) int {
	at := reflect.ValueOf(list).Pointer()
	if n, ok := w.sizes[at]; ok {
		return n
	}
	n := entries(list)
	w.sizes[at] = n
	return n
}
