package reference_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"karnak/graph/reference"
	"karnak/schema"
)

func TestPage(t *testing.T) {
	t.Parallel()
	h, err := reference.Handler(schema.Published, "1.2.3")
	if err != nil {
		t.Fatal(err)
	}
	get := func(path string) *httptest.ResponseRecorder {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
		return w
	}
	page := get("/docs")
	for _, want := range []string{
		"version 1.2.3", `id="Channel"`, "sendMessage", "needs chat:write", "writes chat.message.posted",
		`<a href="#SendMessagePayload">SendMessagePayload!</a>`, "Page size from the start", "Posts a message. Needs <code>chat:write</code>, and membership",
	} {
		if !strings.Contains(page.Body.String(), want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	if csp := page.Header().Get("Content-Security-Policy"); !strings.HasPrefix(csp, "default-src 'none'") {
		t.Errorf("Content-Security-Policy %q", csp)
	}
	if strings.Contains(page.Body.String(), "__") {
		t.Error("introspection types are shown")
	}
	if css := get("/docs/style.css"); css.Code != http.StatusOK || !strings.HasPrefix(css.Header().Get("Content-Type"), "text/css") {
		t.Errorf("style: %d %s", css.Code, css.Header())
	}
}

func TestBrokenSchema(t *testing.T) {
	t.Parallel()
	if _, err := reference.Handler("type Query {", ""); err == nil {
		t.Error("a broken schema is shown")
	}
}
