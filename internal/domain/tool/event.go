package tool

import (
	"karnak/ent/entgen"
	"karnak/internal/core/eventlog"
)

// The events of this room. Object is the version, the tool or the run; the channel is that of the conversation a run is for.
var (
	registered = eventlog.Type{Name: "tool.version.registered", Public: true}
	approved   = eventlog.Type{Name: "tool.version.approved", Public: true}
	rejected   = eventlog.Type{Name: "tool.version.rejected", Public: true}
	deprecated = eventlog.Type{Name: "tool.version.deprecated", Public: true}
	rolledBack = eventlog.Type{Name: "tool.tool.rolled_back", Public: true}

	requested = told("requested")
	awaited   = told("awaited")
	permitted = told("approved")
	denied    = told("denied")
	stopping  = told("stopping")
	ended     = told("ended")
)

// happening is what is told of a run: of one for an answer to whoever reads the conversation, of any other to nobody but the log.
type happening struct{ call, invocation eventlog.Type }

func told(verb string) happening {
	return happening{eventlog.Type{Name: "tool.call." + verb, Public: true}, eventlog.Type{Name: "tool.invocation." + verb}}
}

// event tells of a run.
func (h happening) event(x *entgen.ToolInvocation) eventlog.Draft {
	if x.ChannelID != nil {
		return eventlog.Draft{Type: h.call, ObjectID: x.ID, ChannelID: *x.ChannelID}
	}
	return eventlog.Draft{Type: h.invocation, ObjectID: x.ID}
}

// Events returns the event types of this room.
func Events() []eventlog.Type {
	out := []eventlog.Type{registered, approved, rejected, deprecated, rolledBack}
	for _, h := range []happening{requested, awaited, permitted, denied, stopping, ended} {
		out = append(out, h.call, h.invocation)
	}
	return out
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
