package access

import (
	"karnak/ent/entgen"
	"karnak/internal/core/eventlog"
	"karnak/internal/platform/page"
)

// Connections of this room.
type (
	GrantConnection = page.Connection[*entgen.Grant]
	GrantEdge       = page.Edge[*entgen.Grant]
)

// Role is a role as it is shown: built in, or a workspace's own.
type Role struct {
	ID          *string
	Name        string
	BuiltIn     bool
	Parents     []string
	Allow       []string
	Deny        []string
	Permissions []string
	Version     int
}

// PermissionCheck is an answer of viewer.can.
type PermissionCheck struct {
	Permission string
	Allowed    bool
}

// Explanation is a decision and its path.
type Explanation struct {
	Allowed     bool
	Permission  string
	Summary     string
	Roles       []string
	Rule        *Rule
	Grant       *entgen.Grant
	GrantableBy []string
}

// Rule is a rule of a role.
type Rule struct {
	Role    string
	Pattern string
	Effect  string
}

// AssignRolePayload is the result of assignRole.
type AssignRolePayload struct {
	eventlog.Receipt
	Member *entgen.Member
}

// CreateRolePayload is the result of createRole.
type CreateRolePayload struct {
	eventlog.Receipt
	Role *Role
}

// UpdateRolePayload is the result of updateRole.
type UpdateRolePayload struct {
	eventlog.Receipt
	Role *Role
}

// DeleteRolePayload is the result of deleteRole.
type DeleteRolePayload struct {
	eventlog.Receipt
	RoleID *string
}

// GrantPermissionPayload is the result of grantPermission.
type GrantPermissionPayload struct {
	eventlog.Receipt
	Grant *entgen.Grant
}

// RevokeGrantPayload is the result of revokeGrant.
type RevokeGrantPayload struct {
	eventlog.Receipt
	GrantID *string
}
