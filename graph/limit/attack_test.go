package limit_test

import (
	"fmt"
	"strings"
	"testing"
)

const (
	refusedCost  = "COST_LIMIT"
	refusedDepth = "DEPTH_LIMIT"
	refusedToken = "TOKEN_LIMIT"
	refusedInput = "BAD_USER_INPUT"
	refusedValid = "GRAPHQL_VALIDATION_FAILED"
)

type attack struct {
	name, query, variables, code string
}

// doubling is n fragments that each spread the next one twice.
func doubling(n int) string {
	var b strings.Builder
	b.WriteString("{...F0}")
	for i := range n {
		fmt.Fprintf(&b, " fragment F%d on Query{...F%d ...F%d}", i, i+1, i+1)
	}
	fmt.Fprintf(&b, " fragment F%d on Query{__typename}", n)
	return b.String()
}

// chain is n fragments, each in the next, with a field at the end.
func chain(n int) string {
	var b strings.Builder
	b.WriteString("{...F1}")
	for i := 1; i < n; i++ {
		fmt.Fprintf(&b, " fragment F%d on Query{...F%d}", i, i+1)
	}
	fmt.Fprintf(&b, " fragment F%d on Query{__typename}", n)
	return b.String()
}

// nest is a path of n fields.
func nest(field string, n int) string {
	return strings.Repeat(field+"{", n-1) + "id" + strings.Repeat("}", n-1)
}

func many(n int, format string) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, format+" ", i)
	}
	return b.String()
}

func attacks() []attack {
	messages := func(args string) string {
		return `{node(id:"x"){... on Channel{messages(` + args + `){nodes{id}}}}}`
	}
	paged := func(vars, args string) string { return "query(" + vars + ")" + messages(args) }
	return []attack{
		{name: "fragments doubled 22 times", query: doubling(22), code: refusedCost},
		{name: "fragments doubled 60 times", query: doubling(60), code: refusedCost},
		{name: "fragments doubled 100 times", query: doubling(100), code: refusedToken},
		{name: "20,000 equal fields", query: "{" + strings.Repeat("__typename ", 11000) + "}", code: refusedToken},
		{name: "20,000 equal short fields", query: "{" + strings.Repeat("id ", 20000) + "}", code: refusedToken},
		{name: "20,000 unknown fields", query: "{" + many(18000, "z%x") + "}", code: refusedToken},
		{name: "900 equal fields", query: "{" + strings.Repeat("__typename ", 900) + "}", code: refusedCost},
		{name: "900 unknown equal fields", query: "{" + strings.Repeat("zz ", 900) + "}", code: refusedCost},
		{name: "900 unknown fields", query: "{serverInfo{" + many(900, "zz%d") + "}}", code: refusedValid},
		{name: "31 root fields", query: "{" + many(31, "zz%d") + "}", code: refusedCost},
		{name: "31 equal fields by fragments", query: "{serverInfo{" + many(31, "...F%d") + "}}" + many(31, "fragment F%d on ServerInfo{version}"), code: refusedCost},
		{name: "60 KB of zz", query: "{" + strings.Repeat("zz ", 20000) + "}", code: refusedToken},
		{name: "a cycle of one", query: "{...A} fragment A on Query{...A}", code: refusedInput},
		{name: "a cycle of three", query: "{...A} fragment A on Query{...B} fragment B on Query{...C} fragment C on Query{serverInfo{version} ...A}", code: refusedInput},
		{name: "a cycle below a field", query: `{node(id:1){...A}} fragment A on Node{... on Channel{workspace{...B}}} fragment B on Workspace{channels{nodes{...A}}}`, code: refusedInput},
		{name: "a cycle nobody uses", query: "{__typename} fragment A on Query{...B} fragment B on Query{...A}", code: refusedInput},
		{name: "31 aliases", query: "{" + many(31, "a%d:__typename") + "}", code: refusedCost},
		{name: "31 aliases by fragments", query: "{a:serverInfo{...F} b:serverInfo{...F}} fragment F on ServerInfo{" + many(15, "a%d:version") + "}", code: refusedCost},
		{name: "31 aliases of signIn", query: "mutation{" + many(31, `a%d:signIn(input:{email:"a",password:"b"}){__typename}`) + "}", code: refusedCost},
		{name: "5,000 directives", query: "{__typename " + strings.Repeat("@skip(if:false) ", 5000) + "}", code: refusedToken},
		{name: "300 directives on one field", query: "{__typename " + strings.Repeat("@zz ", 300) + "}", code: refusedCost},
		{name: "51 directives by fragments", query: "{" + many(17, "...F%d @include(if:true)") + "}" + many(17, "fragment F%d on Query @zz{__typename @zz}"), code: refusedCost},
		{name: "depth 13 by fields", query: "{" + nest("workspace", 13) + "}", code: refusedDepth},
		{name: "depth 13 by fields in fragments", query: "{" + strings.Repeat("workspace{", 6) + "...F" + strings.Repeat("}", 6) + "} fragment F on Workspace{" + nest("workspace", 7) + "}", code: refusedDepth},
		{name: "depth 13 by fragments", query: chain(13), code: refusedDepth},
		{name: "depth 13 by inline fragments", query: "{" + strings.Repeat("...{", 13) + "__typename" + strings.Repeat("}", 14), code: refusedDepth},
		{name: "depth 13 by input objects", query: "mutation{signIn(input:" + strings.Repeat("{a:", 13) + "1" + strings.Repeat("}", 13) + "){__typename}}", code: refusedDepth},
		{name: "depth 13 by lists", query: "{nodes(ids:" + strings.Repeat("[", 13) + strings.Repeat("]", 13) + "){id}}", code: refusedDepth},
		{name: "depth 13 by list types", query: "query($v:" + strings.Repeat("[", 13) + "Int" + strings.Repeat("]", 13) + "){node(id:$v){id}}", code: refusedDepth},
		{name: "depth 13 by a default value", query: "query($v:Int=" + strings.Repeat("[", 13) + strings.Repeat("]", 13) + "){node(id:$v){id}}", code: refusedDepth},
		{name: "depth 13 by variables", query: "mutation($i:SignInInput!){signIn(input:$i){__typename}}", variables: `{"i":` + strings.Repeat(`{"a":`, 13) + "1" + strings.Repeat("}", 13) + "}", code: refusedDepth},
		{name: "depth 9,000 by variables", query: "query($i:ID!){node(id:$i){id}}", variables: `{"i":` + strings.Repeat("[", 9000) + strings.Repeat("]", 9000) + "}", code: refusedDepth},
		{name: "introspection 21 deep", query: "{__schema{types{" + strings.Repeat("ofType{", 18) + "name" + strings.Repeat("}", 20) + "}", code: refusedDepth},
		{name: "40,000 open braces", query: strings.Repeat("{", 40000), code: refusedToken},
		{name: "40,000 open lists", query: "{node(id:" + strings.Repeat("[", 40000), code: refusedToken},
		{name: "40,000 open list types", query: "query($a:" + strings.Repeat("[", 40000), code: refusedToken},
		{name: "40,000 comments", query: strings.Repeat("#\n", 40000) + "{__typename}", code: refusedToken},
		{name: "a name of 120 KB", query: "{" + strings.Repeat("z", 120<<10) + "}", code: refusedValid},
		{name: "a name of 120 KB in a type of many fields", query: "{node(id:1){... on Channel{" + strings.Repeat("z", 120<<10) + "}}}", code: refusedValid},
		{name: "a fragment of many values in 20 operations", query: many(20, "query Q%d{...F}") + "fragment F on Query{nodes(ids:[" + strings.Repeat("1 ", 700) + "]){id}}", code: refusedCost},
		{name: "a string of 120 KB for an enum", query: `mutation{createChannel(input:{workspaceId:1,name:"a",visibility:"` + strings.Repeat("z", 120<<10) + `"}){cursor}}`, code: refusedValid},
		{name: "a string of 120 KB that does not end", query: `{node(id:"` + strings.Repeat("z", 120<<10), code: refusedInput},
		{name: "a syntax error that quotes 120 KB", query: "query " + strings.Repeat("z", 60<<10) + " " + strings.Repeat("y", 60<<10), code: refusedInput},
		{name: "a variable's field of 100 KB", query: "mutation($i:SignInInput!){signIn(input:$i){cursor}}", variables: `{"i":{"` + strings.Repeat("z", 100<<10) + `":1}}`, code: refusedValid},
		{name: "long names everywhere", query: "{serverInfo{" + many(600, strings.Repeat("e", 200)+"%d") + "}}", code: refusedValid},
		{name: "first 0", query: messages("first:0"), code: refusedInput},
		{name: "first -1", query: messages("first:-1"), code: refusedInput},
		{name: "first 101", query: messages("first:101"), code: refusedInput},
		{name: "first 2³¹", query: messages("first:2147483648"), code: refusedInput},
		{name: "first 10²⁰", query: messages("first:100000000000000000000"), code: refusedValid},
		{name: "first with last", query: messages("first:1,last:1"), code: refusedInput},
		{name: "last 0", query: messages("last:0"), code: refusedInput},
		{name: "last 101", query: messages("last:101"), code: refusedInput},
		{name: "first 0 by variable", query: paged("$n:Int", "first:$n"), variables: `{"n":0}`, code: refusedInput},
		{name: "first -1 by variable", query: paged("$n:Int", "first:$n"), variables: `{"n":-1}`, code: refusedInput},
		{name: "first 101 by variable", query: paged("$n:Int", "first:$n"), variables: `{"n":101}`, code: refusedInput},
		{name: "first 2³¹ by variable", query: paged("$n:Int", "first:$n"), variables: `{"n":2147483648}`, code: refusedInput},
		{name: "first 101 as a text by variable", query: paged("$n:Int", "first:$n"), variables: `{"n":"101"}`, code: refusedInput},
		{name: "first 101 by the variable's default", query: paged("$n:Int=101", "first:$n"), code: refusedInput},
		{name: "first with last by variables", query: paged("$n:Int,$m:Int", "first:$n,last:$m"), variables: `{"n":1,"m":1}`, code: refusedInput},
		{name: "first 101 in a fragment", query: `{node(id:1){...F}} fragment F on Channel{messages(first:101){nodes{id}}}`, code: refusedInput},
		{name: "first 101 where it is skipped", query: `{node(id:1) @skip(if:true){... on Channel{messages(first:101){nodes{id}}}}}`, code: refusedInput},
		{name: "101 ids", query: "{nodes(ids:[" + strings.Repeat("1 ", 101) + "]){id}}", code: refusedInput},
		{name: "101 ids by variable", query: "query($i:[ID!]!){nodes(ids:$i){id}}", variables: `{"i":[` + strings.Repeat(`"a",`, 100) + `"a"]}`, code: refusedInput},
		{name: "100×100×100", query: "{workspaces(first:100){nodes{channels(first:100){nodes{messages(first:100){nodes{id}}}}}}}", code: refusedCost},
		{name: "100×100×100 by edges", query: "{workspaces(first:100){edges{node{channels(first:100){edges{node{messages(first:100){edges{node{id}}}}}}}}}}", code: refusedCost},
		{name: "100×100×100 by variables", query: "query($n:Int){workspaces(first:$n){nodes{channels(last:$n){nodes{messages(last:$n){nodes{id}}}}}}}", variables: `{"n":100}`, code: refusedCost},
		{name: "100×100×100 by fragments", query: "{workspaces(first:100){...W}} fragment W on WorkspaceConnection{nodes{channels(first:100){...C}}} fragment C on ChannelConnection{nodes{messages(first:100){nodes{id}}}}", code: refusedCost},
		{name: "introspection 20 times over", query: "{" + many(20, "a%d:__schema{types{...T}}") + "} fragment T on __Type{name kind description fields{name args{name type{fields{name description isDeprecated}}}}}", code: refusedCost},
	}
}

// Not parallel: it measures processor time.
func TestAttacksAreRefused(t *testing.T) {
	s := newServer(t, true)
	for _, a := range attacks() {
		t.Run(a.name, func(t *testing.T) {
			body := request(t, a.query, a.variables)
			if len(body) > 128<<10 {
				t.Fatalf("the request has %d bytes; the transport would refuse it", len(body))
			}
			got := s.post(t, body)
			if got.code() != a.code {
				t.Errorf("code %q, want %q; %+v", got.code(), a.code, got.Errors)
			}
			if len(got.Errors) > 20 || got.bytes > 8<<10 {
				t.Errorf("answer has %d errors and %d bytes", len(got.Errors), got.bytes)
			}
			if took := cpu(func() { s.post(t, body) }); took > budget {
				t.Errorf("took %v of processor time, want at most %v", took, budget)
			}
			if n := s.exec.ran.Swap(0); n != 0 {
				t.Errorf("it ran %d times", n)
			}
		})
	}
}
