package workspace

import (
	"karnak/ent/entgen"
	"karnak/internal/core/eventlog"
	"karnak/internal/platform/page"
)

// Connections of this room.
type (
	WorkspaceConnection  = page.Connection[*entgen.Workspace]
	WorkspaceEdge        = page.Edge[*entgen.Workspace]
	MemberConnection     = page.Connection[*entgen.Member]
	MemberEdge           = page.Edge[*entgen.Member]
	InvitationConnection = page.Connection[*entgen.Invitation]
	InvitationEdge       = page.Edge[*entgen.Invitation]
)

// CreateWorkspacePayload is the result of createWorkspace.
type CreateWorkspacePayload struct {
	eventlog.Receipt
	Workspace *entgen.Workspace
}

// UpdateWorkspacePayload is the result of updateWorkspace.
type UpdateWorkspacePayload struct {
	eventlog.Receipt
	Workspace *entgen.Workspace
}

// SetEventRetentionPayload is the result of setEventRetention.
type SetEventRetentionPayload UpdateWorkspacePayload

// InviteMemberPayload is the result of inviteMember.
type InviteMemberPayload struct {
	eventlog.Receipt
	Invitation *entgen.Invitation
	Token      *string
}

// RevokeInvitationPayload is the result of revokeInvitation.
type RevokeInvitationPayload struct {
	eventlog.Receipt
	InvitationID *string
}

// AcceptInvitationPayload is the result of acceptInvitation.
type AcceptInvitationPayload struct {
	eventlog.Receipt
	Member    *entgen.Member
	Workspace *entgen.Workspace
}

// LeaveWorkspacePayload is the result of leaveWorkspace.
type LeaveWorkspacePayload struct {
	eventlog.Receipt
	WorkspaceID *string
}

// RemoveMemberPayload is the result of removeMember.
type RemoveMemberPayload struct {
	eventlog.Receipt
	UserID *string
}
