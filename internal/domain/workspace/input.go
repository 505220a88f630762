package workspace

import (
	"regexp"
	"strings"

	"karnak/internal/platform/fault"
	"karnak/internal/platform/id"
)

// CreateWorkspaceInput is the input of createWorkspace.
type CreateWorkspaceInput struct {
	ClientMutationID *string
	ID               *string
	Name             string
	Slug             string
}

var slugs = regexp.MustCompile(`^[a-z][a-z0-9-]{1,39}$`)

func (in *CreateWorkspaceInput) validate() error {
	var i fault.Issues
	if in.ID != nil && !id.Valid(id.Workspace, *in.ID) {
		i.Add(fault.Invalid, "id", "This is not an id of a workspace: ws_ and 26 characters.")
	}
	in.Name = strings.TrimSpace(in.Name)
	i.Text("name", in.Name, 1, 80, false)
	if !slugs.MatchString(in.Slug) || strings.HasSuffix(in.Slug, "-") {
		i.Add(fault.Invalid, "slug", "A slug has 2 to 40 lower-case letters, digits and dashes, begins with a letter and does not end with a dash.")
	}
	return i.Err()
}

// UpdateWorkspaceInput is the input of updateWorkspace.
type UpdateWorkspaceInput struct {
	ClientMutationID *string
	WorkspaceID      string
	Name             string
	ExpectedVersion  *int
}

func (in *UpdateWorkspaceInput) validate() error {
	var i fault.Issues
	in.Name = strings.TrimSpace(in.Name)
	i.Text("name", in.Name, 1, 80, false)
	return i.Err()
}

// InviteMemberInput is the input of inviteMember.
type InviteMemberInput struct {
	ClientMutationID *string
	WorkspaceID      string
	Email            string
	Role             string
}

// RevokeInvitationInput is the input of revokeInvitation.
type RevokeInvitationInput struct {
	ClientMutationID *string
	InvitationID     string
}

// AcceptInvitationInput is the input of acceptInvitation.
type AcceptInvitationInput struct {
	ClientMutationID *string
	Token            string
}

// LeaveWorkspaceInput is the input of leaveWorkspace.
type LeaveWorkspaceInput struct {
	ClientMutationID *string
	WorkspaceID      string
}

// RemoveMemberInput is the input of removeMember.
type RemoveMemberInput struct {
	ClientMutationID *string
	WorkspaceID      string
	UserID           string
}
