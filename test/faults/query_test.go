package faults_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"karnak/internal/app/apptest"
)

// costly is a document that is refused before anything runs.
type costly struct{ query, variables, code string }

// doubling is n fragments that each spread the next one twice.
func doubling(n int) string {
	var b strings.Builder
	b.WriteString("{...F0}")
	for i := range n {
		fmt.Fprintf(&b, "fragment F%d on Query{...F%d ...F%d}", i, i+1, i+1)
	}
	fmt.Fprintf(&b, "fragment F%d on Query{__typename}", n)
	return b.String()
}

// chain is n fragments, each in the one before.
func chain(n int) string {
	b := "{...F0}"
	for i := range n - 1 {
		b += fmt.Sprintf("fragment F%d on Query{...F%d}", i, i+1)
	}
	return b + fmt.Sprintf("fragment F%d on Query{__typename}", n-1)
}

// each writes n pieces that hold their number.
func each(n int, format string) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, format+" ", i)
	}
	return b.String()
}

func nested(open string, n int, middle, end string) string {
	return strings.Repeat(open, n) + middle + strings.Repeat(end, n)
}

// costlies are the attacks on the cost of queries. graph/limit takes many more through the guard alone.
func costlies() map[string]costly {
	messages := func(args string) string {
		return `{node(id:"x"){... on Channel{messages(` + args + `){nodes{id}}}}}`
	}
	byVariable := "query($n:Int){node(id:1){... on Channel{messages(first:$n){nodes{id}}}}}"
	const cost, depth, tokens, input = "COST_LIMIT", "DEPTH_LIMIT", "TOKEN_LIMIT", "BAD_USER_INPUT"
	return map[string]costly{
		"fragments doubled 22 times":   {doubling(22), "", cost},
		"fragments doubled 25 times":   {doubling(25), "", cost},
		"fragments doubled 60 times":   {doubling(60), "", cost},
		"fragments doubled 100 times":  {doubling(100), "", tokens},
		"20,000 equal fields":          {"{" + strings.Repeat("id ", 20_000) + "}", "", tokens},
		"20,000 equal, 60 KB of zz":    {"{" + strings.Repeat("zz ", 20_000) + "}", "", tokens},
		"20,000 unknown fields":        {"{" + each(20_000, "z%x") + "}", "", tokens},
		"900 equal fields":             {"{" + strings.Repeat("__typename ", 900) + "}", "", cost},
		"900 unknown fields":           {"{serverInfo{" + each(900, "zz%d") + "}}", "", input},
		"a fragment in itself":         {"{...A}fragment A on Query{...A}", "", input},
		"fragments in a ring":          {"{...A}fragment A on Query{...B}fragment B on Query{serverInfo{version}...A}", "", input},
		"a ring below a field":         {`{node(id:1){...A}}fragment A on Node{... on Channel{workspace{...B}}}fragment B on Workspace{channels{nodes{...A}}}`, "", input},
		"31 aliases":                   {"{serverInfo{" + each(31, "a%d:version") + "}}", "", cost},
		"31 aliases of signIn":         {"mutation{" + each(31, `a%d:signIn(input:{email:"a@b.test",password:"b"}){__typename}`) + "}", "", cost},
		"5,000 directives":             {"{__typename " + strings.Repeat("@skip(if:false) ", 5000) + "}", "", tokens},
		"300 directives":               {"{__typename " + strings.Repeat("@zz ", 300) + "}", "", cost},
		"depth 13 by fields":           {nested("{workspace", 12, "{id}", "}"), "", depth},
		"depth 13 by fragments":        {chain(13), "", depth},
		"depth 13 by inline fragments": {"{" + nested("...{", 13, "__typename", "}") + "}", "", depth},
		"depth 13 by input objects":    {"mutation{signIn(input:" + nested("{a:", 13, "1", "}") + "){__typename}}", "", depth},
		"depth 13 by variables":        {"mutation($i:SignInInput!){signIn(input:$i){__typename}}", `{"i":` + nested(`{"a":`, 13, "1", "}") + "}", depth},
		"first 0":                      {messages("first:0"), "", input},
		"first -1":                     {messages("first:-1"), "", input},
		"first 101":                    {messages("first:101"), "", input},
		"first 2³¹":                    {messages("first:2147483648"), "", input},
		"first 0 by variable":          {byVariable, `{"n":0}`, input},
		"first 101 by variable":        {byVariable, `{"n":101}`, input},
		"first 2³¹ by variable":        {byVariable, `{"n":2147483648}`, input},
		"first with last":              {messages("first:1,last:1"), "", input},
		"100×100×100":                  {"{workspaces(first:100){nodes{channels(first:100){nodes{messages(first:100){nodes{id}}}}}}}", "", cost},
		"100×100×100 by fragments":     {"{workspaces(first:100){...W}}fragment W on WorkspaceConnection{nodes{channels(first:100){...C}}}fragment C on ChannelConnection{nodes{messages(first:100){nodes{id}}}}", "", cost},
	}
}

// TestCostlyQueries sends every document by POST and over a socket.
func TestCostlyQueries(t *testing.T) {
	t.Parallel()
	w := production(t)
	p := w.signedUp(t, "customer")
	for name, c := range costlies() {
		t.Run(name, func(t *testing.T) {
			w.cheap(t, func(t *testing.T) reply {
				r := w.post(t, c.query, c.variables, "Authorization", "Bearer "+p.Token)
				if r.Code() != c.code {
					t.Errorf("code %q, want %q: %.300s", r.Code(), c.code, r.Body)
				}
				if strings.Contains(string(r.Body), "id you mean") {
					t.Errorf("it makes suggestions: %.300s", r.Body)
				}
				return r
			})
		})
	}
	t.Run("over a socket", func(t *testing.T) {
		s := w.dial(t, p.Token)
		for name, c := range costlies() {
			t.Run(name, func(t *testing.T) {
				w.cheap(t, func(t *testing.T) reply {
					s.write(t, "q", "subscribe", json.RawMessage(request(t, c.query, c.variables)))
					r := s.reply(t)
					if r.Code() != c.code {
						t.Errorf("code %q, want %q: %.300s", r.Code(), c.code, r.Body)
					}
					return r
				})
			})
		}
	})
}

// TestGuessesInOneDocument: thirty aliases of signIn count as thirty guesses, of which the first twenty are answered.
func TestGuessesInOneDocument(t *testing.T) {
	t.Parallel()
	w := production(t)
	p := w.signedUp(t, "guessed")
	w.holds(t, func(t *testing.T) []reply {
		r := w.post(t, "mutation{"+each(30, `a%d:signIn(input:{email:"`+p.Email+`",password:"wrong password"}){userErrors{code}}`)+"}", "")
		for i := range 20 {
			if codes := r.UserErrors(fmt.Sprint("a", i)); len(r.Data) > 0 && (len(codes) != 1 || codes[0] != "INVALID_CREDENTIALS") {
				t.Errorf("guess %d: %v", i, codes)
			}
		}
		if r.Code() != "THROTTLED" {
			t.Errorf("code %q: %.300s", r.Code(), r.Body)
		}
		again := w.post(t, `mutation{signIn(input:{email:"`+p.Email+`",password:"`+apptest.Password+`"}){user{id}}}`, "")
		if again.Code() != "THROTTLED" {
			t.Errorf("the next guess is answered: %.300s", again.Body)
		}
		return []reply{r, again}
	})
}

// TestToolsInDevelopment: the introspection queries of GraphiQL and of code generators pass every limit, and the limits of
// one that goes deeper hold.
func TestToolsInDevelopment(t *testing.T) {
	t.Parallel()
	w := raise(t)
	for name, query := range map[string]string{
		"graphql-js":          standardIntrospection(7, ""),
		"GraphiQL":            standardIntrospection(9, "isOneOf"),
		"a code generator":    strings.Replace(standardIntrospection(9, ""), "query IntrospectionQuery", "", 1),
		"a name by the sheet": `{__type(name:"Message"){name fields{name type{name ofType{name}}}}}`,
	} {
		t.Run(name, func(t *testing.T) {
			r := w.post(t, query, "")
			if len(r.Errors) > 0 || r.Get("__schema.queryType.name") != "Query" && r.Get("__type.name") != "Message" {
				t.Errorf("%d %.500s", r.Status, r.Body)
			}
		})
	}
	w.cheap(t, func(t *testing.T) reply {
		return w.post(t, "{__schema{types{"+nested("ofType{", 18, "name", "}")+"}}}", "")
	})
}

// standardIntrospection is the introspection query of graphql-js, with every option on.
func standardIntrospection(depth int, more string) string {
	of := "kind name"
	for range depth {
		of = "kind name ofType{" + of + "}"
	}
	return `query IntrospectionQuery{__schema{description queryType{name kind} mutationType{name kind} subscriptionType{name kind} types{...FullType}
		directives{name description isRepeatable locations args(includeDeprecated:true){...InputValue}}}}
	fragment FullType on __Type{kind name description specifiedByURL ` + more + ` fields(includeDeprecated:true){name description args(includeDeprecated:true){...InputValue}
		type{...TypeRef} isDeprecated deprecationReason} inputFields(includeDeprecated:true){...InputValue} interfaces{...TypeRef}
		enumValues(includeDeprecated:true){name description isDeprecated deprecationReason} possibleTypes{...TypeRef}}
	fragment InputValue on __InputValue{name description type{...TypeRef} defaultValue isDeprecated deprecationReason}
	fragment TypeRef on __Type{` + of + `}`
}
