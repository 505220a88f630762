package resolvers

import (
	"context"
	"errors"
	"io"

	"karnak/authz"
	"karnak/graph"
	"karnak/graph/transport"
	"karnak/internal/core/eventlog"
	"karnak/internal/core/stream"
	"karnak/internal/domain/activity"
	"karnak/internal/domain/assistant"
	"karnak/internal/domain/chat"
	"karnak/internal/domain/tool"
)

// Sources are the subscriptions that may be answered together.
func (r *Resolver) Sources() map[string]graph.Source {
	return map[string]graph.Source{
		"channelEvents": {
			Open: func(ctx context.Context, args map[string]any) (transport.Feed, error) {
				reader, err := r.chat.Watch(ctx, text(args, "channelId"), given(args, "after"))
				return r.feed(reader, authz.ActorOf(ctx), channelEvent, err)
			},
			All: func(ctx context.Context, args map[string]any) (transport.Feed, error) {
				reader, err := r.chat.WatchForAll(ctx, text(args, "channelId"))
				return r.feed(reader, nil, channelEvent, err)
			},
			Expect: expected(r.chat.ExpectEvents),
		},
		// Who may see which events hangs on the channels that they may read.
		"activity": {
			Open: func(ctx context.Context, args map[string]any) (transport.Feed, error) {
				if args["filter"] != nil {
					return nil, errOwn
				}
				reader, err := r.activity.Watch(ctx, text(args, "workspaceId"), given(args, "after"), nil)
				return r.feed(reader, authz.ActorOf(ctx), func(i stream.Item) any { return r.activity.Event(i) }, err)
			},
			Expect: expected(r.activity.ExpectEvents),
		},
	}
}

// errOwn says of a subscription that it is answered on its own.
var errOwn = errors.New("not shared")

// expected finds the events of the log among those that are given out.
func expected(expect func(context.Context, []*eventlog.Event)) func(context.Context, []any) {
	return func(ctx context.Context, values []any) {
		var events []*eventlog.Event
		for _, v := range values {
			if x, ok := v.(interface{ Logged() *eventlog.Event }); ok {
				events = append(events, x.Logged())
			}
		}
		expect(ctx, events)
	}
}

func text(args map[string]any, name string) string {
	s, _ := args[name].(string)
	return s
}

func given(args map[string]any, name string) *string {
	if s, ok := args[name].(string); ok {
		return &s
	}
	return nil
}

// feed is a reader as subscriptions that are answered together have it, and whose it is; nobody's for that of all.
type feed struct {
	*stream.Reader
	concerns func(e *eventlog.Event, userID string) bool
	userID   string
	// typed is an item as clients see it.
	typed func(stream.Item) any
}

func (r *Resolver) feed(reader *stream.Reader, a *authz.Actor, typed func(stream.Item) any, err error) (transport.Feed, error) {
	if err != nil {
		return nil, err
	}
	f := &feed{Reader: reader, concerns: r.chat.Hub.Concerns, typed: typed}
	if a != nil {
		f.userID = a.UserID
	}
	return f, nil
}

// Next waits for the next event.
func (f *feed) Next(ctx context.Context) (transport.Event, error) {
	item, err := f.Reader.Next(ctx)
	return f.event(item), over(err)
}

// Poll returns the next event where it is there already.
func (f *feed) Poll(ctx context.Context) (transport.Event, bool, error) {
	item, ok, err := f.Reader.Poll(ctx)
	return f.event(item), ok, over(err)
}

func over(err error) error {
	if errors.Is(err, stream.ErrClosed) {
		return io.EOF
	}
	return err
}

// event is an item for whoever tells clients; a gap is the reader's own.
func (f *feed) event(item stream.Item) (e transport.Event) {
	switch {
	case item.Gap != nil:
		return transport.Event{Value: f.typed(item), Cursor: item.Gap.Cursor, Audience: item.Gap.WorkspaceID}
	case item.Event == nil:
		return e
	}
	e = transport.Event{Seq: item.Event.Seq, Cursor: item.Event.Cursor, Audience: item.Event.WorkspaceID, Silent: item.Unwanted}
	if !item.Unwanted {
		e.Value = f.typed(item)
	}
	if f.concerns(item.Event, "") {
		e.Concerns = func(other transport.Feed) bool {
			x, ok := other.(*feed)
			return !ok || f.concerns(item.Event, x.userID)
		}
	}
	return e
}

// channelEvent is an item as clients of a channel see it.
func channelEvent(item stream.Item) any { return asChannelEvent(item) }

func asChannelEvent(item stream.Item) chat.ChannelEvent {
	if item.Gap != nil {
		return activity.Gap(item.Gap)
	}
	if x := chat.Typed(item.Event); x != nil {
		return x
	}
	if x := assistant.Typed(item.Event); x != nil {
		return x
	}
	if x := tool.Typed(item.Event); x != nil {
		return x
	}
	return nil
}
