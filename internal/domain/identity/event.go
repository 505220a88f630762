package identity

import "karnak/internal/core/eventlog"

// The events of this room, all in the platform's log. Subject is the user, object the session.
var (
	signedUp        = eventlog.Type{Name: "identity.user.signed_up"}
	userUpdated     = eventlog.Type{Name: "identity.user.updated"}
	passwordChanged = eventlog.Type{Name: "identity.password.changed"}
	sessionStarted  = eventlog.Type{Name: "identity.session.started"}
	sessionEnded    = eventlog.Type{Name: "identity.session.ended", Access: true}
	reuseDetected   = eventlog.Type{Name: "identity.session.reuse_detected"}
)

// Events returns the event types of this room.
func Events() []eventlog.Type {
	return []eventlog.Type{signedUp, userUpdated, passwordChanged, sessionStarted, sessionEnded, reuseDetected}
}
