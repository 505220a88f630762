package resolvers

import (
	"context"
	"errors"
	"io"

	"karnak/graph"
	"karnak/graph/transport"
	"karnak/internal/core/stream"
	"karnak/internal/domain/activity"
	"karnak/internal/domain/chat"
)

// Sources are the subscriptions that may be answered together.
func (r *Resolver) Sources() map[string]graph.Source {
	return map[string]graph.Source{
		"channelEvents": func(ctx context.Context, args map[string]any) (transport.Feed, error) {
			channelID, _ := args["channelId"].(string)
			reader, err := r.chat.Watch(ctx, channelID, given(args, "after"))
			if err != nil {
				return nil, err
			}
			return feed{reader}, nil
		},
	}
}

func given(args map[string]any, name string) *string {
	if s, ok := args[name].(string); ok {
		return &s
	}
	return nil
}

// feed is a reader as subscriptions that are answered together have it.
type feed struct{ *stream.Reader }

// Next waits for the next event.
func (f feed) Next(ctx context.Context) (transport.Event, error) {
	item, err := f.Reader.Next(ctx)
	return event(item), over(err)
}

// Poll returns the next event where it is there already.
func (f feed) Poll(ctx context.Context) (transport.Event, bool, error) {
	item, ok, err := f.Reader.Poll(ctx)
	return event(item), ok, over(err)
}

func over(err error) error {
	if errors.Is(err, stream.ErrClosed) {
		return io.EOF
	}
	return err
}

// event is an item as clients of a channel see it; a gap is the reader's own.
func event(item stream.Item) transport.Event {
	switch {
	case item.Gap != nil:
		return transport.Event{Value: channelEvent(item), Audience: item.Gap.WorkspaceID}
	case item.Event != nil:
		return transport.Event{Seq: item.Event.Seq, Value: channelEvent(item), Audience: item.Event.WorkspaceID}
	}
	return transport.Event{}
}

// channelEvent is an item as clients of a channel see it.
func channelEvent(item stream.Item) chat.ChannelEvent {
	if item.Gap != nil {
		return activity.Gap(item.Gap)
	}
	return chat.Typed(item.Event)
}
