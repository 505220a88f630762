package workspace

import "karnak/internal/core/eventlog"

// The events of this room. Subject is the user, object the workspace or the invitation.
var (
	created           = eventlog.Type{Name: "workspace.created", Public: true, Access: true}
	updated           = eventlog.Type{Name: "workspace.updated", Public: true}
	invited           = eventlog.Type{Name: "workspace.member.invited"}
	invitationRevoked = eventlog.Type{Name: "workspace.invitation.revoked"}
	joined            = eventlog.Type{Name: "workspace.member.joined", Public: true, Access: true, Personal: true}
	left              = eventlog.Type{Name: "workspace.member.left", Public: true, Access: true, Personal: true}
	removed           = eventlog.Type{Name: "workspace.member.removed", Public: true, Access: true, Personal: true}
)

// Events returns the event types of this room.
func Events() []eventlog.Type {
	return []eventlog.Type{created, updated, invited, invitationRevoked, joined, left, removed}
}
