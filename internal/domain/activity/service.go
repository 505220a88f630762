package activity

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"karnak/authz"
	"karnak/internal/core/eventlog"
	"karnak/internal/core/guard"
	"karnak/internal/core/stream"
	"karnak/internal/platform/fault"
	"karnak/internal/platform/page"
)

// Config is what the Service stands on.
type Config struct {
	Log   *eventlog.Log
	Hub   *stream.Hub
	Guard *guard.Guard
	// Readable returns the channels of a workspace that the caller may read.
	Readable func(ctx context.Context, workspaceID string) ([]string, error)
	// Expect tells package batch what another room's events will probably ask for.
	Expect func(context.Context, []*eventlog.Event)
	// Typed returns another room's event as clients see it; nil when it has none of this type.
	Typed func(*eventlog.Event) ActivityEvent
}

// Service is the feed. It is safe for concurrent use.
type Service struct{ Config }

// New returns the service.
func New(c Config) (*Service, error) {
	if c.Log == nil || c.Hub == nil || c.Guard == nil || c.Readable == nil || c.Expect == nil || c.Typed == nil {
		return nil, errors.New("activity: Log, Hub, Guard, Readable, Expect and Typed are needed")
	}
	return &Service{c}, nil
}

// Filter says which events are wanted; everything given has to hold.
type Filter struct {
	Types      []string
	ActorIDs   []string
	ChannelIDs []string
}

const mostFiltered = 50

func (f *Filter) validate() error {
	if f == nil {
		return nil
	}
	if len(f.Types) > mostFiltered || len(f.ActorIDs) > mostFiltered || len(f.ChannelIDs) > mostFiltered {
		return fault.New(fault.BadUserInput, "A filter names at most %d of a kind.", mostFiltered)
	}
	for _, t := range f.Types {
		if strings.TrimSuffix(t, "*") == "" || strings.Contains(strings.TrimSuffix(t, "*"), "*") {
			return fault.New(fault.BadUserInput, "A type is a name like chat.message.posted, or a family like chat.message.*.")
		}
	}
	return nil
}

// filter limits what is wanted to what the caller may read.
func (s *Service) filter(ctx context.Context, workspaceID string, f *Filter) (eventlog.Filter, error) {
	readable, err := s.Readable(ctx, workspaceID)
	out := eventlog.Filter{Public: true, NoChannel: true, Channels: readable}
	if f == nil {
		return out, err
	}
	out.Types, out.Actors = f.Types, f.ActorIDs
	if f.ChannelIDs != nil {
		out.NoChannel = false
		out.Channels = slices.DeleteFunc(slices.Clone(f.ChannelIDs), func(c string) bool { return !slices.Contains(readable, c) })
		if len(out.Channels) == 0 {
			out.Channels = []string{""} // matches nothing
		}
	}
	return out, err
}

// typed returns an event as clients see it.
func (s *Service) typed(e *eventlog.Event) ActivityEvent {
	if t := s.Config.Typed(e); t != nil {
		return t
	}
	return &WorkspaceEvent{e}
}

// ActivityConnection is a page of the feed.
type (
	ActivityConnection = page.Connection[ActivityEvent]
	ActivityEdge       = page.Edge[ActivityEvent]
)

// Activity returns what happened in a workspace, the newest first. Needs feed:read.
func (s *Service) Activity(ctx context.Context, workspaceID string, first *int, after *string, f *Filter) (*ActivityConnection, error) {
	if err := s.Guard.Require(ctx, workspaceID, authz.FeedRead, workspaceID); err != nil {
		return nil, err
	}
	limit, before, err := s.window(ctx, workspaceID, first, after)
	if err != nil {
		return nil, err
	}
	if err := f.validate(); err != nil {
		return nil, err
	}
	wanted, err := s.filter(ctx, workspaceID, f)
	if err != nil {
		return nil, err
	}
	events, err := s.Log.Before(ctx, workspaceID, before, wanted, limit+1)
	if err != nil {
		return nil, err
	}
	s.ExpectEvents(ctx, events)
	return s.build(events, limit, after != nil), nil
}

func (s *Service) window(ctx context.Context, workspaceID string, first *int, after *string) (limit int, before int64, err error) {
	limit = page.Default
	if first != nil {
		limit = *first
	}
	if limit < 1 || limit > page.Max {
		return 0, 0, fault.New(fault.BadUserInput, "A page has 1 to %d entries; %d were asked for.", page.Max, limit)
	}
	if after == nil {
		return limit, 0, nil
	}
	head, err := s.Log.Head(ctx, workspaceID)
	if err != nil {
		return 0, 0, err
	}
	before, err = s.Log.Position(workspaceID, *after, head.Seq)
	return limit, before, err
}

func (s *Service) build(events []*eventlog.Event, limit int, previous bool) *ActivityConnection {
	rows := make([]ActivityEvent, min(limit, len(events)))
	for i := range rows {
		rows[i] = s.typed(events[i])
	}
	return page.New(rows, func(i int) string { return events[i].Cursor }, len(events) > limit, previous, nil)
}

// ExpectEvents tells package batch what the answers to events will ask for.
func (s *Service) ExpectEvents(ctx context.Context, events []*eventlog.Event) {
	var users []string
	for _, e := range events {
		if e.ActorID != "" {
			users = append(users, e.ActorID)
		}
		if e.SubjectID != "" {
			users = append(users, e.SubjectID)
		}
	}
	s.Guard.ExpectPersons(ctx, users)
	s.Config.Expect(ctx, events)
}

// Watch opens the live feed of a workspace, after a cursor or from now on. Needs feed:read, now and as long as it runs.
// Close the reader.
func (s *Service) Watch(ctx context.Context, workspaceID string, after *string, f *Filter) (*stream.Reader, error) {
	if err := s.Guard.Require(ctx, workspaceID, authz.FeedRead, workspaceID); err != nil {
		return nil, err
	}
	if err := f.validate(); err != nil {
		return nil, err
	}
	var wanted eventlog.Filter
	return s.Hub.Read(ctx, stream.Spec{
		WorkspaceID: workspaceID, After: after,
		Filter: func() eventlog.Filter { return wanted },
		Allow: func(ctx context.Context) (time.Time, error) {
			until, err := s.until(ctx, workspaceID)
			if err != nil {
				return until, err
			}
			wanted, err = s.filter(ctx, workspaceID, f)
			return until, err
		},
	})
}

// until checks feed:read, and says when a grant ends that the feed hangs on: by feed:read, or by what its reader may read
// of the channels.
func (s *Service) until(ctx context.Context, workspaceID string) (time.Time, error) {
	until, err := s.Guard.Recheck(ctx, workspaceID, authz.FeedRead, workspaceID)
	if err != nil {
		return until, err
	}
	for _, p := range []authz.Permission{authz.ChatRead, authz.ChatReadAll} {
		end, err := s.Guard.Recheck(ctx, workspaceID, p, workspaceID)
		if err != nil && fault.CodeOf(err) != fault.Forbidden {
			return until, err
		}
		if !end.IsZero() && (until.IsZero() || end.Before(until)) {
			until = end
		}
	}
	return until, nil
}

// Next returns a reader's next event as clients see it.
func (s *Service) Next(ctx context.Context, r *stream.Reader) (ActivityEvent, error) {
	item, err := r.Next(ctx)
	if err != nil {
		return nil, err
	}
	return s.Event(item), nil
}

// Event returns what a reader gave out as clients see it.
func (s *Service) Event(item stream.Item) ActivityEvent {
	if item.Gap != nil {
		return Gap(item.Gap)
	}
	return s.typed(item.Event)
}
