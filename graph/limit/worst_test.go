package limit_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2/validator"
)

// layered is layers of fragments of which each spreads all of the next layer, with a piece of selection in each.
func layered(layers, wide int, piece string) string {
	var b strings.Builder
	b.WriteString("{" + many(wide, "...F0_%d") + "}")
	for i := range layers {
		for j := range wide {
			fmt.Fprintf(&b, "fragment F%d_%d on Query{%s ", i, j, piece)
			if i+1 < layers {
				for k := range wide {
					fmt.Fprintf(&b, "...F%d_%d ", i+1, k)
				}
			}
			b.WriteString("}")
		}
	}
	return b.String()
}

// repeated repeats each of n response keys so often within one selection.
func repeated(n, times int, format string) string {
	return strings.Repeat(many(n, format), times)
}

// doubled nests pairs of a field, n deep.
func doubled(n int) string {
	if n == 0 {
		return "__typename "
	}
	in := doubled(n - 1)
	return "a{" + in + "}a{" + in + "}"
}

// worst are documents that stay within the limits, or just pass them, and are as hard on validation as can be.
func worst() map[string]string {
	operations := func(n int, body string) string {
		return many(n, "query Q%d{...F}") + "fragment F on Query{" + body + "}"
	}
	return map[string]string{
		"equal fields as often as allowed":         "{serverInfo{" + repeated(30, 30, "z%d") + "}}",
		"the same in inline fragments":             "{serverInfo{" + strings.Repeat("...{", 12) + repeated(30, 30, "z%d") + strings.Repeat("}", 14),
		"as many comparisons as allowed":           "{serverInfo{" + strings.Repeat("...{", 11) + repeated(18, 29, "z%d") + strings.Repeat("}", 13),
		"the same, each in conflict":               "{serverInfo{" + strings.Repeat("...{", 11) + repeated(6, 13, "z%d(a:1) z%[1]d(a:2)") + strings.Repeat("}", 13),
		"the same with selections":                 "{serverInfo{" + repeated(8, 29, "z%d{a}") + "}}",
		"the same with arguments":                  "{serverInfo{" + repeated(4, 29, "z%d(a:1 b:2)") + "}}",
		"the same with objects":                    "{serverInfo{" + repeated(2, 29, "z%d(a:{a:1 b:2 c:3})") + "}}",
		"equal fields, all different":              "{serverInfo{" + many(150, "version(a:%d)") + "}}",
		"the same by operations":                   operations(7, "serverInfo{"+repeated(8, 29, "z%d")+"}"),
		"the same by operations in inline ones":    operations(20, "serverInfo{"+strings.Repeat("...{", 11)+repeated(10, 29, "z%d")+strings.Repeat("}", 12)),
		"the same by many operations":              operations(90, "serverInfo{"+repeated(2, 20, "z%d")+"}"),
		"the same by nested fragments in inline":   "{...F0} " + chained(10, strings.Repeat("...{", 12)+repeated(15, 30, "z%d")+strings.Repeat("}", 12)),
		"pairs within pairs":                       "{" + doubled(5) + "}",
		"pairs within pairs, a level more":         "{" + doubled(7) + "}",
		"fragments beside each other":              layered(1, 30, "__typename"),
		"fragments beside each other, many fields": layered(1, 30, repeated(28, 1, "z%d")),
		"layers of 2":                              layered(8, 2, "__typename"),
		"layers of 3":                              layered(5, 3, "__typename"),
		"layers of 5":                              layered(3, 5, "__typename serverInfo{version}"),
		"many fragments":                           layered(1, 120, "__typename"),
		"many fragments, none used":                "{__typename}" + many(120, "fragment F%d on Query{__typename}"),
		"many fragments of one name":               "{...F}" + strings.Repeat("fragment F on Query{__typename} ", 120),
		"many operations":                          many(190, "query Q%d{a}"),
		"many operations without a name":           strings.Repeat("{a}", 300),
		"many variables":                           "query(" + many(150, "$v%d:Int") + "){nodes(ids:[" + many(150, "$v%d") + "]){id}}",
		"many variables of one name":               "query(" + strings.Repeat("$v:Int ", 230) + "){nodes(ids:[$v]){id}}",
		"many values":                              "{nodes(ids:[" + strings.Repeat("1.5 ", 980) + "]){id}}",
		"many values, by operations":               operations(8, "nodes(ids:["+strings.Repeat("1.5 ", 800)+"]){id}"),
		"many values, nested":                      "{nodes(ids:" + strings.Repeat("[", 12) + strings.Repeat("1.5 ", 940) + strings.Repeat("]", 12) + "){id}}",
		"many arguments":                           "{" + strings.Repeat("node("+strings.Repeat("id:1 ", 40)+"){id}", 7) + "}",
		"two fields of many arguments":             "{" + strings.Repeat("node("+strings.Repeat("id:1 ", 155)+"){id}", 2) + "}",
		"inline fragments on an interface":         "{node(id:1){" + strings.Repeat("...on Node{id}", 29) + strings.Repeat("...on Actor{displayName}", 29) + many(130, "...on Actor{z%d}") + "}}",
		"inline fragments on foreign types":        "{node(id:1){" + strings.Repeat("...on Query{a}", 29) + strings.Repeat("...on Actor{b}", 29) + many(90, "...on PageInfo{z%d}") + "}}",
		"unknown fields with suggestions":          "{serverInfo{" + many(900, "versio%d") + "}}",
		"unknown input fields":                     "mutation{signIn(input:{" + many(320, "emai%d:1") + "}){cursor}}",
		"unknown types":                            many(110, "query Q%d($v:Zz){a}"),
		"strings of 1 KB":                          "{serverInfo{" + repeated(4, 29, `z%d(a:"`+strings.Repeat("y", 1000)+`")`) + "}}",
		"the introspection query, three times":     "{" + many(3, "a%d:__schema{types{...T}}") + "}" + "fragment T on __Type{" + nest("ofType", 15) + " fields{name args{name type{" + nest("ofType", 12) + "}}}}",
	}
}

// chained puts a selection at the end of n fragments.
func chained(n int, body string) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "fragment F%d on Query{...F%d} ", i, i+1)
	}
	fmt.Fprintf(&b, "fragment F%d on Query{serverInfo{%s}}", n, body)
	return b.String()
}

// Not parallel: it measures processor time.
func TestWorstDocumentsStayWithinTheBudget(t *testing.T) {
	for name, query := range worst() {
		t.Run(name, func(t *testing.T) {
			s := newServer(t, true)
			body := request(t, query, "")
			got := s.post(t, body)
			if len(got.Errors) > 20 || got.bytes > 8<<10 {
				t.Errorf("answer has %d errors and %d bytes", len(got.Errors), got.bytes)
			}
			took := cpu(func() { s.post(t, body) })
			if took > budget {
				t.Errorf("took %v of processor time, want at most %v", took, budget)
			}
			t.Logf("%v, %s", took, got.code())
		})
	}
}

func TestRulesReportTheirFirstErrors(t *testing.T) {
	t.Parallel()
	g, s := newGuard(t, true), loadSchema(t)
	doc, refused := g.Parse("{serverInfo{" + many(900, "zz%d") + "}}")
	if refused != nil {
		t.Fatal(refused)
	}
	for range 2 {
		if errs := validator.ValidateWithRules(s, doc, g.Rules()()); len(errs) != 20 {
			t.Errorf("%d errors, want 20", len(errs))
		}
	}
}
