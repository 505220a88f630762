package access

import "karnak/internal/core/eventlog"

// The events of this room. Subject is the member, object the role or the grant.
var (
	roleAssigned = eventlog.Type{Name: "access.role.assigned", Public: true, Access: true, Personal: true}
	roleCreated  = eventlog.Type{Name: "access.role.created", Access: true}
	roleUpdated  = eventlog.Type{Name: "access.role.updated", Access: true}
	roleDeleted  = eventlog.Type{Name: "access.role.deleted", Access: true}
	grantGiven   = eventlog.Type{Name: "access.grant.given", Access: true, Personal: true}
	grantRevoked = eventlog.Type{Name: "access.grant.revoked", Access: true, Personal: true}
	grantEnding  = eventlog.Type{Name: "access.grant.ending"}
	grantEnded   = eventlog.Type{Name: "access.grant.ended", Access: true, Personal: true}
)

// Events returns the event types of this room.
func Events() []eventlog.Type {
	return []eventlog.Type{roleAssigned, roleCreated, roleUpdated, roleDeleted, grantGiven, grantRevoked, grantEnding, grantEnded}
}
