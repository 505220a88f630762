package telemetry_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"karnak/internal/platform/clock"
	"karnak/internal/platform/id"
	"karnak/internal/platform/telemetry"

	"github.com/prometheus/client_golang/prometheus"
)

// lines is a writer that tests read as JSON records.
type lines struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (l *lines) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(b)
}

func (l *lines) records(t *testing.T) []map[string]any {
	t.Helper()
	l.mu.Lock()
	defer l.mu.Unlock()
	var out []map[string]any
	s := bufio.NewScanner(bytes.NewReader(l.buf.Bytes()))
	for s.Scan() {
		var r map[string]any
		if err := json.Unmarshal(s.Bytes(), &r); err != nil {
			t.Fatalf("not one record a line: %q", s.Text())
		}
		out = append(out, r)
	}
	return out
}

func TestLoggerWritesOneLinePerRecord(t *testing.T) {
	t.Parallel()
	var out lines
	log := telemetry.NewLogger(&out, slog.LevelInfo)
	ctx := telemetry.WithRequestID(t.Context(), "req_1")
	evil := "a\r\n{\"level\":\"ERROR\",\"msg\":\"forged\"}\u2028\x00\xff"
	log.InfoContext(ctx, evil, evil, evil, "error", fmt.Errorf("%s", evil))
	log.With("a", 1).WithGroup("g").WarnContext(ctx, "grouped", "b", 2)
	log.Debug("below the level")
	log.Info("outside")
	got := out.records(t)
	if len(got) != 3 {
		t.Fatalf("%d records: %v", len(got), got)
	}
	if got[0]["requestId"] != "req_1" || got[0]["level"] != "INFO" || !strings.Contains(got[0]["msg"].(string), "forged") {
		t.Errorf("%v", got[0])
	}
	if g := got[1]["g"].(map[string]any); g["b"] != 2.0 || g["requestId"] != "req_1" || got[1]["a"] != 1.0 {
		t.Errorf("%v", got[1])
	}
	if _, ok := got[2]["requestId"]; ok {
		t.Errorf("an id out of nowhere: %v", got[2])
	}
	if !strings.HasSuffix(got[0]["time"].(string), "Z") {
		t.Errorf("time is not UTC: %v", got[0]["time"])
	}
}

type bundle struct {
	log   lines
	reg   *prometheus.Registry
	clock *clock.Manual
	srv   *httptest.Server
	// running are the requests that the layer has not done with, hijacked ones too, for which a server does not wait.
	running sync.WaitGroup
}

func serve(t *testing.T, handlers map[string]http.HandlerFunc) *bundle {
	t.Helper()
	reg, err := telemetry.NewRegistry("1.2.3")
	if err != nil {
		t.Fatal(err)
	}
	b := &bundle{reg: reg, clock: clock.NewManual(time.Unix(1e9, 0))}
	layer, err := telemetry.NewHTTP(telemetry.HTTPConfig{Logger: telemetry.NewLogger(&b.log, slog.LevelDebug), Registry: reg, Clock: b.clock, HSTS: true})
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	for pattern, h := range handlers {
		mux.HandleFunc(pattern, h)
	}
	wrapped := layer.Wrap(mux)
	b.srv = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b.running.Add(1)
		defer b.running.Done()
		wrapped.ServeHTTP(w, r)
	}))
	b.srv.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	b.srv.Start()
	t.Cleanup(b.srv.Close)
	return b
}

func (b *bundle) get(t *testing.T, path string, header http.Header) (*http.Response, string, error) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, b.srv.URL+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	for k, v := range header {
		req.Header[k] = v
	}
	res, err := b.srv.Client().Do(req)
	if err != nil {
		return nil, "", err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	return res, string(body), err
}

func (b *bundle) metrics(t *testing.T) string {
	t.Helper()
	rec := httptest.NewRecorder()
	telemetry.MetricsHandler(b.reg).ServeHTTP(rec, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/metrics", nil))
	return rec.Body.String()
}

func TestRequestIDs(t *testing.T) {
	t.Parallel()
	b := serve(t, map[string]http.HandlerFunc{"/x": func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, telemetry.RequestID(r.Context()))
	}})
	for given, kept := range map[string]bool{
		"": false, "short": false, "trace-0123.ABC_x": true, strings.Repeat("a", 128): true, strings.Repeat("a", 129): false,
		"with space in it": false, "quote\"quote": false, "ünicode-ünicode": false, "a,b,c,d,e,f": false,
	} {
		res, body, err := b.get(t, "/x", http.Header{"X-Request-Id": {given}})
		if err != nil {
			t.Fatal(err)
		}
		got := res.Header.Get("X-Request-Id")
		if got != body || (got == given) != kept || (!kept && !id.Valid(id.Request, got)) {
			t.Errorf("%q became %q, the handler saw %q", given, got, body)
		}
	}
}

func TestAccessLogHeadersAndMetrics(t *testing.T) {
	t.Parallel()
	var b *bundle
	b = serve(t, map[string]http.HandlerFunc{
		"/items/{id}": func(w http.ResponseWriter, _ *http.Request) {
			b.clock.Advance(1500 * time.Microsecond)
			w.WriteHeader(http.StatusTeapot)
			fmt.Fprint(w, "short and stout")
		},
		"/page": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Security-Policy", "default-src 'self'")
		},
	})
	res, _, err := b.get(t, "/items/%0d%0aforged?token=hunter2", nil)
	if err != nil {
		t.Fatal(err)
	}
	for k, want := range map[string]string{
		"X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY", "Referrer-Policy": "no-referrer",
		"Content-Security-Policy":   "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
		"Strict-Transport-Security": "max-age=31536000; includeSubDomains",
	} {
		if got := res.Header.Get(k); got != want {
			t.Errorf("%s: %q", k, got)
		}
	}
	if res, _, err := b.get(t, "/page", nil); err != nil || res.Header.Get("Content-Security-Policy") != "default-src 'self'" {
		t.Errorf("a page cannot set its policy: %v", err)
	}
	if _, _, err := b.get(t, "/nowhere", nil); err != nil {
		t.Fatal(err)
	}
	got := b.log.records(t)
	if len(got) != 3 {
		t.Fatalf("%d records", len(got))
	}
	for k, want := range map[string]any{
		"msg": "request", "method": "GET", "path": "/items/\r\nforged", "route": "/items/{id}", "status": 418.0,
		"bytes": 15.0, "ms": 1.5, "client": "127.0.0.1", "requestId": res.Header.Get("X-Request-Id"),
	} {
		if got[0][k] != want {
			t.Errorf("%s: %v, want %v", k, got[0][k], want)
		}
	}
	if strings.Contains(fmt.Sprint(got), "hunter2") {
		t.Error("the query string is in the log")
	}
	metrics := b.metrics(t)
	for _, want := range []string{
		`karnak_http_requests_total{method="GET",route="/items/{id}",status="418"} 1`,
		`karnak_http_requests_total{method="GET",route="none",status="404"} 1`,
		`karnak_http_request_seconds_bucket{route="/items/{id}",le="0.0025"} 1`,
		`karnak_build_info{go="`, `version="1.2.3"} 1`, "go_goroutines ", "process_resident_memory_bytes ",
		"karnak_http_requests_in_flight 0",
	} {
		if !strings.Contains(metrics, want) {
			t.Errorf("no %s", want)
		}
	}
	if strings.Contains(metrics, "forged") || strings.Contains(metrics, "nowhere") {
		t.Error("a path became a label")
	}
}

func TestPanics(t *testing.T) {
	t.Parallel()
	write := func(m map[string]int) { m["secret detail"] = 1 }
	fail := func() { write(nil) }
	b := serve(t, map[string]http.HandlerFunc{
		"/before": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "3")
			fail()
		},
		"/after": func(w http.ResponseWriter, _ *http.Request) {
			fmt.Fprint(w, strings.Repeat("x", 10_000))
			fail()
		},
		"/ok": func(http.ResponseWriter, *http.Request) {},
	})
	res, body, err := b.get(t, "/before", nil)
	if err != nil {
		t.Fatal(err)
	}
	want := fmt.Sprintf(`{"errors":[{"message":"Something went wrong on our side.","extensions":{"code":"INTERNAL","requestId":%q}}]}`, res.Header.Get("X-Request-Id"))
	if res.StatusCode != 500 || body != want || !strings.HasPrefix(res.Header.Get("Content-Type"), "application/json") {
		t.Errorf("%d %s", res.StatusCode, body)
	}
	if _, _, err := b.get(t, "/after", nil); err == nil {
		t.Error("an answer that broke off looks whole")
	}
	if res, _, err := b.get(t, "/ok", nil); err != nil || res.StatusCode != 200 {
		t.Errorf("the server is gone: %v", err)
	}
	if !strings.Contains(b.metrics(t), "karnak_http_panics_total 2") {
		t.Error("panics are not counted")
	}
	stacks := 0
	for _, r := range b.log.records(t) {
		if s, _ := r["stack"].(string); strings.Contains(s, "telemetry_test.go") && r["requestId"] != nil {
			stacks++
		}
	}
	if stacks != 2 {
		t.Errorf("%d stacks in the log", stacks)
	}
}

func TestNewHTTPRefuses(t *testing.T) {
	t.Parallel()
	if _, err := telemetry.NewHTTP(telemetry.HTTPConfig{}); err == nil {
		t.Error("nothing was given and nothing was missed")
	}
	reg := prometheus.NewRegistry()
	cfg := telemetry.HTTPConfig{Logger: slog.New(slog.DiscardHandler), Registry: reg, Clock: clock.System{}}
	if _, err := telemetry.NewHTTP(cfg); err != nil {
		t.Error(err)
	}
	if _, err := telemetry.NewHTTP(cfg); err == nil {
		t.Error("the same metrics were registered twice")
	}
}
