package transport

import (
	"context"
	"sync"

	"karnak/internal/platform/fault"
)

// stream is where a subscription's resolver leaves the error that its stream ends with, and the positions of its events.
type stream struct {
	mu     sync.Mutex
	err    error
	denied func()
	// marked says that the transport takes positions; marks are those it has not taken yet.
	marked bool
	marks  []string
}

type streamKey struct{}

// WithStream returns a context in which SetStreamError works. Transports that stream call it for every operation; it is
// exported for tests of resolvers.
func WithStream(ctx context.Context) context.Context {
	return withStream(ctx, &stream{denied: func() {}})
}

func withStream(ctx context.Context, s *stream) context.Context {
	return context.WithValue(ctx, streamKey{}, s)
}

// SetStreamError records why a subscription's stream ends; the resolver calls it before it closes its channel. The client then
// gets an error message instead of complete. Only the first error counts.
//
// An error that takes access away (UNAUTHENTICATED, FORBIDDEN, NOT_FOUND) also takes back at once what waits to be written for
// this subscription, and cancels its context. Outside a streaming transport the call does nothing.
func SetStreamError(ctx context.Context, err error) {
	s, ok := ctx.Value(streamKey{}).(*stream)
	if !ok || err == nil {
		return
	}
	s.mu.Lock()
	first := s.err == nil
	if first {
		s.err = err
	}
	s.mu.Unlock()
	if first && denies(err) {
		s.denied()
	}
}

// Mark notes the position of the event that the resolver gives next, empty for one without. A resolver that marks one event
// marks all of them, each before it gives it. A transport that tells clients positions sends it along.
func Mark(ctx context.Context, cursor string) {
	s, ok := ctx.Value(streamKey{}).(*stream)
	if !ok || !s.marked {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.marks = append(s.marks, cursor)
}

// mark takes the position of the oldest event that was given; empty when there is none.
func (s *stream) mark() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.marks) == 0 {
		return ""
	}
	m := s.marks[0]
	s.marks = s.marks[1:]
	return m
}

// StreamError returns what SetStreamError recorded, nil when nothing was.
func StreamError(ctx context.Context) error {
	s, ok := ctx.Value(streamKey{}).(*stream)
	if !ok {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.err
}

func denies(err error) bool {
	switch fault.CodeOf(err) {
	case fault.Unauthenticated, fault.Forbidden, fault.NotFound:
		return true
	default:
		return false
	}
}
