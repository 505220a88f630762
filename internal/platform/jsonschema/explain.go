package jsonschema

import (
	"fmt"
	"math/big"
	"slices"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"
)

// explain says in English what the library found, alternatives in one fault.
func explain(all []Fault, e *jsonschema.ValidationError) []Fault {
	path := pointer(e.InstanceLocation)
	say := func(format string, a ...any) { all = append(all, Fault{path, fmt.Sprintf(format, a...)}) }
	switch k := e.ErrorKind.(type) {
	case *kind.Schema, *kind.Group, *kind.AllOf, *kind.Reference:
		for _, c := range e.Causes {
			all = explain(all, c)
		}
	case *kind.AnyOf:
		say("%s", alternatives(e))
	case *kind.OneOf:
		if len(k.Subschemas) > 0 {
			say("fits more than one of the alternatives")
			break
		}
		say("%s", alternatives(e))
	case *kind.Required:
		for _, name := range k.Missing {
			say("lacks %s", quote(name))
		}
	case *kind.AdditionalProperties:
		for _, name := range k.Properties {
			say("may not have %s", quote(name))
		}
	case *kind.DependentRequired:
		for _, name := range k.Missing {
			say("has %s and lacks %s", quote(k.Prop), quote(name))
		}
	case *kind.Dependency:
		for _, name := range k.Missing {
			say("has %s and lacks %s", quote(k.Prop), quote(name))
		}
	case *kind.PropertyNames:
		say("may not have a key like %s", quote(k.Property))
	default:
		say("%s", message(k))
	}
	return all
}

// message is of faults that say one thing.
func message(k jsonschema.ErrorKind) string {
	switch k := k.(type) {
	case *kind.Type:
		return "has to be " + either(k.Want) + ", not " + k.Got
	case *kind.Enum:
		return "has to be one of " + list(k.Want)
	case *kind.Const:
		return "has to be " + list([]any{k.Want})
	case *kind.Format:
		if k.Want == "regex" {
			return noPattern
		}
		return "has to be of the format " + k.Want
	case *kind.Pattern:
		return "has to match " + quote(k.Want)
	case *kind.FalseSchema:
		return "may not be there"
	case *kind.Not:
		return "may not be as it is"
	case *kind.UniqueItems:
		return fmt.Sprintf("has the same item at %d and %d", k.Duplicates[0], k.Duplicates[1])
	case *kind.Contains:
		return "has no item as it needs one"
	}
	return bound(k)
}

const noPattern = "is not a pattern of RE2, or too large a one"

func bound(k jsonschema.ErrorKind) string {
	switch k := k.(type) {
	case *kind.MinLength:
		return fmt.Sprintf("has %d characters, at least %d are needed", k.Got, k.Want)
	case *kind.MaxLength:
		return fmt.Sprintf("has %d characters, at most %d are allowed", k.Got, k.Want)
	case *kind.MinItems:
		return fmt.Sprintf("has %d items, at least %d are needed", k.Got, k.Want)
	case *kind.MaxItems:
		return fmt.Sprintf("has %d items, at most %d are allowed", k.Got, k.Want)
	case *kind.MinProperties:
		return fmt.Sprintf("has %d keys, at least %d are needed", k.Got, k.Want)
	case *kind.MaxProperties:
		return fmt.Sprintf("has %d keys, at most %d are allowed", k.Got, k.Want)
	case *kind.MinContains:
		return fmt.Sprintf("has %d items as it needs them, at least %d are needed", len(k.Got), k.Want)
	case *kind.MaxContains:
		return fmt.Sprintf("has %d items of which at most %d are allowed", len(k.Got), k.Want)
	case *kind.Minimum:
		return "has to be at least " + exact(k.Want)
	case *kind.Maximum:
		return "has to be at most " + exact(k.Want)
	case *kind.ExclusiveMinimum:
		return "has to be more than " + exact(k.Want)
	case *kind.ExclusiveMaximum:
		return "has to be less than " + exact(k.Want)
	case *kind.MultipleOf:
		return "has to be a multiple of " + exact(k.Want)
	}
	return "does not fit"
}

// alternatives says which types would do where that is all that is wrong.
func alternatives(e *jsonschema.ValidationError) string {
	var types []string
	for _, c := range e.Causes {
		t, ok := c.ErrorKind.(*kind.Type)
		if !ok || len(c.InstanceLocation) != len(e.InstanceLocation) {
			return "fits none of the alternatives"
		}
		types = append(types, t.Want...)
	}
	slices.Sort(types)
	return "has to be " + either(slices.Compact(types))
}

func either(types []string) string { return strings.Join(types, " or ") }

func list(values []any) string {
	var b strings.Builder
	for i, v := range values {
		if i > 0 {
			b.WriteString(", ")
		}
		if i == 10 {
			b.WriteString("…")
			break
		}
		b.WriteString(clip(string(canonical(nil, v)), maxName))
	}
	return b.String()
}

func exact(r *big.Rat) string {
	n, _ := r.FloatPrec()
	return clip(r.FloatString(n), maxName)
}
