package transport

import "context"

// Event is what a subscription tells of. Events of one Share with the same Seq are the same event; one with 0 is the
// subscriber's own.
type Event struct {
	Seq   int64
	Value any
	// Audience is who may see it, in the words of whoever makes the Share.
	Audience string
}

// Feed is one subscriber's reading of events: where it begins, what it may see and how far it has come are its own. Next
// waits for the next event, Poll takes it where it is there. Both fail with io.EOF when the stream is over, and else with the
// reason why it ends.
type Feed interface {
	Next(ctx context.Context) (Event, error)
	Poll(ctx context.Context) (e Event, ok bool, err error)
	Close()
}

// Share says how a subscription is answered together with others that ask the same of the same events: an event is executed
// and encoded once for all of them.
type Share struct {
	// Key is the same for those whose answers to one event are the same, byte for byte.
	Key string
	// Open opens the subscriber's own feed.
	Open func(ctx context.Context) (Feed, error)
	// For returns a context in which the operation answers for one event alone, on behalf of everybody who may see it; Only
	// finds the event in it.
	For func(ctx context.Context, e Event) context.Context
}

type onlyKey struct{}

// WithOnly returns a context in which a subscription tells of one event.
func WithOnly(ctx context.Context, event any) context.Context {
	return context.WithValue(ctx, onlyKey{}, event)
}

// Only returns the one event that a subscription is to tell of, on behalf of everybody who may see it; nil where it is a
// subscriber's own.
func Only(ctx context.Context) any { return ctx.Value(onlyKey{}) }
