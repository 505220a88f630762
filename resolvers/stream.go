package resolvers

import (
	"context"
	"errors"

	"karnak/graph/transport"
	"karnak/internal/core/stream"
	"karnak/internal/domain/activity"
	"karnak/internal/domain/chat"
)

// follow gives what a reader reads to a subscription until it ends, and closes the reader. The error that ended it, if it
// was not the client's leaving, is the subscription's.
func follow[T interface{ Position() string }](ctx context.Context, r *stream.Reader, err error, next func(context.Context, *stream.Reader) (T, error)) (<-chan T, error) {
	if err != nil {
		return nil, err
	}
	out := make(chan T)
	go func() {
		defer close(out)
		defer r.Close()
		for {
			x, err := next(ctx, r)
			if err != nil {
				ended(ctx, err)
				return
			}
			transport.Mark(ctx, x.Position())
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
	if ctx.Err() == nil && !errors.Is(err, stream.ErrClosed) {
		transport.SetStreamError(ctx, err)
	}
}

// channelEvent returns a reader's next event as clients of a channel see it.
func (r *Resolver) channelEvent(ctx context.Context, reader *stream.Reader) (chat.ChannelEvent, error) {
	item, err := reader.Next(ctx)
	switch {
	case err != nil:
		return nil, err
	case item.Gap != nil:
		return activity.Gap(item.Gap), nil
	}
	return chat.Typed(item.Event), nil
}
