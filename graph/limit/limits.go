package limit

import (
	"errors"
	"fmt"
)

// Limits are the bounds of one request. A bound of 0 takes its default.
type Limits struct {
	// Tokens is the most lexical tokens of a document, comments included; 1000.
	Tokens int
	// Depth is the deepest nesting of fields, of fragments, and of values in arguments and variables; 12.
	Depth int
	// IntrospectionDepth is the deepest nesting of fields where the path begins with __schema or __type; 20.
	IntrospectionDepth int
	// Fields is the most fields of an operation, fragments written out; 1000.
	Fields int
	// RootFields is the most root fields of an operation, fragments written out; 30.
	RootFields int
	// Aliases is the most aliases of an operation, fragments written out; 30.
	Aliases int
	// Directives is the most directives of an operation, fragments written out; 50.
	Directives int
	// Repeats is how often one response key may be selected at one place, fragments written out; 30.
	Repeats int
	// Cost is the most points an operation may cost; 20000.
	Cost int
	// PageSize is the largest page, and the most ids in a list of ids; 100.
	PageSize int
	// Page is the size assumed of a connection that is given none; 25.
	Page int
	// List is the size assumed of a list that says nothing about its size; 10.
	List int
}

// DefaultLimits returns the limits that a zero Limits stands for.
func DefaultLimits() Limits {
	return Limits{
		Tokens: 1000, Depth: 12, IntrospectionDepth: 20,
		Fields: 1000, RootFields: 30, Aliases: 30, Directives: 50, Repeats: 30,
		Cost: 20000, PageSize: 100, Page: 25, List: 10,
	}
}

func (l Limits) withDefaults() (Limits, error) {
	d := DefaultLimits()
	var faults []error
	for _, b := range []struct {
		name       string
		value, std *int
	}{
		{"Tokens", &l.Tokens, &d.Tokens},
		{"Depth", &l.Depth, &d.Depth},
		{"IntrospectionDepth", &l.IntrospectionDepth, &d.IntrospectionDepth},
		{"Fields", &l.Fields, &d.Fields},
		{"RootFields", &l.RootFields, &d.RootFields},
		{"Aliases", &l.Aliases, &d.Aliases},
		{"Directives", &l.Directives, &d.Directives},
		{"Repeats", &l.Repeats, &d.Repeats},
		{"Cost", &l.Cost, &d.Cost},
		{"PageSize", &l.PageSize, &d.PageSize},
		{"Page", &l.Page, &d.Page},
		{"List", &l.List, &d.List},
	} {
		switch {
		case *b.value < 0 || *b.value > most:
			faults = append(faults, fmt.Errorf("limit: %s must be from 1 to %d, or 0 for %d; it is %d", b.name, most, *b.std, *b.value))
		case *b.value == 0:
			*b.value = *b.std
		}
	}
	if l.Page > l.PageSize {
		faults = append(faults, fmt.Errorf("limit: Page is %d, more than PageSize, which is %d", l.Page, l.PageSize))
	}
	return l, errors.Join(faults...)
}
