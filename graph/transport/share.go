package transport

import "context"

// Event is what a subscription tells of. Events of one Share with the same Seq are the same event; one with 0 is the
// subscriber's own.
type Event struct {
	Seq   int64
	Value any
	// Cursor is its position, which a subscriber may resume after.
	Cursor string
	// Audience is who may see it, in the words of whoever makes the Share.
	Audience string
	// Concerns tells of an event that may change who may read on, whether it changes that for a subscriber; nil for one that
	// changes it for nobody.
	Concerns func(Feed) bool
	// Silent events are told to nobody.
	Silent bool
}

// Feed is a reading of events. Next waits for the next event, Poll takes it where it is there. Both fail with io.EOF when the
// stream is over, and else with the reason why it ends.
type Feed interface {
	Next(ctx context.Context) (Event, error)
	Poll(ctx context.Context) (e Event, ok bool, err error)
	// Settled returns the number up to which everything was given out, and whether the subscriber may be told what follows
	// without being asked for, until an event that concerns them.
	Settled() (seq int64, ok bool)
	// Latest returns the number of the newest event that is known here, whether it was given out or not.
	Latest() int64
	// Skip goes on behind a number up to which others have read for it.
	Skip(seq int64)
	Close()
}

// Share says how a subscription is answered together with others that ask the same of the same events: an event is read,
// executed and encoded once for all of them.
type Share struct {
	// Key is the same for those whose answers to one event are the same, byte for byte.
	Key string
	// Open opens the subscriber's own feed: where it begins and what they may see is theirs.
	Open func(ctx context.Context) (Feed, error)
	// All opens the feed of all of them, from now on: it gives out Silent events, too. Nil where not everybody may see the same
	// events: then everybody reads for themselves, and shares what the answers are.
	All func(ctx context.Context) (Feed, error)
	// Ahead returns a context for events that are answered one after another, in which what they look up is fetched for all of
	// them; nil where each is to look for itself.
	Ahead func(ctx context.Context, events []Event) context.Context
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
