package activity

import (
	"time"

	"karnak/internal/core/eventlog"
	"karnak/internal/core/stream"
	"karnak/internal/platform/id"
)

// Event is an event of the log, as clients see it.
type Event interface{ IsEvent() }

// ActivityEvent is an event of the feed, as clients see it.
type ActivityEvent interface {
	Event
	IsActivityEvent()
	Position() string
}

// WorkspaceEvent is a change of a workspace, its members, roles or grants.
type WorkspaceEvent struct{ *eventlog.Event }

// Logged is the event as the log has it.
func (e WorkspaceEvent) Logged() *eventlog.Event { return e.Event }

// IsEvent marks an event of the log.
func (WorkspaceEvent) IsEvent() {}

// IsActivityEvent marks an event of the feed.
func (WorkspaceEvent) IsActivityEvent() {}

// StreamGapReason is why events are missing.
type StreamGapReason string

// Retention says that the log no longer keeps them.
const Retention StreamGapReason = "RETENTION"

// StreamGap stands for events that are no longer kept.
type StreamGap struct {
	ID, Cursor, Type string
	Seq, From, To    int64
	OccurredAt       time.Time
	ClientMutationID *string
	ActorID          string
	Reason           StreamGapReason
}

// Gap returns a reader's gap as clients see it.
func Gap(g *stream.Gap) *StreamGap {
	return &StreamGap{ID: id.New(id.Event), Cursor: g.Cursor, Type: "stream.gap", Seq: g.To, From: g.From, To: g.To, OccurredAt: g.At, Reason: Retention}
}

// Position is where the events go on.
func (g StreamGap) Position() string { return g.Cursor }

// IsEvent marks an event of the log.
func (StreamGap) IsEvent() {}

// IsActivityEvent marks an event of the feed.
func (StreamGap) IsActivityEvent() {}

// IsChannelEvent marks an event of a channel.
func (StreamGap) IsChannelEvent() {}
