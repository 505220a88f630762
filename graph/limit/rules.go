package limit

import (
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
	"github.com/vektah/gqlparser/v2/validator/core"
	"github.com/vektah/gqlparser/v2/validator/rules"
)

// Bounds of what validation says.
const (
	ruleErrors  = 20  // of one rule
	longestName = 100 // that is repeated, or that a name is suggested for
)

// Rules returns the rule sets that documents are validated with, one more with each call since gqlgen alters them. They
// are the rules of the specification; each reports its first 20 errors. Names are suggested only where introspection is
// on, and then only for unknown fields: a suggestion compares a name with every name of a type, and with a name or a text
// as long as a document that takes longer than the rest of validation.
//
// gqlgen's own switch, SetDisableSuggestion, silences two rules of five and puts their stock versions back unless the set
// holds rules of the same names: set it to the opposite of Config.Introspection together with these rules, as Install does.
func (g *Guard) Rules() func() *rules.Rules {
	return func() *rules.Rules { return rules.NewRules(g.rules...) }
}

func validationRules(suggest bool) []core.Rule {
	quiet := map[string]core.Rule{}
	for _, r := range []core.Rule{
		rules.KnownArgumentNamesRuleWithoutSuggestions,
		rules.KnownTypeNamesRuleWithoutSuggestions,
		rules.ValuesOfCorrectTypeRuleWithoutSuggestions,
	} {
		quiet[r.Name] = r
	}
	if !suggest {
		quiet["FieldsOnCorrectTypeWithoutSuggestions"] = rules.FieldsOnCorrectTypeRuleWithoutSuggestions
		quiet["ScalarLeafsWithoutSuggestions"] = rules.ScalarLeafsRuleWithoutSuggestions
	}
	var set []core.Rule
	for name, run := range rules.NewDefaultRules().GetInner() {
		if r, ok := quiet[name+"WithoutSuggestions"]; ok {
			name, run = r.Name, r.RuleFunc
		} else if name == rules.FieldsOnCorrectTypeRule.Name {
			run = suggestFields
		}
		set = append(set, capped(name, run))
	}
	return set
}

func capped(name string, run core.RuleFunc) core.Rule {
	return core.Rule{Name: name, RuleFunc: func(observers *core.Events, addError core.AddErrFunc) {
		n := 0
		run(observers, func(options ...core.ErrorOption) {
			if n++; n <= ruleErrors {
				addError(options...)
			}
		})
	}}
}

// suggestFields reports unknown fields and says what may have been meant.
func suggestFields(observers *core.Events, addError core.AddErrFunc) {
	observers.OnField(func(w *core.Walker, f *ast.Field) {
		parent := f.ObjectDefinition
		if parent == nil || f.Definition != nil {
			return
		}
		addError(
			core.Message(`Cannot query field "%s" on type "%s".`, f.Name, parent.Name),
			suggestion(w.Schema, parent, f.Name),
			core.At(f.Position),
		)
	})
}

// suggestion does its work when it is applied, which the cap on a rule's errors may prevent.
func suggestion(s *ast.Schema, parent *ast.Definition, name string) core.ErrorOption {
	return func(err *gqlerror.Error) {
		if len(name) > longestName {
			return
		}
		if holders := holders(s, parent, name); len(holders) > 0 {
			core.Suggestf("to use an inline fragment on %s", core.QuotedOrList(holders...))(err)
			return
		}
		names := make([]string, 0, len(parent.Fields))
		for _, def := range parent.Fields {
			names = append(names, def.Name)
		}
		core.SuggestListQuoted("Did you mean", name, names)(err)
	}
}

// holders are the objects behind an abstract type that have a field.
func holders(s *ast.Schema, parent *ast.Definition, name string) []string {
	if !parent.IsAbstractType() {
		return nil
	}
	var names []string
	for _, def := range s.GetPossibleTypes(parent) {
		if def.Fields.ForName(name) != nil {
			names = append(names, def.Name)
		}
	}
	return names
}
