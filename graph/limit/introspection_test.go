package limit_test

import (
	"fmt"
	"strings"
	"testing"
)

// introspection is the query that GraphiQL and code generators send, with every option they have, and with so many levels
// of ofType as the tool's age gives it.
func introspection(levels int, modern bool) string {
	option := func(s string) string {
		if modern {
			return s
		}
		return ""
	}
	deprecated := option("(includeDeprecated: true)")
	ofType := strings.Repeat(" ofType { kind name", levels) + strings.Repeat(" }", levels)
	return fmt.Sprintf(`query IntrospectionQuery {
  __schema {
    %s
    queryType { name kind } mutationType { name kind } subscriptionType { name kind }
    types { ...FullType }
    directives { name description %s locations args%s { ...InputValue } }
  }
}
fragment FullType on __Type {
  kind name description %s %s
  fields(includeDeprecated: true) {
    name description args%s { ...InputValue } type { ...TypeRef } isDeprecated deprecationReason
  }
  inputFields%s { ...InputValue }
  interfaces { ...TypeRef }
  enumValues(includeDeprecated: true) { name description isDeprecated deprecationReason }
  possibleTypes { ...TypeRef }
}
fragment InputValue on __InputValue { name description type { ...TypeRef } defaultValue %s }
fragment TypeRef on __Type { kind name%s }`,
		option("description"), option("isRepeatable"), deprecated, option("specifiedByURL"), option("isOneOf"), deprecated,
		deprecated, option("isDeprecated deprecationReason"), ofType)
}

func TestIntrospectionOfToolsPasses(t *testing.T) {
	t.Parallel()
	s := newServer(t, true)
	for _, c := range []struct {
		name   string
		levels int
		modern bool
	}{
		{"an old tool's", 3, false},
		{"seven levels", 7, false},
		{"seven levels with every option", 7, true},
		{"nine levels with every option", 9, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := s.post(t, request(t, introspection(c.levels, c.modern), ""))
			if len(got.Errors) > 0 {
				t.Fatalf("refused: %+v", got.Errors)
			}
			if s.exec.ran.Swap(0) != 1 || s.exec.hidden.Load() {
				t.Error("it did not run with introspection on")
			}
			if info := s.exec.info.Load(); info.Cost < 500 || info.Cost > 8000 {
				t.Errorf("costs %d points, want introspection to be neither free nor nearly everything", info.Cost)
			} else {
				t.Logf("cost %d, depth %d", info.Cost, info.Depth)
			}
		})
	}
}

func TestIntrospectionIsRefusedWhereItIsOff(t *testing.T) {
	t.Parallel()
	for name, query := range map[string]string{
		"the standard query":  introspection(9, true),
		"__schema":            "{__schema{queryType{name}}}",
		"__type":              `{__type(name:"User"){name}}`,
		"under another name":  "{harmless:__schema{queryType{name}}}",
		"in a fragment":       "{...F} fragment F on Query{serverInfo{version} __schema{queryType{name}}}",
		"in an inline one":    "{...{...on Query{__schema{queryType{name}}}}}",
		"in a fragment apart": "{serverInfo{version}} fragment F on Query{__schema{queryType{name}}}",
		"beside another":      "query A{serverInfo{version}} query B{__schema{queryType{name}}}",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newServer(t, false)
			got := s.post(t, request(t, query, ""))
			if got.code() != refusedInput || !strings.Contains(got.Errors[0].Message, "switched off") {
				t.Errorf("got %+v", got.Errors)
			}
			if s.exec.ran.Load() != 0 {
				t.Error("it ran")
			}
		})
	}
	s := newServer(t, false)
	if got := s.post(t, request(t, "{__typename serverInfo{__typename}}", "")); len(got.Errors) > 0 || !s.exec.hidden.Load() {
		t.Errorf("__typename: %+v, introspection hidden: %v", got.Errors, s.exec.hidden.Load())
	}
}

func TestNamesAreSuggestedOnlyWhereIntrospectionIsOn(t *testing.T) {
	t.Parallel()
	faults := []struct{ name, query, suggestion string }{
		{"field", "{serverInfo{versio}}", `Did you mean "version"?`},
		{"field of another type", `{node(id:1){lastSeq}}`, `Did you mean to use an inline fragment on "Channel"?`},
		{"selection", "{serverInfo}", `Did you mean "serverInfo { ... }"?`},
		{"argument", "{node(idd:1){id}}", ""},
		{"type", "{...F} fragment F on Querry{serverInfo{version}}", ""},
		{"enum value", `mutation{createChannel(input:{workspaceId:1,name:"a",visibility:PUBLI}){cursor}}`, ""},
		{"input field", `mutation{signIn(input:{email:"a",password:"b",emai:"c"}){cursor}}`, ""},
		{"directive", "{serverInfo @skipp(if:true){version}}", ""},
	}
	for _, on := range []bool{false, true} {
		s := newServer(t, on)
		for _, f := range faults {
			t.Run(fmt.Sprintf("%s, introspection %v", f.name, on), func(t *testing.T) {
				got := s.post(t, request(t, f.query, ""))
				if got.code() != refusedValid {
					t.Fatalf("got %+v", got.Errors)
				}
				var said strings.Builder
				for _, e := range got.Errors {
					said.WriteString(e.Message)
				}
				suggests := strings.Contains(strings.ToLower(said.String()), "did you mean")
				if wanted := on && f.suggestion != ""; suggests != wanted || !strings.Contains(said.String(), f.suggestion) && wanted {
					t.Errorf("suggests %v, want %v: %s", suggests, wanted, said.String())
				}
			})
		}
	}
}
