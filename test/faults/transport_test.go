package faults_test

import (
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
)

// writing is a mutation that would leave a trace.
const writing = `mutation{signUp(input:{email:"trace@example.test",password:"correct horse battery",displayName:"Trace"}){user{id}}}`

// TestMalformedRequests sends what is no GraphQL request, or none that may be taken.
func TestMalformedRequests(t *testing.T) {
	t.Parallel()
	w := production(t)
	escaped := strings.NewReplacer(`"`, `\"`).Replace(writing)
	js := []string{"Content-Type", "application/json"}
	for name, c := range map[string]struct {
		method, query, body string
		headers             []string
		status              int
	}{
		"no JSON":              {"POST", "", `{"query": zzyzx`, js, 400},
		"half of it":           {"POST", "", `{"query":"{serverInfo{version}}"`, js, 400},
		"nothing":              {"POST", "", ``, js, 400},
		"null":                 {"POST", "", `null`, js, 400},
		"key twice":            {"POST", "", `{"query":"{serverInfo{version}}","query":"` + escaped + `"}`, js, 400},
		"key twice, escaped":   {"POST", "", `{"query":"{serverInfo{version}}","\u0071uery":"` + escaped + `"}`, js, 400},
		"variable twice":       {"POST", "", `{"query":"query($id:ID!){node(id:$id){id}}","variables":{"id":"a","id":"b"}}`, js, 400},
		"trailing bytes":       {"POST", "", `{"query":"` + escaped + `"}zzyzx`, js, 400},
		"two bodies":           {"POST", "", `{"query":"` + escaped + `"}{"query":"` + escaped + `"}`, js, 400},
		"NaN":                  {"POST", "", `{"query":"` + escaped + `","variables":{"n":NaN}}`, js, 400},
		"Infinity":             {"POST", "", `{"query":"` + escaped + `","variables":{"n":-Infinity}}`, js, 400},
		"bad UTF-8":            {"POST", "", "{\"query\":\"" + escaped + "\",\"variables\":{\"a\":\"zzyzx\xff\xfe\"}}", js, 400},
		"half a character":     {"POST", "", `{"query":"` + escaped + `","variables":{"a":"\ud800"}}`, js, 400},
		"objects 10,000 deep":  {"POST", "", `{"query":"` + escaped + `","variables":` + strings.Repeat(`{"a":`, 10_000) + "1" + strings.Repeat("}", 10_000) + "}", js, 400},
		"lists 10,000 deep":    {"POST", "", `{"query":"` + escaped + `","variables":{"a":` + strings.Repeat("[", 10_000) + strings.Repeat("]", 10_000) + "}}", js, 400},
		"120,000 open":         {"POST", "", `{"query":"` + escaped + `","variables":` + strings.Repeat(`[`, 120_000), js, 400},
		"a batch":              {"POST", "", `[{"query":"` + escaped + `"},{"query":"` + escaped + `"}]`, js, 400},
		"a batch of many":      {"POST", "", "[" + strings.Repeat(`{"query":"{__typename}"},`, 4000) + `{"query":"{__typename}"}]`, js, 400},
		"a mutation by GET":    {"GET", "?query=" + url.QueryEscape(writing), "", nil, 405},
		"chosen by its name":   {"GET", "?operationName=B&query=" + url.QueryEscape("query A{__typename} "+strings.Replace(writing, "mutation", "mutation B", 1)), "", nil, 405},
		"GET with a body":      {"GET", "", `{"query":"` + escaped + `"}`, js, 400},
		"text/plain":           {"POST", "", `{"query":"` + escaped + `"}`, []string{"Content-Type", "text/plain"}, 415},
		"no media type":        {"POST", "", `{"query":"` + escaped + `"}`, nil, 415},
		"a form":               {"POST", "", "query=" + url.QueryEscape(writing), []string{"Content-Type", "application/x-www-form-urlencoded"}, 415},
		"in the URL by POST":   {"POST", "?query=" + url.QueryEscape(writing), "", nil, 415},
		"multipart":            {"POST", "", "--x\r\nContent-Disposition: form-data; name=\"operations\"\r\n\r\n{\"query\":\"" + escaped + "\"}\r\n--x\r\nContent-Disposition: form-data; name=\"map\"\r\n\r\n{}\r\n--x--\r\n", []string{"Content-Type", "multipart/form-data; boundary=x"}, 415},
		"application/graphql":  {"POST", "", writing, []string{"Content-Type", "application/graphql"}, 415},
		"compressed":           {"POST", "", "\x1f\x8b\x08\x00", append(js, "Content-Encoding", "gzip"), 415},
		"by PUT":               {"PUT", "", `{"query":"` + escaped + `"}`, js, 405},
		"a URL of 20 KB":       {"GET", "?query=" + strings.Repeat("z", 20<<10), "", nil, 200},
		"a hash of a document": {"POST", "", `{"extensions":{"persistedQuery":{"version":1,"sha256Hash":"` + strings.Repeat("ab", 32) + `"}}}`, js, 200},
	} {
		t.Run(name, func(t *testing.T) {
			w.cheap(t, func(t *testing.T) reply {
				r := w.send(t, c.method, c.query, strings.NewReader(c.body), c.headers...)
				if r.Status != c.status {
					t.Errorf("answered with %d, want %d: %.300s", r.Status, c.status, r.Body)
				}
				if strings.Contains(string(r.Body), "zzyzx") {
					t.Errorf("the input is repeated: %.300s", r.Body)
				}
				return r
			})
		})
	}
	signIn := w.post(t, `mutation{signIn(input:{email:"trace@example.test",password:"correct horse battery"}){user{id} userErrors{code}}}`, "")
	if codes := signIn.UserErrors("signIn"); len(codes) != 1 {
		t.Errorf("a refused request had an effect: %s", signIn.Body)
	}
}

// counted counts the bytes that are read of a body without end.
type counted struct {
	left, read atomic.Int64
}

func newBody(size int64) *counted {
	c := &counted{}
	c.left.Store(size)
	return c
}

func (c *counted) Read(b []byte) (int, error) {
	left := c.left.Load()
	if left <= 0 {
		return 0, io.EOF
	}
	n := min(int64(len(b)), left)
	for i := range b[:n] {
		b[i] = ' '
	}
	c.left.Add(-n)
	c.read.Add(n)
	return int(n), nil
}

// TestLargeBodies sends 300 MB, and looks at the memory afterwards. What is on the way when the server hangs up is in buffers
// of the two systems, a few MiB.
func TestLargeBodies(t *testing.T) {
	t.Parallel()
	w := production(t)
	w.stands(t)
	before := w.resident(t)
	const size, buffered = 300_000_000, 32 << 20
	for name, length := range map[string]int64{"with its length": size, "without its length": -1} {
		t.Run(name, func(t *testing.T) {
			w.holds(t, func(t *testing.T) (out []reply) {
				for range 4 {
					body := newBody(size)
					r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, w.URL(), io.NopCloser(body))
					if err != nil {
						t.Fatal(err)
					}
					r.ContentLength = length
					r.Header.Set("Content-Type", "application/json")
					got := w.do(t, r)
					if got.Status != http.StatusRequestEntityTooLarge {
						t.Errorf("answered with %d %.300s", got.Status, got.Body)
					}
					if n := body.read.Load(); n > buffered {
						t.Errorf("%d bytes were taken", n)
					}
					out = append(out, got)
				}
				return out
			})
		})
	}
	t.Run("a byte over the limit", func(t *testing.T) {
		w.cheap(t, func(t *testing.T) reply {
			r := w.raw(t, strings.Repeat(" ", 128<<10+1))
			if r.Status != http.StatusRequestEntityTooLarge {
				t.Errorf("answered with %d", r.Status)
			}
			return r
		})
	})
	t.Run("headers of 1 MB", func(t *testing.T) {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, w.URL(), strings.NewReader("{}"))
		if err != nil {
			t.Fatal(err)
		}
		for i := range 100 {
			r.Header.Set(fmt.Sprint("X-", i), strings.Repeat("z", 10_000))
		}
		if res, err := w.client.Do(r); err == nil {
			if res.Body.Close(); res.StatusCode != http.StatusRequestHeaderFieldsTooLarge {
				t.Errorf("answered with %d", res.StatusCode)
			}
		}
		w.stands(t)
	})
	w.settles(t, before)
}
