package faults_test

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"

	"karnak/internal/app/apptest"
)

// kept is a log that a test reads.
type kept struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (k *kept) Write(b []byte) (int, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.b.Write(b)
}

func (k *kept) lines() []string {
	k.mu.Lock()
	defer k.mu.Unlock()
	return strings.Split(strings.TrimSuffix(k.b.String(), "\n"), "\n")
}

// TestNothingIsRunWhereItIsShown keeps markup, formulas and line breaks in names and texts: what comes back is JSON that no
// browser takes for a page, with the text as it was written, and a line of the log stays one line.
func TestNothingIsRunWhereItIsShown(t *testing.T) {
	t.Parallel()
	log := &kept{}
	apptest.Each(t, apptest.Options{Logger: slog.New(slog.NewJSONHandler(log, nil))}, func(t *testing.T, n *apptest.Node) {
		p := n.SignUp(t, "Writer")
		channel := n.Channel(t, p, p.Personal, "general", "PUBLIC")
		for name, text := range map[string]string{
			"HTML":    `<script>alert(1)</script><img src=x onerror=alert(1)>`,
			"SVG":     `<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>`,
			"formula": `=HYPERLINK("http://evil.example","x")`,
			"lines":   "a\r\n{\"level\":\"ERROR\",\"msg\":\"forged\"}\u2028\u2029b",
		} {
			id := n.Send(t, p, channel, text)
			q := "?variables=" + url.QueryEscape(`{"m":"`+id+`"}`) + "&query=" + url.QueryEscape(`query($m:ID!){node(id:$m){... on Message{body}}}`)
			r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, n.URL+q, nil)
			if err != nil {
				t.Fatal(err)
			}
			r.Header.Set("Authorization", "Bearer "+p.Token)
			r.Header.Set("User-Agent", "agent "+strings.NewReplacer("\r", "%0d", "\n", "%0a").Replace(text))
			r.Header.Set("X-Request-Id", `<svg onload=1>`)
			res, err := http.DefaultClient.Do(r)
			if err != nil {
				t.Fatal(err)
			}
			var got struct {
				Data struct{ Node struct{ Body string } }
			}
			if err := json.NewDecoder(res.Body).Decode(&got); err != nil || got.Data.Node.Body != text {
				t.Errorf("%s comes back as %q: %v", name, got.Data.Node.Body, err)
			}
			res.Body.Close()
			for header, want := range map[string]string{
				"Content-Type": "application/json", "X-Content-Type-Options": "nosniff", "Content-Security-Policy": "default-src 'none'", "X-Frame-Options": "DENY", "X-Request-Id": "req_",
			} {
				if !strings.HasPrefix(res.Header.Get(header), want) {
					t.Errorf("%s is %q", header, res.Header.Get(header))
				}
			}
		}
		for _, path := range []string{"/a%0d%0a%7B%22level%22:%22ERROR%22%7D", "/%3Cscript%3E", "/docs/%0aforged"} {
			res, err := http.Get(strings.TrimSuffix(n.URL, "/graphql") + path)
			if err != nil {
				t.Fatal(err)
			}
			if res.Body.Close(); strings.Contains(res.Header.Get("Content-Type"), "html") && res.StatusCode == http.StatusNotFound {
				t.Errorf("%s is answered with a page", path)
			}
		}
	})
	t.Cleanup(func() {
		for _, line := range log.lines() {
			var entry struct{ Level, Msg string }
			if err := json.Unmarshal([]byte(line), &entry); err != nil || entry.Msg == "forged" || entry.Msg == "" {
				t.Errorf("a line of the log is %q: %v", line, err)
			}
			if strings.Contains(line, "?query=") || strings.Contains(line, apptest.Password) {
				t.Errorf("the log tells what was asked: %s", line)
			}
		}
	})
}
