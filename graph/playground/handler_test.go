package playground

import (
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
)

func newHandler(t *testing.T) http.Handler {
	t.Helper()
	h, err := Handler(Config{
		Endpoint:  "/graphql",
		Version:   "1.2.3",
		DemoUsers: []DemoUser{{Name: `A "<b>" & Co`, Email: "a@example.com", Password: "</script><script>alert(1)"}},
		Links:     []Link{{Label: "Docs", Path: "/docs"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func do(t *testing.T, h http.Handler, method, target string, header map[string]string) *http.Response {
	t.Helper()
	request := httptest.NewRequest(method, target, nil)
	for name, value := range header {
		request.Header.Set(name, value)
	}
	recorder := httptest.NewRecorder()
	h.ServeHTTP(recorder, request)
	return recorder.Result()
}

func bodyOf(t *testing.T, response *http.Response) string {
	t.Helper()
	data, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func TestStatus(t *testing.T) {
	t.Parallel()
	h := newHandler(t)
	for _, c := range []struct {
		name, method, target string
		want                 int
	}{
		{"index", "GET", "/", 200},
		{"index with a query", "GET", "/?x=1", 200},
		{"head of the index", "HEAD", "/", 200},
		{"licences", "GET", "/assets/LICENSES.txt", 200},
		{"post", "POST", "/", 405},
		{"delete of an asset", "DELETE", "/assets/LICENSES.txt", 405},
		{"unknown path", "GET", "/nothing", 404},
		{"unknown asset", "GET", "/assets/nothing.js", 404},
		{"the folder itself", "GET", "/assets/", 404},
		{"manifest", "GET", "/assets/manifest.json", 404},
		{"path upwards", "GET", "/assets/../handler.go", 404},
		{"asset outside its folder", "GET", "/LICENSES.txt", 404},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			response := do(t, h, c.method, c.target, nil)
			if response.StatusCode != c.want {
				t.Errorf("status %d, want %d", response.StatusCode, c.want)
			}
			if c.want == 405 && response.Header.Get("Allow") != "GET, HEAD" {
				t.Errorf("Allow is %q", response.Header.Get("Allow"))
			}
		})
	}
}

func TestSecurityHeaders(t *testing.T) {
	t.Parallel()
	h := newHandler(t)
	for _, target := range []string{"/", "/assets/LICENSES.txt", "/nothing"} {
		header := do(t, h, "GET", target, nil).Header
		if got := header.Get("X-Content-Type-Options"); got != "nosniff" {
			t.Errorf("%s: X-Content-Type-Options is %q", target, got)
		}
		policy := header.Get("Content-Security-Policy")
		for _, want := range []string{
			"default-src 'none'", "script-src 'self';", "connect-src 'self';", "worker-src 'self';",
			"base-uri 'none'", "frame-ancestors 'none'",
		} {
			if !strings.Contains(policy, want) {
				t.Errorf("%s: policy lacks %q: %s", target, want, policy)
			}
		}
		for _, never := range []string{"unsafe-eval", "http:", "https:", "*", "blob:", "script-src 'self' "} {
			if strings.Contains(policy, never) {
				t.Errorf("%s: policy has %q: %s", target, never, policy)
			}
		}
	}
}

var reference = regexp.MustCompile(`(?:src|href)="([^"]*)"`)

func TestIndexLoadsOnlyItsOwnAssets(t *testing.T) {
	t.Parallel()
	h := newHandler(t)
	index := bodyOf(t, do(t, h, "GET", "/", nil))
	assets := 0
	for _, match := range reference.FindAllStringSubmatch(index, -1) {
		target := match[1]
		if !strings.HasPrefix(target, "/") || strings.HasPrefix(target, "//") {
			t.Errorf("reference %q leaves the host", target)
		}
		if !strings.HasPrefix(target, assetPrefix) {
			continue
		}
		assets++
		if response := do(t, h, "GET", target, nil); response.StatusCode != http.StatusOK {
			t.Errorf("%s answers %d", target, response.StatusCode)
		}
	}
	if assets != 3 {
		t.Errorf("%d assets referenced, want icon, style and script", assets)
	}
	if found := regexp.MustCompile(`(?i)(https?:)?//[a-z0-9]`).FindString(index); found != "" {
		t.Errorf("the page names another host near %q", found)
	}
	if strings.Count(index, "<script") != 2 {
		t.Errorf("a script was smuggled in: %s", index)
	}
}

func TestIndexIsCheckedAndRevalidated(t *testing.T) {
	t.Parallel()
	h := newHandler(t)
	first := do(t, h, "GET", "/", nil)
	tag := first.Header.Get("ETag")
	if tag == "" || first.Header.Get("Cache-Control") != "no-cache" {
		t.Fatalf("ETag %q, Cache-Control %q", tag, first.Header.Get("Cache-Control"))
	}
	again := do(t, h, "GET", "/", map[string]string{"If-None-Match": tag})
	if again.StatusCode != http.StatusNotModified || bodyOf(t, again) != "" {
		t.Errorf("status %d, want 304 without a body", again.StatusCode)
	}
	head := do(t, h, "HEAD", "/", nil)
	if bodyOf(t, head) != "" || head.Header.Get("Content-Length") != first.Header.Get("Content-Length") {
		t.Error("HEAD differs from GET without its body")
	}
}

func TestConfigNamesEveryFault(t *testing.T) {
	t.Parallel()
	_, err := Handler(Config{
		Endpoint:  "https://elsewhere/graphql",
		DemoUsers: []DemoUser{{Name: "N", Email: "e@example.com"}},
		Links:     []Link{{Label: "Out", Path: "//elsewhere"}},
	})
	if err == nil {
		t.Fatal("accepted")
	}
	for _, want := range []string{"Endpoint", "DemoUsers[0]", "Links[0]"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q does not name %s", err, want)
		}
	}
}
