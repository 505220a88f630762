package limit

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
)

type fieldKey struct{ object, field string }

// fieldCost is what the schema says about the cost of a field.
type fieldCost struct {
	weight count
	// kind says how the size of the field's list works on the cost of its selection.
	kind fieldKind
	// slicing names the arguments that hold the size; assumed is the size without them.
	slicing []string
	assumed count
	// entry marks the lists of a connection that its page size multiplies.
	entry bool
	// first and last say that the field has these paging arguments; ids names its lists of ids.
	first, last bool
	ids         []string
}

type fieldKind int

const (
	single fieldKind = iota
	list
	connection
)

// priceList reads the cost of every field of a schema.
func priceList(s *ast.Schema, l Limits) (map[fieldKey]*fieldCost, error) {
	prices := map[fieldKey]*fieldCost{}
	var faults []error
	for _, def := range s.Types {
		if def.Kind != ast.Object && def.Kind != ast.Interface {
			continue
		}
		for _, f := range def.Fields {
			p, err := price(s, def, f, l)
			if err != nil {
				faults = append(faults, fmt.Errorf("limit: %s.%s: %w", def.Name, f.Name, err))
			}
			prices[fieldKey{def.Name, f.Name}] = p
		}
	}
	for _, def := range s.Types {
		if def.Kind == ast.Interface {
			heaviest(s, def, prices)
		}
	}
	slices.SortFunc(faults, func(a, b error) int { return strings.Compare(a.Error(), b.Error()) })
	return prices, errors.Join(faults...)
}

// heaviest gives the fields of an interface the weight of the heaviest field that implements them.
func heaviest(s *ast.Schema, def *ast.Definition, prices map[fieldKey]*fieldCost) {
	for _, f := range def.Fields {
		p := prices[fieldKey{def.Name, f.Name}]
		for _, object := range s.PossibleTypes[def.Name] {
			if implementing := prices[fieldKey{object.Name, f.Name}]; implementing != nil {
				p.weight = max(p.weight, implementing.weight)
			}
		}
	}
}

func price(s *ast.Schema, def *ast.Definition, f *ast.FieldDefinition, l Limits) (*fieldCost, error) {
	p := &fieldCost{weight: 1, assumed: 1}
	inner := s.Types[f.Type.Name()]
	composite := inner != nil && inner.IsCompositeType()
	switch {
	case composite && f.Type.Elem != nil:
		p.kind, p.assumed = list, count(l.List)
		p.entry = (f.Name == "edges" || f.Name == "nodes") && strings.HasSuffix(def.Name, "Connection")
	case composite && strings.HasSuffix(inner.Name, "Connection"):
		p.kind, p.assumed = connection, count(l.Page)
	}
	for _, a := range f.Arguments {
		switch {
		case a.Name == "first" && a.Type.NamedType == "Int":
			p.first = true
		case a.Name == "last" && a.Type.NamedType == "Int":
			p.last = true
		case a.Type.Elem != nil && a.Type.Name() == "ID":
			p.ids = append(p.ids, a.Name)
		}
	}
	return p, errors.Join(p.readCost(f), p.readListSize(f))
}

func (p *fieldCost) readCost(f *ast.FieldDefinition) error {
	weight, given, err := intArgument(f.Directives.ForName("cost"), "weight", 0)
	if given {
		p.weight = weight
	}
	return err
}

func (p *fieldCost) readListSize(f *ast.FieldDefinition) error {
	d := f.Directives.ForName("listSize")
	if d == nil {
		return nil
	}
	if p.kind == single {
		return errors.New("@listSize stands on a field that is neither a list of objects nor a connection")
	}
	var faults []error
	assumed, given, err := intArgument(d, "assumedSize", 1)
	if given {
		p.assumed = assumed
	}
	faults = append(faults, err)
	if a := d.Arguments.ForName("slicingArguments"); a != nil {
		for _, child := range a.Value.Children {
			name := child.Value.Raw
			if f.Arguments.ForName(name) == nil {
				faults = append(faults, fmt.Errorf("@listSize names the argument %q, which the field does not have", name))
			}
			p.slicing = append(p.slicing, name)
		}
	}
	return errors.Join(faults...)
}

func intArgument(d *ast.Directive, name string, least count) (value count, given bool, err error) {
	if d == nil {
		return 0, false, nil
	}
	a := d.Arguments.ForName(name)
	if a == nil || a.Value.Kind == ast.NullValue {
		return 0, false, nil
	}
	raw, err := a.Value.Value(nil)
	if err != nil {
		return 0, false, fmt.Errorf("@%s(%s:): %w", d.Name, name, err)
	}
	n, ok := raw.(int64)
	if !ok || count(n) < least || n > most {
		return 0, false, fmt.Errorf("@%s(%s:) must be a number from %d to %d", d.Name, name, least, most)
	}
	return count(n), true, nil
}
