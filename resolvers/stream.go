package resolvers

import (
	"context"
	"errors"

	"karnak/graph/transport"
	"karnak/internal/core/presence"
	"karnak/internal/core/stream"
	"karnak/internal/domain/chat"
)

// source is what a subscription reads. Next waits for what is next.
type source[T any] interface {
	Next(ctx context.Context) (T, error)
	Close()
}

// follow gives what a source has to a subscription until it ends, and closes the source. The error that ended it, if it
// was not the client's leaving, is the subscription's.
func follow[T any](ctx context.Context, s source[T], err error) (<-chan T, error) {
	if err != nil {
		return nil, err
	}
	out := make(chan T)
	go func() {
		defer close(out)
		defer s.Close()
		for {
			x, err := s.Next(ctx)
			if err != nil {
				ended(ctx, err)
				return
			}
			if p, ok := any(x).(interface{ Position() string }); ok {
				transport.Mark(ctx, p.Position())
			}
			select {
			case out <- x:
			case <-ctx.Done():
				return
			}
		}
	}()
	return out, nil
}

func ended(ctx context.Context, err error) {
	if ctx.Err() == nil && !errors.Is(err, stream.ErrClosed) && !errors.Is(err, presence.ErrClosed) {
		transport.SetStreamError(ctx, err)
	}
}

// events reads the log, in the form that next gives it.
type events[T any] struct {
	*stream.Reader
	next func(context.Context, *stream.Reader) (T, error)
}

// Next returns the reader's next event.
func (e events[T]) Next(ctx context.Context) (T, error) { return e.next(ctx, e.Reader) }

// nextChannelEvent returns a reader's next event as clients of a channel see it.
func nextChannelEvent(ctx context.Context, reader *stream.Reader) (chat.ChannelEvent, error) {
	item, err := reader.Next(ctx)
	if err != nil {
		return nil, err
	}
	return asChannelEvent(item), nil
}

// only gives a subscription the one event that it is to tell of, on behalf of everybody who may see it; nil where it is a
// subscriber's own.
func only[T any](ctx context.Context) <-chan T {
	x, ok := transport.Only(ctx).(T)
	if !ok {
		return nil
	}
	out := make(chan T, 1)
	out <- x
	close(out)
	return out
}
