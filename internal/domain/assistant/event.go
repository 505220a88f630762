package assistant

import "karnak/internal/core/eventlog"

// The events of this room. Object is the generation, the channel that of its conversation, unless it is said.
var (
	started  = eventlog.Type{Name: "assistant.generation.started", Public: true}
	stopping = eventlog.Type{Name: "assistant.generation.stopping", Public: true}
	finished = eventlog.Type{Name: "assistant.generation.finished", Public: true}
	failed   = eventlog.Type{Name: "assistant.generation.failed", Public: true}
	stopped  = eventlog.Type{Name: "assistant.generation.stopped", Public: true}
	// Of the workspace.
	budgeted = eventlog.Type{Name: "assistant.budget.changed", Public: true}
)

// Events returns the event types of this room.
func Events() []eventlog.Type {
	return []eventlog.Type{started, stopping, finished, failed, stopped, budgeted}
}

// GenerationChanged is an event of this room as clients see it.
type GenerationChanged struct{ *eventlog.Event }

// IsEvent marks an event of the log.
func (GenerationChanged) IsEvent() {}

// IsActivityEvent marks an event of the feed.
func (GenerationChanged) IsActivityEvent() {}

// IsChannelEvent marks an event of a channel.
func (GenerationChanged) IsChannelEvent() {}

// Logged is the event as the log has it.
func (e GenerationChanged) Logged() *eventlog.Event { return e.Event }

// Typed returns an event of a generation as clients see it; nil for any other.
func Typed(e *eventlog.Event) *GenerationChanged {
	for _, t := range Events() {
		if t.Name == e.Type && e.ChannelID != "" {
			return &GenerationChanged{e}
		}
	}
	return nil
}
