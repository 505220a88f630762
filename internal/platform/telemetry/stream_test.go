package telemetry_test

import (
	"bufio"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
)

func TestStreamsPass(t *testing.T) {
	t.Parallel()
	release := make(chan struct{})
	b := serve(t, map[string]http.HandlerFunc{
		"/sse": func(w http.ResponseWriter, r *http.Request) {
			fmt.Fprint(w, "first\n")
			w.(http.Flusher).Flush()
			select {
			case <-release:
			case <-r.Context().Done():
			}
		},
		"/ws": func(w http.ResponseWriter, _ *http.Request) {
			conn, rw, err := w.(http.Hijacker).Hijack()
			if err != nil {
				return
			}
			fmt.Fprint(rw, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: test\r\n\r\n")
			rw.Flush()
			conn.Close()
		},
	})
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, b.srv.URL+"/sse", nil)
	if err != nil {
		t.Fatal(err)
	}
	res, err := b.srv.Client().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	if line, err := bufio.NewReader(res.Body).ReadString('\n'); err != nil || line != "first\n" {
		t.Errorf("%q %v", line, err)
	}
	if !strings.Contains(b.metrics(t), "karnak_http_requests_in_flight 1") {
		t.Error("an open stream is not in flight")
	}
	close(release)
	if _, err := io.Copy(io.Discard, res.Body); err != nil {
		t.Error(err)
	}
	res.Body.Close()
	if res, _, err := b.get(t, "/ws", http.Header{"Connection": {"Upgrade"}, "Upgrade": {"test"}}); err != nil || res.StatusCode != 101 {
		t.Errorf("hijack: %v", err)
	}
	b.srv.Close()
	b.running.Wait()
	metrics := b.metrics(t)
	if !strings.Contains(metrics, `route="/ws",status="101"} 1`) || strings.Contains(metrics, "karnak_http_request_seconds_count") {
		t.Errorf("streams are counted wrongly")
	}
}
