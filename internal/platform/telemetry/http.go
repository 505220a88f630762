package telemetry

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"
	"runtime/debug"
	"slices"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"karnak/internal/platform/clock"
	"karnak/internal/platform/id"
)

// RequestIDHeader is the header that carries a request's id, both ways.
const RequestIDHeader = "X-Request-Id"

// HTTPConfig holds what NewHTTP needs.
type HTTPConfig struct {
	Logger   *slog.Logger
	Registry prometheus.Registerer
	Clock    clock.Clock
	// TrustedProxies are the networks whose X-Forwarded-For is believed.
	TrustedProxies []netip.Prefix
	// HSTS tells browsers to come back by TLS only; for installations behind TLS.
	HSTS bool
}

// HTTP is the outermost layer of the server.
type HTTP struct {
	cfg     HTTPConfig
	metrics *httpMetrics
}

// NewHTTP registers the HTTP metrics and returns the layer.
func NewHTTP(cfg HTTPConfig) (*HTTP, error) {
	if cfg.Logger == nil || cfg.Registry == nil || cfg.Clock == nil {
		return nil, errors.New("telemetry: logger, registry and clock are needed")
	}
	m, err := newHTTPMetrics(cfg.Registry)
	if err != nil {
		return nil, err
	}
	return &HTTP{cfg: cfg, metrics: m}, nil
}

// Wrap gives each request an id (a sane X-Request-Id is kept) and the client's address in its context, answers with security
// headers, turns a panic into the error INTERNAL, writes one line to the access log, without the query string, and counts.
func (h *HTTP) Wrap(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		start := h.cfg.Clock.Now()
		requestID := r.Header.Get(RequestIDHeader)
		if !saneID(requestID) {
			requestID = id.New(id.Request)
		}
		r = r.WithContext(WithRequest(r.Context(), requestID, ClientAddr(r, h.cfg.TrustedProxies)))
		h.headers(w.Header(), requestID)
		rec := &recorder{ResponseWriter: w}
		h.metrics.inFlight.Inc()
		defer h.metrics.inFlight.Dec()
		aborted := h.serve(rec, r, next)
		h.finish(rec, r, h.cfg.Clock.Now().Sub(start))
		if aborted {
			// The answer has begun and cannot be mended: this is how net/http is told to cut the connection.
			panic(http.ErrAbortHandler) //nolint:forbidigo // see above
		}
	})
}

// fixed are the headers of every answer, by their canonical names: nobody writes into the lists. A handler that serves a page
// sets a policy of its own.
var fixed = map[string][]string{
	"X-Content-Type-Options":     {"nosniff"},
	"X-Frame-Options":            {"DENY"},
	"Referrer-Policy":            {"no-referrer"},
	"Cross-Origin-Opener-Policy": {"same-origin"},
	"Content-Security-Policy":    {"default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"},
}

func (h *HTTP) headers(header http.Header, requestID string) {
	for name, value := range fixed {
		header[name] = value
	}
	header[RequestIDHeader] = []string{requestID}
	if h.cfg.HSTS {
		header.Set("Strict-Transport-Security", "max-age=31536000; includeSubDomains")
	}
}

// serve runs the handler; aborted says that it failed after the answer had begun.
func (h *HTTP) serve(rec *recorder, r *http.Request, next http.Handler) (aborted bool) {
	defer func() {
		failure := recover()
		if failure == nil {
			return
		}
		if err, ok := failure.(error); ok && errors.Is(err, http.ErrAbortHandler) {
			aborted = true
			return
		}
		h.metrics.panics.Inc()
		h.cfg.Logger.ErrorContext(r.Context(), "a request failed unexpectedly",
			"panic", fmt.Sprint(failure), "stack", string(debug.Stack()))
		if rec.begun() {
			aborted = !rec.hijacked
			return
		}
		writeInternal(rec, RequestID(r.Context()))
	}()
	next.ServeHTTP(rec, r)
	return false
}

func writeInternal(w http.ResponseWriter, requestID string) {
	type extensions struct {
		Code      string `json:"code"`
		RequestID string `json:"requestId"`
	}
	type entry struct {
		Message    string     `json:"message"`
		Extensions extensions `json:"extensions"`
	}
	body, err := json.Marshal(map[string][]entry{
		"errors": {{Message: "Something went wrong on our side.", Extensions: extensions{"INTERNAL", requestID}}},
	})
	if err != nil {
		body = []byte(`{"errors":[{"message":"Something went wrong on our side.","extensions":{"code":"INTERNAL"}}]}`)
	}
	header := w.Header()
	header.Del("Content-Length")
	header.Del("Content-Encoding")
	header.Set("Content-Type", "application/json; charset=utf-8")
	header.Set("Cache-Control", "no-store")
	w.WriteHeader(http.StatusInternalServerError)
	_, _ = w.Write(body) // a client that is gone is told nothing
}

func (h *HTTP) finish(rec *recorder, r *http.Request, took time.Duration) {
	status, route := rec.code(), route(r)
	h.metrics.requests.WithLabelValues(route, method(r.Method), strconv.Itoa(status)).Inc()
	if !rec.streamed() {
		h.metrics.seconds.WithLabelValues(route).Observe(took.Seconds())
	}
	level := slog.LevelInfo
	if status >= http.StatusInternalServerError {
		level = slog.LevelError
	}
	// The client may be gone and its context with it; the line is written all the same.
	h.cfg.Logger.LogAttrs(context.WithoutCancel(r.Context()), level, "request",
		slog.String("method", clip(r.Method)), slog.String("path", clip(r.URL.Path)), slog.String("route", route),
		slog.Int("status", status), slog.Int64("bytes", rec.bytes),
		slog.Float64("ms", float64(took.Microseconds())/1000), slog.String("client", Client(r.Context()).String()))
}

// route is the pattern of the mux that took the request.
func route(r *http.Request) string {
	if r.Pattern == "" {
		return "none"
	}
	return r.Pattern
}

func method(m string) string {
	known := []string{"GET", "POST", "HEAD", "OPTIONS", "PUT", "PATCH", "DELETE", "CONNECT", "TRACE"}
	if slices.Contains(known, m) {
		return m
	}
	return "OTHER"
}

// saneID reports whether an id from outside may stand in headers and logs.
func saneID(s string) bool {
	if len(s) < 8 || len(s) > 128 {
		return false
	}
	for i := range len(s) {
		c := s[i]
		letter := c|0x20 >= 'a' && c|0x20 <= 'z'
		digit := c >= '0' && c <= '9'
		if !letter && !digit && c != '-' && c != '_' && c != '.' {
			return false
		}
	}
	return true
}

func clip(s string) string {
	const most = 512
	if len(s) > most {
		return s[:most]
	}
	return s
}
