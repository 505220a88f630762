package access

import (
	"strings"
	"time"

	"karnak/authz"
	"karnak/internal/platform/fault"
)

// AssignRoleInput is the input of assignRole.
type AssignRoleInput struct {
	ClientMutationID *string
	WorkspaceID      string
	UserID           string
	Role             string
}

// CreateRoleInput is the input of createRole.
type CreateRoleInput struct {
	ClientMutationID     *string
	WorkspaceID          string
	Name                 string
	Parents, Allow, Deny []string
}

// UpdateRoleInput is the input of updateRole; nil lists stay as they are.
type UpdateRoleInput struct {
	ClientMutationID     *string
	RoleID               string
	Parents, Allow, Deny []string
	ExpectedVersion      *int
}

// DeleteRoleInput is the input of deleteRole.
type DeleteRoleInput struct {
	ClientMutationID *string
	RoleID           string
}

// GrantPermissionInput is the input of grantPermission.
type GrantPermissionInput struct {
	ClientMutationID *string
	WorkspaceID      string
	UserID           string
	Permission       string
	ObjectID         *string
	ExpiresAt        time.Time
	Reason           string
}

const longestGrant = 90 * 24 * time.Hour

func (in *GrantPermissionInput) validate(now time.Time) *fault.Issues {
	i := &fault.Issues{}
	in.Reason = strings.TrimSpace(in.Reason)
	i.Text("reason", in.Reason, 3, 500, true)
	in.ExpiresAt = in.ExpiresAt.UTC().Truncate(time.Second)
	switch {
	case !in.ExpiresAt.After(now):
		i.Add(fault.Invalid, "expiresAt", "This instant has passed.")
	case in.ExpiresAt.Sub(now) > longestGrant:
		i.Add(fault.Invalid, "expiresAt", "A grant ends within 90 days.")
	}
	switch {
	case !authz.Known(in.Permission):
		i.Add(fault.Invalid, "permission", "There is no permission of this name; the query permissions lists them.")
	case authz.Permission(in.Permission).Platform():
		i.Add(fault.NotAllowed, "permission", "This permission is the platform's and cannot be granted.")
	}
	return i
}

// RevokeGrantInput is the input of revokeGrant.
type RevokeGrantInput struct {
	ClientMutationID *string
	GrantID          string
}
