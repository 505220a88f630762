package access

import (
	"strings"
	"time"

	"karnak/authz"
	"karnak/internal/platform/fault"
	"karnak/internal/platform/id"
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
	ID                   *string
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
	ID               *string
	WorkspaceID      string
	UserID           string
	Permission       string
	ObjectID         *string
	ExpiresAt        time.Time
	Reason           string
}

// made checks an id of the client's making.
func made(i *fault.Issues, p id.Prefix, s *string) {
	if s != nil && !id.Valid(p, *s) {
		i.Add(fault.Invalid, "id", "This is not an id of this type: %s_ and 26 characters.", p)
	}
}

// orNew returns an id of the client's making, else a new one.
func orNew(p id.Prefix, s *string) string {
	if s != nil {
		return *s
	}
	return id.New(p)
}

const longestGrant = 90 * 24 * time.Hour

func (in *GrantPermissionInput) validate(now time.Time) *fault.Issues {
	i := &fault.Issues{}
	made(i, id.Grant, in.ID)
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
