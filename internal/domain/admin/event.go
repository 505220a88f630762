package admin

import "karnak/internal/core/eventlog"

// The event of this room, in the platform's log. Object is the connection, subject the user it was of.
var connectionTerminated = eventlog.Type{Name: "admin.connection.terminated"}

// Events returns the event types of this room.
func Events() []eventlog.Type { return []eventlog.Type{connectionTerminated} }
