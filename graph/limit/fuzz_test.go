package limit_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/vektah/gqlparser/v2/validator"
)

// FuzzGuard takes any text and any variables the whole way: nothing panics, nothing that the guard lets through is slow
// to validate, and a price is never negative.
func FuzzGuard(f *testing.F) {
	for _, a := range attacks() {
		f.Add(a.query, a.variables)
	}
	for _, query := range worst() {
		f.Add(query, "{}")
	}
	f.Add(nested, `{"id":"w","channels":3}`)
	f.Add(introspection(9, true), "")
	g, s := newGuard(f, true), loadSchema(f)
	f.Fuzz(func(t *testing.T, query, variables string) {
		if len(query)+len(variables) > 128<<10 {
			return
		}
		var given map[string]any
		_ = json.Unmarshal([]byte(variables), &given)
		begun := time.Now()
		defer func() {
			// Far above the budget in processor time: other processes share the machine.
			if took := time.Since(begun); took > time.Second {
				t.Errorf("took %v", took)
			}
		}()
		if g.CheckVariables(given) != nil {
			return
		}
		doc, refused := g.Parse(query)
		if refused != nil || len(doc.Operations) == 0 {
			return
		}
		if len(validator.ValidateWithRules(s, doc, g.Rules()())) > 0 {
			return
		}
		for _, op := range doc.Operations {
			coerced, err := validator.VariableValues(s, op, given)
			if err != nil {
				continue
			}
			if info, _ := g.Cost(op, coerced); info.Cost < 0 || info.Depth < 1 {
				t.Errorf("priced at %+v", info)
			}
		}
	})
}
