package faults_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// TestGraphQLCop runs the checks of graphql-cop, written anew, against the profile of production. A check that finds what it
// looks for fails.
func TestGraphQLCop(t *testing.T) {
	t.Parallel()
	w := production(t)
	js, form := []string{"Content-Type", "application/json"}, []string{"Content-Type", "application/x-www-form-urlencoded"}
	typename := "query=" + url.QueryEscape("{__typename}")
	answered := func(r reply) bool { return strings.Contains(string(r.Body), `"__typename":"Query"`) }
	for name, finds := range map[string]func(t *testing.T) bool{
		"alias overloading": func(t *testing.T) bool {
			return len(w.post(t, "query cop{"+each(101, "alias%d:__typename")+"}", "").Data) > 0
		},
		"array-based query batching": func(t *testing.T) bool {
			return answered(w.raw(t, "["+strings.TrimSuffix(strings.Repeat(`{"query":"query cop{__typename}"},`, 10), ",")+"]"))
		},
		"directive overloading": func(t *testing.T) bool {
			r := w.post(t, "query cop{__typename "+strings.Repeat("@aa", 10)+"}", "")
			return len(r.Errors) == 10 || len(w.post(t, "query cop{__typename "+strings.Repeat("@include(if:true) ", 51)+"}", "").Data) > 0
		},
		"circular query by introspection": func(t *testing.T) bool {
			r := w.post(t, "query cop{__schema{types{fields{type{fields{type{fields{type{fields{type{name}}}}}}}}}}}", "")
			return len(r.Data) > 0 || len(w.post(t, "query cop{__type(name:\"Query\"){name}}", "").Data) > 0
		},
		"field duplication": func(t *testing.T) bool {
			return len(w.post(t, "query cop{"+strings.Repeat("__typename ", 500)+"}", "").Data) > 0
		},
		"field suggestions": func(t *testing.T) bool {
			for _, query := range []string{
				"query cop{serverInf{version}}", "query cop{__schema{directive}}", "query cop{serverInfo{versio}}", "query cop{node(di:1){id}}", "mutation cop{signI(input:{}){cursor}}",
				"query cop($a:SignInInpu){__typename}", "query cop{node(id:1){... on Messag{id}}}", "mutation cop{signIn(input:{emai:1}){cursor}}",
				`query cop($v:ChannelVisibility=PUBLI){__typename}`,
			} {
				if r := w.post(t, query, ""); strings.Contains(strings.ToLower(string(r.Body)), "did you mean") || len(r.Errors) == 0 {
					t.Errorf("%s: %s", query, r.Body)
				}
			}
			return false
		},
		"introspection": func(t *testing.T) bool {
			r := w.post(t, "query cop{__schema{types{name fields{name}}}}", "")
			return len(r.Data) > 0 || strings.Contains(string(r.Body), "serverInfo")
		},
		"introspection by GET": func(t *testing.T) bool {
			return len(w.send(t, http.MethodGet, "?query="+url.QueryEscape("{__schema{types{name}}}"), nil).Data) > 0
		},
		"introspection in a fragment": func(t *testing.T) bool {
			return len(w.post(t, "query cop{...F}fragment F on Query{a:__schema{types{name}}}", "").Data) > 0
		},
		"introspection over a socket": func(t *testing.T) bool {
			s := w.dial(t, "")
			s.write(t, "a", "subscribe", map[string]string{"query": "{__schema{types{name}}}"})
			m, err := s.read(t)
			return err != nil || m.Type != "error"
		},
		"mutation by GET": func(t *testing.T) bool {
			r := w.send(t, http.MethodGet, "?query="+url.QueryEscape("mutation cop{__typename}"), nil)
			return r.Status != http.StatusMethodNotAllowed || len(r.Data) > 0
		},
		"query by POST in a form, for cross-site requests": func(t *testing.T) bool {
			return answered(w.send(t, http.MethodPost, "", strings.NewReader(typename), form...))
		},
		"query by POST in the URL, for cross-site requests": func(t *testing.T) bool {
			return answered(w.send(t, http.MethodPost, "?"+typename, nil)) || answered(w.send(t, http.MethodPost, "?"+typename, strings.NewReader(""), form...))
		},
		"query by POST without a media type": func(t *testing.T) bool {
			return answered(w.send(t, http.MethodPost, "", strings.NewReader(`{"query":"{__typename}"}`))) ||
				answered(w.send(t, http.MethodPost, "", strings.NewReader(`{"query":"{__typename}"}`), "Content-Type", "text/plain"))
		},
		"another's site may read": func(t *testing.T) bool {
			r := w.post(t, "{__typename}", "", "Origin", "https://evil.example")
			before := w.send(t, http.MethodOptions, "", nil, "Origin", "https://evil.example", "Access-Control-Request-Method", "POST")
			return r.Header.Get("Access-Control-Allow-Origin") != "" || before.Header.Get("Access-Control-Allow-Origin") != "" || before.Header.Get("Access-Control-Allow-Credentials") != ""
		},
		"tracing": func(t *testing.T) bool {
			r := w.post(t, "query cop{__typename}", "", "X-Apollo-Tracing", "1")
			return strings.Contains(string(r.Body), "tracing") || strings.Contains(string(r.Body), "extensions")
		},
		"debug mode": func(t *testing.T) bool {
			for _, query := range []string{"query cop{__typenam}", "query cop{", "", "query cop($a:Int!){__typename}"} {
				r := w.raw(t, request(t, query, ""), js...)
				w.refused(t, r)
			}
			for _, path := range []string{"/debug/pprof/", "/debug/vars", "/debug", "/.git/config", "/.env", "/graphql/schema", "/graphql/console", "/karnak.db", "/%2e%2e/etc/passwd"} {
				if status, body := w.get(t, path); status != http.StatusNotFound {
					t.Errorf("%s answers %d %.100s", path, status, body)
				}
			}
			return false
		},
		"GraphiQL": func(t *testing.T) bool {
			for _, path := range []string{"/", "/graphiql", "/playground", "/console", "/altair", "/assets/", "/voyager"} {
				if status, body := w.get(t, path); status != http.StatusNotFound {
					t.Errorf("%s answers %d %.100s", path, status, body)
				}
			}
			r := w.send(t, http.MethodGet, "", nil, "Accept", "text/html")
			return strings.Contains(strings.ToLower(string(r.Body)), "<html")
		},
		"unhandled errors": func(t *testing.T) bool {
			for _, r := range []reply{
				w.raw(t, `{"query":{"a":1}}`), w.raw(t, `{"query":"query cop{__typename}","operationName":"other"}`), w.post(t, "query cop($v:Int!){__typename}", `{"v":"x"}`),
				w.post(t, "subscription{activity(workspaceId:1){id}}", ""), w.post(t, `{node(id:"\u0000"){id}}`, ""), w.post(t, `{workspace(id:"ws_\uffff"){id}}`, ""), w.post(t, `{explainAccess(subjectId:"",permission:"",objectId:""){allowed}}`, ""),
			} {
				if w.tells(t, r); r.Status >= http.StatusInternalServerError {
					t.Errorf("%d %s", r.Status, r.Body)
				}
			}
			return false
		},
	} {
		t.Run(name, func(t *testing.T) {
			if finds(t) {
				t.Errorf("a finding: %s", name)
			}
			w.stands(t)
		})
	}
	w.NoErrors(t)
}
