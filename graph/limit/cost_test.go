package limit_test

import (
	"math"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
	"github.com/vektah/gqlparser/v2/validator"

	"karnak/graph/limit"
)

// cost takes a document through all that happens to it before it is priced.
func cost(t testing.TB, g *limit.Guard, s *ast.Schema, query string, variables map[string]any) (limit.Info, *gqlerror.Error) {
	t.Helper()
	doc, refused := g.Parse(query)
	if refused != nil {
		t.Fatal(refused)
	}
	if errs := validator.ValidateWithRules(s, doc, g.Rules()()); len(errs) > 0 {
		t.Fatal(errs)
	}
	coerced, err := validator.VariableValues(s, doc.Operations[0], variables)
	if err != nil {
		t.Fatal(err)
	}
	return g.Cost(doc.Operations[0], coerced)
}

func TestCost(t *testing.T) {
	t.Parallel()
	channel := func(s string) string { return `{node(id:"c"){... on Channel{` + s + `}}}` }
	for _, c := range []struct {
		name, query string
		variables   map[string]any
		cost, depth int
	}{
		{name: "a field and a leaf", query: "{serverInfo{version}}", cost: 2, depth: 2},
		{name: "a weight of the schema", query: channel("unreadCount"), cost: 1 + 2, depth: 2},
		{name: "a list of a size said by the schema", query: "{permissions{name description}}", cost: 1 + 20*2, depth: 2},
		{name: "a deferred fragment", query: channel("...@defer{unreadCount}"), cost: 1 + 2 + 10, depth: 2},
		{name: "deferred fragments in a page", query: channel("messages(first:10){nodes{...F@defer(label:\"x\")}}") + ` fragment F on Message{body}`, cost: 1 + 1 + 1 + 10*(1+1+10) - 10, depth: 4},
		{name: "a list of ids", query: `{nodes(ids:["a","b","c"]){id __typename}}`, cost: 1 + 3*2, depth: 2},
		{name: "a list of no ids", query: `{nodes(ids:[]){id}}`, cost: 1, depth: 2},
		{name: "one id for a list", query: `{nodes(ids:"7"){id}}`, cost: 1 + 1, depth: 2},
		{name: "ids by variable", query: "query($i:[ID!]!){nodes(ids:$i){id}}", variables: map[string]any{"i": []any{"a", "b"}}, cost: 1 + 2, depth: 2},
		{name: "one id for a list by variable", query: "query($i:[ID!]!){nodes(ids:$i){id}}", variables: map[string]any{"i": "7"}, cost: 1 + 1, depth: 2},
		{name: "ids that are variables", query: "query($i:ID!){nodes(ids:[$i,$i]){id}}", variables: map[string]any{"i": "7"}, cost: 1 + 2, depth: 2},
		{name: "a page by nodes", query: channel("messages(first:10){nodes{id body}}"), cost: 1 + 1 + 1 + 10*2, depth: 4},
		{name: "a page by edges", query: channel("messages(last:10){edges{cursor node{id}}}"), cost: 1 + 1 + 1 + 10*3, depth: 5},
		{name: "a page with what is there once", query: channel("messages(first:10){nodes{id} pageInfo{endCursor} totalCount}"), cost: 1 + 1 + 1 + 10 + 2 + 5, depth: 4},
		{name: "a page of the default size", query: channel("messages{nodes{id}}"), cost: 1 + 1 + 1 + 25, depth: 4},
		{name: "a page of null", query: channel("messages(first:null){nodes{id}}"), cost: 1 + 1 + 1 + 25, depth: 4},
		{name: "a page by a variable without value", query: "query($n:Int){node(id:1){... on Channel{messages(first:$n){nodes{id}}}}}", cost: 1 + 1 + 1 + 25, depth: 4},
		{name: "a page by a variable", query: "query($n:Int){node(id:1){... on Channel{messages(first:$n){nodes{id}}}}}", variables: map[string]any{"n": 40}, cost: 1 + 1 + 1 + 40, depth: 4},
		{name: "a page by a variable's default", query: "query($n:Int=40){node(id:1){... on Channel{messages(first:$n){nodes{id}}}}}", cost: 1 + 1 + 1 + 40, depth: 4},
		{name: "pages in a page", query: "{workspaces(first:10){nodes{channels(first:5){nodes{id}}}}}", cost: 1 + 1 + 10*(1+1+5*1), depth: 5},
		{name: "one fragment in pages of two sizes", query: `{a:node(id:1){... on Channel{messages(first:10){...M}}} b:node(id:1){... on Channel{messages(first:20){...M}}}} fragment M on MessageConnection{nodes{id}}`, cost: 2*(1+1+1) + 10 + 20, depth: 4},
		{name: "a fragment spread twice", query: "{a:serverInfo{...F} b:serverInfo{...F}} fragment F on ServerInfo{version uptimeSeconds}", cost: 2 * 3, depth: 2},
		{name: "what is skipped", query: "{serverInfo{version @skip(if:true)}}", cost: 2, depth: 2},
		{name: "a mutation", query: `mutation{signOut(input:{}){endedSessions userErrors{message}}}`, cost: 1 + 1 + 1 + 10*1, depth: 3},
		{name: "a subscription", query: `subscription{channelEvents(channelId:1){id}}`, cost: 2, depth: 2},
		{name: "introspection", query: "{__schema{types{name} directives{name}}}", cost: 1 + (1+100*1+1+5*1)/40, depth: 3},
		{name: "introspection of a type", query: `{__type(name:"User"){fields{name}}}`, cost: 1 + (1+5*1)/40, depth: 3},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			g, s := newGuard(t, true), loadSchema(t)
			info, err := cost(t, g, s, c.query, c.variables)
			if err != nil {
				t.Fatal(err)
			}
			if info.Cost != c.cost || info.Depth != c.depth {
				t.Errorf("cost %d, depth %d; want %d and %d", info.Cost, info.Depth, c.cost, c.depth)
			}
		})
	}
}

const endless = `
directive @cost(weight: Int!) on FIELD_DEFINITION
directive @listSize(slicingArguments: [String!], assumedSize: Int) on FIELD_DEFINITION
type Query { pages(first: Int = 3): QueryConnection! @listSize(slicingArguments: ["first"], assumedSize: 50) plain: QueryConnection! thing: Thing! free: Int @cost(weight: 0)
  pick(first: [Int!], size: Int): [Query!]! @listSize(slicingArguments: ["size"], assumedSize: 7) }
type QueryConnection { nodes: [Query!]! edges: [QueryEdge!]! }
type QueryEdge { node: Query! }
interface Thing { price: Int }
type Cheap implements Thing { price: Int }
type Dear implements Thing { price: Int @cost(weight: 9) }
`

func TestCostOfOtherSchemas(t *testing.T) {
	t.Parallel()
	s, err := gqlparser.LoadSchema(&ast.Source{Input: endless})
	if err != nil {
		t.Fatal(err)
	}
	g, err := limit.New(limit.Config{Schema: s})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name, query, code string
		cost              int
	}{
		{"an interface weighs as its heaviest", "{thing{price}}", "", 1 + 9},
		{"a weight of nothing", "{free}", "", 0},
		{"an argument's default", "{pages{nodes{free}}}", "", 1 + 1},
		{"a variable without value takes the argument's default", "query($n:Int){pages(first:$n){nodes{__typename}}}", "", 1 + 1 + 3},
		{"a connection of unsaid size", "{plain{edges{node{__typename}}}}", "", 1 + 1 + 25*(1+1)},
		{"a slicing argument of another name", "{pick(size:4){__typename}}", "", 1 + 4},
		{"an assumed size", "{pick{__typename}}", "", 1 + 7},
		{"a negative size", "{pick(size:-4){__typename}}", "", 1},
		{"first that is no Int is no page", "{pick(first:[0,500]){__typename}}", "", 1 + 7},
		{"sums stop", "{" + strings.Repeat("pages(first:100){nodes{", 5) + "__typename" + strings.Repeat("}}", 5) + "}", refusedCost, math.MaxInt32},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			info, refused := cost(t, g, s, c.query, nil)
			code := ""
			if refused != nil {
				code = refused.Extensions["code"].(string)
			}
			if info.Cost != c.cost || code != c.code {
				t.Errorf("cost %d, code %q; want %d and %q", info.Cost, code, c.cost, c.code)
			}
		})
	}
}

func TestSchemaIsHeldToItsDirectives(t *testing.T) {
	t.Parallel()
	const directives = `directive @cost(weight: Int!) on FIELD_DEFINITION
		directive @listSize(slicingArguments: [String!], assumedSize: Int) on FIELD_DEFINITION `
	for name, c := range map[string]struct{ field, fault string }{
		"a negative weight":       {"a: Int @cost(weight: -1)", "Query.a: @cost(weight:) must be a number from 0"},
		"a size of nothing":       {"a: [Query] @listSize(assumedSize: 0)", "Query.a: @listSize(assumedSize:) must be a number from 1"},
		"an argument unknown":     {`a(last: Int): [Query] @listSize(slicingArguments: ["last", "first"])`, `Query.a: @listSize names the argument "first"`},
		"a size of a single leaf": {"a: Int @listSize(assumedSize: 3)", "Query.a: @listSize stands on a field that is neither"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, err := gqlparser.LoadSchema(&ast.Source{Input: directives + "type Query { b: [Query] @listSize(assumedSize: -9) " + c.field + " }"})
			if err != nil {
				t.Fatal(err)
			}
			_, err = limit.New(limit.Config{Schema: s})
			if err == nil || !strings.Contains(err.Error(), c.fault) || !strings.Contains(err.Error(), "Query.b: ") {
				t.Errorf("got %v, want both faults, of them %q", err, c.fault)
			}
		})
	}
}
