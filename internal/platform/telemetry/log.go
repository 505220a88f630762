// Package telemetry is what an operator sees of a running process: the log, the metrics, and for each HTTP request its id, its
// line in the log and its counters.
package telemetry

import (
	"context"
	"io"
	"log/slog"
	"net/netip"
)

type requestKey struct{}

// request is what the log tells of the request that a context belongs to.
type request struct {
	id     string
	client netip.Addr
}

// WithRequestID returns a context that belongs to another request of the same client.
func WithRequestID(ctx context.Context, id string) context.Context {
	r, _ := ctx.Value(requestKey{}).(request)
	r.id = id
	return context.WithValue(ctx, requestKey{}, r)
}

// WithRequest returns a context that belongs to a request of this client.
func WithRequest(ctx context.Context, id string, client netip.Addr) context.Context {
	return context.WithValue(ctx, requestKey{}, request{id, client})
}

// RequestID returns the id of the request that a context belongs to, "" for none.
func RequestID(ctx context.Context) string {
	r, _ := ctx.Value(requestKey{}).(request)
	return r.id
}

// Client returns the address that a request came from, as far as trusted proxies tell it; the zero Addr for none.
func Client(ctx context.Context) netip.Addr {
	r, _ := ctx.Value(requestKey{}).(request)
	return r.client
}

// NewLogger writes one JSON object per line, whatever the values hold, in UTC; a record made with a context carries its
// request's id as requestId.
func NewLogger(w io.Writer, level slog.Leveler) *slog.Logger {
	return slog.New(handler{slog.NewJSONHandler(w, &slog.HandlerOptions{Level: level, ReplaceAttr: inUTC})})
}

func inUTC(groups []string, a slog.Attr) slog.Attr {
	if len(groups) == 0 && a.Key == slog.TimeKey && a.Value.Kind() == slog.KindTime {
		a.Value = slog.TimeValue(a.Value.Time().UTC())
	}
	return a
}

// handler adds the request's id to each record.
type handler struct{ slog.Handler }

func (h handler) Handle(ctx context.Context, r slog.Record) error {
	if id := RequestID(ctx); id != "" {
		r = r.Clone()
		r.AddAttrs(slog.String("requestId", id))
	}
	return h.Handler.Handle(ctx, r)
}

func (h handler) WithAttrs(attrs []slog.Attr) slog.Handler {
	return handler{h.Handler.WithAttrs(attrs)}
}

func (h handler) WithGroup(name string) slog.Handler { return handler{h.Handler.WithGroup(name)} }
