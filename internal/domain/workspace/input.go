package workspace

import (
	"regexp"
	"strings"
	"time"

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

// SetEventRetentionInput is the input of setEventRetention. Without a retention the node's counts.
type SetEventRetentionInput struct {
	ClientMutationID *string
	WorkspaceID      string
	Retention        *time.Duration
	ExpectedVersion  *int
}

// Bounds of how long events are kept: the least lets a client that was away for a while resume.
const (
	leastRetention = time.Hour
	mostRetention  = 100 * 365 * 24 * time.Hour
)

func (in *SetEventRetentionInput) validate() error {
	var i fault.Issues
	switch {
	case in.Retention == nil:
	case *in.Retention < leastRetention:
		i.Add(fault.TooShort, "retention", "Events are kept for an hour at least.")
	case *in.Retention > mostRetention:
		i.Add(fault.TooLong, "retention", "Events are kept for 36500 days at most; leave it out to keep them as long as the server does.")
	}
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
