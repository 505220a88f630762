package tool

import "karnak/internal/core/eventlog"

// The events of this room. Object is the version, the tool or the run; the channel is that of the conversation a run is for.
var (
	registered = eventlog.Type{Name: "tool.version.registered", Public: true}
	approved   = eventlog.Type{Name: "tool.version.approved", Public: true}
	rejected   = eventlog.Type{Name: "tool.version.rejected", Public: true}
	deprecated = eventlog.Type{Name: "tool.version.deprecated", Public: true}
	rolledBack = eventlog.Type{Name: "tool.tool.rolled_back", Public: true}

	requested = eventlog.Type{Name: "tool.invocation.requested", Public: true}
	awaited   = eventlog.Type{Name: "tool.invocation.awaited", Public: true}
	permitted = eventlog.Type{Name: "tool.invocation.approved", Public: true}
	denied    = eventlog.Type{Name: "tool.invocation.denied", Public: true}
	stopping  = eventlog.Type{Name: "tool.invocation.stopping", Public: true}
	ended     = eventlog.Type{Name: "tool.invocation.ended", Public: true}
)

// Events returns the event types of this room.
func Events() []eventlog.Type {
	return []eventlog.Type{registered, approved, rejected, deprecated, rolledBack, requested, awaited, permitted, denied, stopping, ended}
}

// ToolInvocationChanged is an event of a run as clients see it.
type ToolInvocationChanged struct{ *eventlog.Event }

// IsEvent marks an event of the log.
func (ToolInvocationChanged) IsEvent() {}

// IsActivityEvent marks an event of the feed.
func (ToolInvocationChanged) IsActivityEvent() {}

// IsChannelEvent marks an event of a channel.
func (ToolInvocationChanged) IsChannelEvent() {}

// Logged is the event as the log has it.
func (e ToolInvocationChanged) Logged() *eventlog.Event { return e.Event }

// Typed returns an event of a run for a conversation as clients see it; nil for any other.
func Typed(e *eventlog.Event) *ToolInvocationChanged {
	for _, t := range Events() {
		if t.Name == e.Type && e.ChannelID != "" {
			return &ToolInvocationChanged{e}
		}
	}
	return nil
}
