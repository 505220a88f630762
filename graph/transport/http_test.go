package transport

import (
	"context"
	"encoding/json"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"

	"karnak/graph/transport/transporttest"
	"karnak/internal/platform/fault"
)

const secret = "xyzzy-never-repeated"

// fields answers for the tests of HTTP, and counts what was touched.
func fields(touched *atomic.Int64) map[string]transporttest.Field {
	return map[string]transporttest.Field{
		"hello": func(context.Context, map[string]any) (any, error) { return "world", nil },
		"echo":  func(_ context.Context, a map[string]any) (any, error) { return a["text"], nil },
		"boom":  func(context.Context, map[string]any) (any, error) { panic(secret) },
		"nothing": func(context.Context, map[string]any) (any, error) {
			return nil, fault.New(fault.Unavailable, "gone")
		},
		"touch": func(context.Context, map[string]any) (any, error) { return touched.Add(1), nil },
	}
}

func TestHTTPRefuses(t *testing.T) {
	t.Parallel()
	var touched atomic.Int64
	srv := serve(t, transporttest.Config{Fields: fields(&touched)}, newHTTP(t, HTTPConfig{}))
	js := map[string]string{"Content-Type": "application/json"}
	with := func(k, v string) map[string]string {
		return map[string]string{"Content-Type": "application/json", k: v}
	}
	query := func(kv ...string) string {
		q := url.Values{}
		for i := 0; i < len(kv); i += 2 {
			q.Add(kv[i], kv[i+1])
		}
		return "/?" + q.Encode()
	}
	deep := strings.Repeat(`{"a":`, 40) + `1` + strings.Repeat(`}`, 40)
	for name, c := range map[string]struct {
		method, path, body string
		header             map[string]string
		status             int
		allow              string
	}{
		"not JSON":               {"POST", "/", `{"query":"` + secret, js, 400, ""},
		"empty body":             {"POST", "/", ``, js, 400, ""},
		"batch":                  {"POST", "/", `[{"query":"mutation{touch}"},{"query":"mutation{touch}"}]`, js, 400, ""},
		"trailing bytes":         {"POST", "/", `{"query":"mutation{touch}"} ` + secret, js, 400, ""},
		"query twice":            {"POST", "/", `{"query":"{hello}","query":"mutation{touch}"}`, js, 400, ""},
		"variable twice":         {"POST", "/", `{"query":"mutation($n:Int){touch(by:$n)}","variables":{"n":1,"n":2}}`, js, 400, ""},
		"bad UTF-8":              {"POST", "/", "{\"query\":\"mutation{touch}\",\"a\":\"\xff\"}", js, 400, ""},
		"NaN":                    {"POST", "/", `{"query":"mutation{touch}","variables":{"n":NaN}}`, js, 400, ""},
		"deep variables":         {"POST", "/", `{"query":"mutation{touch}","variables":` + deep + `}`, js, 400, ""},
		"no query":               {"POST", "/", `{"variables":{"a":"` + secret + `"}}`, js, 400, ""},
		"other case":             {"POST", "/", `{"Query":"mutation{touch}"}`, js, 400, ""},
		"query is a number":      {"POST", "/", `{"query":7}`, js, 400, ""},
		"variables are a list":   {"POST", "/", `{"query":"mutation{touch}","variables":[]}`, js, 400, ""},
		"extensions are text":    {"POST", "/", `{"query":"mutation{touch}","extensions":"` + secret + `"}`, js, 400, ""},
		"operationName is bool":  {"POST", "/", `{"query":"mutation{touch}","operationName":true}`, js, 400, ""},
		"subscription by POST":   {"POST", "/", `{"query":"subscription{ticks}"}`, js, 400, ""},
		"defer":                  {"POST", "/", `{"query":"mutation{ ... @defer { touch } }"}`, js, 400, ""},
		"defer in a fragment":    {"POST", "/", `{"query":"mutation{ ...F } fragment F on Mutation { ... @defer { touch } }"}`, js, 400, ""},
		"no content type":        {"POST", "/", `{"query":"mutation{touch}"}`, nil, 415, ""},
		"text/plain":             {"POST", "/", `{"query":"mutation{touch}"}`, map[string]string{"Content-Type": "text/plain"}, 415, ""},
		"form":                   {"POST", "/", `query=mutation{touch}`, map[string]string{"Content-Type": "application/x-www-form-urlencoded"}, 415, ""},
		"multipart":              {"POST", "/", `x`, map[string]string{"Content-Type": "multipart/form-data; boundary=x"}, 415, ""},
		"Latin-1":                {"POST", "/", `{"query":"mutation{touch}"}`, map[string]string{"Content-Type": "application/json; charset=latin1"}, 415, ""},
		"gzip":                   {"POST", "/", `{"query":"mutation{touch}"}`, with("Content-Encoding", "gzip"), 415, ""},
		"accepts HTML":           {"POST", "/", `{"query":"mutation{touch}"}`, with("Accept", "text/html"), 406, ""},
		"accepts none":           {"POST", "/", `{"query":"mutation{touch}"}`, with("Accept", "*/*;q=0"), 406, ""},
		"PUT":                    {"PUT", "/", `{"query":"mutation{touch}"}`, js, 405, "GET, POST"},
		"DELETE":                 {"DELETE", "/", ``, nil, 405, "GET, POST"},
		"mutation by GET":        {"GET", query("query", "mutation{touch}"), ``, nil, 405, "POST"},
		"named mutation by GET":  {"GET", query("query", "query A{hello} mutation B{touch}", "operationName", "B"), ``, nil, 405, "POST"},
		"subscription by GET":    {"GET", query("query", "subscription{ticks}"), ``, nil, 400, ""},
		"GET without a query":    {"GET", "/", ``, nil, 400, ""},
		"GET with two queries":   {"GET", query("query", "{hello}", "query", "{hello}"), ``, nil, 400, ""},
		"GET with bad variables": {"GET", query("query", "{hello}", "variables", "["+secret), ``, nil, 400, ""},
		"GET with bad UTF-8":     {"GET", "/?query=%ff", ``, nil, 400, ""},
		"GET with bad escape":    {"GET", "/?query=%zz", ``, nil, 400, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			resp, body := do(t, srv, c.method, c.path, c.body, c.header)
			if resp.StatusCode != c.status {
				t.Errorf("status %d, want %d: %s", resp.StatusCode, c.status, body)
			}
			if resp.Header.Get("Allow") != c.allow {
				t.Errorf("Allow %q, want %q", resp.Header.Get("Allow"), c.allow)
			}
			var answer struct {
				Errors []struct {
					Message    string
					Extensions struct{ Code string }
				}
				Data *json.RawMessage
			}
			if err := json.Unmarshal([]byte(body), &answer); err != nil {
				t.Fatalf("%q: %v", body, err)
			}
			if len(answer.Errors) != 1 || answer.Errors[0].Message == "" || answer.Errors[0].Extensions.Code != "BAD_USER_INPUT" {
				t.Errorf("answer %s", body)
			}
			if answer.Data != nil || strings.Contains(body, "xyzzy") {
				t.Errorf("answer %s", body)
			}
		})
	}
	t.Cleanup(func() {
		if n := touched.Load(); n != 0 {
			t.Errorf("%d refused requests had an effect", n)
		}
	})
}

func TestHTTPAnswers(t *testing.T) {
	t.Parallel()
	var touched atomic.Int64
	srv := serve(t, transporttest.Config{Fields: fields(&touched)}, newHTTP(t, HTTPConfig{}))
	post := func(query string) string { b, _ := json.Marshal(map[string]string{"query": query}); return string(b) }
	for name, c := range map[string]struct {
		accept, body string
		status       int
		want         string
	}{
		"query":           {"*/*", post(`{hello}`), 200, `{"data":{"hello":"world"}}`},
		"mutation":        {"*/*", post(`mutation{touch}`), 200, `{"data":{"touch":1}}`},
		"variables":       {"*/*", `{"query":"query($t:String){echo(text:$t)}","variables":{"t":"ä\u0000<"},"other":1}`, 200, `{"data":{"echo":"ä\u0000\u003c"}}`},
		"partly":          {"*/*", post(`{hello nothing}`), 200, `{"errors":[{"message":"UNAVAILABLE: gone","path":["nothing"]}],"data":null}`},
		"executed, 200":   {mediaResponse, post(`{nothing}`), 200, `{"errors":[{"message":"UNAVAILABLE: gone","path":["nothing"]}],"data":null}`},
		"invalid, old":    {mediaJSON, post(`{nope}`), 200, `{"errors":[{"message":"Cannot query field \"nope\" on type \"Query\".","locations":[{"line":1,"column":2}],"extensions":{"code":"GRAPHQL_VALIDATION_FAILED"}}]}`},
		"invalid":         {mediaResponse, post(`{nope}`), 400, `{"errors":[{"message":"Cannot query field \"nope\" on type \"Query\".","locations":[{"line":1,"column":2}],"extensions":{"code":"GRAPHQL_VALIDATION_FAILED"}}]}`},
		"no such name":    {mediaResponse, `{"query":"query A{hello}","operationName":"B"}`, 400, `{"errors":[{"message":"operation B not found","extensions":{"code":"GRAPHQL_VALIDATION_FAILED"}}]}`},
		"word defer only": {"*/*", post(`{echo(text:"@defer")}`), 200, `{"data":{"echo":"@defer"}}`},
		"panic":           {mediaResponse, post(`{boom}`), 500, `{"errors":[{"message":"Something went wrong here.","extensions":{"code":"INTERNAL","retryable":false}}]}`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			resp, body := do(t, srv, "POST", "/", c.body, map[string]string{"Content-Type": "application/json; charset=UTF-8", "Accept": c.accept})
			if resp.StatusCode != c.status || body != c.want {
				t.Errorf("%d %s\nwant %d %s", resp.StatusCode, body, c.status, c.want)
			}
			if resp.ContentLength != int64(len(c.want)) {
				t.Errorf("Content-Length %d, want %d", resp.ContentLength, len(c.want))
			}
			media := mediaJSON
			if c.accept == mediaResponse {
				media = mediaResponse
			}
			if got := resp.Header.Get("Content-Type"); got != media+"; charset=utf-8" {
				t.Errorf("Content-Type %q", got)
			}
		})
	}
	t.Run("GET", func(t *testing.T) {
		t.Parallel()
		q := url.Values{"query": {`query Q($t:String){echo(text:$t)}`}, "variables": {`{"t":"x"}`}, "operationName": {"Q"}, "extensions": {"null"}}
		resp, body := do(t, srv, "GET", "/?"+q.Encode(), "", nil)
		if resp.StatusCode != 200 || body != `{"data":{"echo":"x"}}` {
			t.Errorf("%d %s", resp.StatusCode, body)
		}
	})
}
