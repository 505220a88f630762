// Package httpclient makes clients for what is called out of karnak: they follow no redirect, and an answer that is read from
// them is bounded in its size, in its lines, and in the time it may be silent.
package httpclient

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strconv"
	"syscall"
	"time"
)

// Config says what an answer may be like.
type Config struct {
	// Connect bounds the way to the server, Headers the time until the head of the answer is there, Silence that between two
	// pieces of its body.
	Connect, Headers, Silence time.Duration
	// Line and Body bound a line and the whole in bytes.
	Line, Body int64
	// Dial looks at the address that is dialled, and refuses it by an error; nil lets every one through.
	Dial func(network, address string, c syscall.RawConn) error
	// Connections bounds how many there are to a host; 0 for no bound.
	Connections int
}

// Errors of a body.
var (
	ErrLine   = errors.New("a line of the answer is too long")
	ErrLarge  = errors.New("the answer is too large")
	ErrSilent = errors.New("the server has fallen silent")
	// ErrElsewhere is of the answer as a whole.
	ErrElsewhere = errors.New("the server sends elsewhere, where nobody is followed")
)

// mostHeaders bounds the head of an answer, in bytes.
const mostHeaders = 64 << 10

// New returns a client.
func New(c Config) (*http.Client, error) {
	if c.Connect <= 0 || c.Headers <= 0 || c.Silence <= 0 || c.Line <= 0 || c.Body <= 0 {
		return nil, errors.New("httpclient: every bound is needed")
	}
	t := &http.Transport{
		DialContext:            (&net.Dialer{Timeout: c.Connect, Control: c.Dial}).DialContext,
		TLSHandshakeTimeout:    c.Connect,
		ResponseHeaderTimeout:  c.Headers,
		MaxConnsPerHost:        c.Connections,
		MaxIdleConnsPerHost:    64,
		IdleConnTimeout:        time.Minute,
		ForceAttemptHTTP2:      true,
		MaxResponseHeaderBytes: mostHeaders,
		DisableCompression:     true,
	}
	return &http.Client{Transport: bounds{t, c}}, nil
}

type afterKey struct{}

// WithRetryAfter returns a context of a request that learns how long the server wants to be left alone.
func WithRetryAfter(ctx context.Context, d *time.Duration) context.Context {
	return context.WithValue(ctx, afterKey{}, d)
}

// longestRetryAfter bounds what a server may ask for.
const longestRetryAfter = time.Hour

type bounds struct {
	base http.RoundTripper
	Config
}

// RoundTrip asks, and bounds the body of the answer.
func (b bounds) RoundTrip(r *http.Request) (*http.Response, error) {
	ctx, cancel := context.WithCancelCause(r.Context())
	res, err := b.base.RoundTrip(r.WithContext(ctx))
	if err != nil {
		cancel(nil)
		return nil, err
	}
	if d, ok := r.Context().Value(afterKey{}).(*time.Duration); ok {
		if s, err := strconv.Atoi(res.Header.Get("Retry-After")); err == nil && s > 0 {
			*d = min(time.Duration(s)*time.Second, longestRetryAfter)
		}
	}
	if res.StatusCode/100 == 3 {
		cancel(nil)
		return nil, errors.Join(ErrElsewhere, res.Body.Close())
	}
	silent := time.AfterFunc(b.Silence, func() { cancel(ErrSilent) }) //nolint:forbidigo // the network's time, as its other bounds
	res.Body = &body{base: res.Body, bounds: b.Config, silent: silent, ctx: ctx, end: cancel}
	return res, nil
}

type body struct {
	base        io.ReadCloser
	bounds      Config
	silent      *time.Timer
	ctx         context.Context
	end         context.CancelCauseFunc
	total, line int64
}

// Read reads, within the bounds.
func (b *body) Read(p []byte) (int, error) {
	n, err := b.base.Read(p)
	if n > 0 {
		b.silent.Reset(b.bounds.Silence)
	}
	if b.total += int64(n); b.total > b.bounds.Body {
		return 0, ErrLarge
	}
	for rest := p[:n]; len(rest) > 0; {
		i := bytes.IndexByte(rest, '\n')
		if i < 0 {
			b.line += int64(len(rest))
			break
		}
		if b.line+int64(i) > b.bounds.Line {
			return 0, ErrLine
		}
		b.line, rest = 0, rest[i+1:]
	}
	if b.line > b.bounds.Line {
		return 0, ErrLine
	}
	if err != nil && !errors.Is(err, io.EOF) && errors.Is(context.Cause(b.ctx), ErrSilent) {
		err = ErrSilent
	}
	return n, err
}

// Close ends the answer.
func (b *body) Close() error {
	b.silent.Stop()
	b.end(nil)
	return b.base.Close()
}
