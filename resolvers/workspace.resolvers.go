package resolvers

import (
	"context"
	"karnak/ent/entgen"
	"karnak/graph/graphgen"
	"karnak/internal/domain/identity"
	"karnak/internal/domain/workspace"
	"karnak/internal/platform/page"
)

// Workspace is the resolver for the workspace field.
func (r *invitationResolver) Workspace(ctx context.Context, obj *entgen.Invitation) (*entgen.Workspace, error) {
	return r.guard.Workspace(ctx, obj.WorkspaceID)
}

// InvitedBy is the resolver for the invitedBy field.
func (r *invitationResolver) InvitedBy(ctx context.Context, obj *entgen.Invitation) (*entgen.User, error) {
	return r.guard.Person(ctx, obj.InvitedBy)
}

// User is the resolver for the user field.
func (r *memberResolver) User(ctx context.Context, obj *entgen.Member) (*entgen.User, error) {
	return r.guard.Person(ctx, obj.UserID)
}

// Workspace is the resolver for the workspace field.
func (r *memberResolver) Workspace(ctx context.Context, obj *entgen.Member) (*entgen.Workspace, error) {
	return r.guard.Workspace(ctx, obj.WorkspaceID)
}

// CreateWorkspace is the resolver for the createWorkspace field.
func (r *mutationResolver) CreateWorkspace(ctx context.Context, input workspace.CreateWorkspaceInput) (*workspace.CreateWorkspacePayload, error) {
	return r.workspace.CreateWorkspace(ctx, input)
}

// UpdateWorkspace is the resolver for the updateWorkspace field.
func (r *mutationResolver) UpdateWorkspace(ctx context.Context, input workspace.UpdateWorkspaceInput) (*workspace.UpdateWorkspacePayload, error) {
	return r.workspace.UpdateWorkspace(ctx, input)
}

// SetEventRetention is the resolver for the setEventRetention field.
func (r *mutationResolver) SetEventRetention(ctx context.Context, input workspace.SetEventRetentionInput) (*workspace.SetEventRetentionPayload, error) {
	return r.workspace.SetEventRetention(ctx, input)
}

// InviteMember is the resolver for the inviteMember field.
func (r *mutationResolver) InviteMember(ctx context.Context, input workspace.InviteMemberInput) (*workspace.InviteMemberPayload, error) {
	return r.workspace.InviteMember(ctx, input)
}

// RevokeInvitation is the resolver for the revokeInvitation field.
func (r *mutationResolver) RevokeInvitation(ctx context.Context, input workspace.RevokeInvitationInput) (*workspace.RevokeInvitationPayload, error) {
	return r.workspace.RevokeInvitation(ctx, input)
}

// AcceptInvitation is the resolver for the acceptInvitation field.
func (r *mutationResolver) AcceptInvitation(ctx context.Context, input workspace.AcceptInvitationInput) (*workspace.AcceptInvitationPayload, error) {
	return r.workspace.AcceptInvitation(ctx, input)
}

// LeaveWorkspace is the resolver for the leaveWorkspace field.
func (r *mutationResolver) LeaveWorkspace(ctx context.Context, input workspace.LeaveWorkspaceInput) (*workspace.LeaveWorkspacePayload, error) {
	return r.workspace.LeaveWorkspace(ctx, input)
}

// RemoveMember is the resolver for the removeMember field.
func (r *mutationResolver) RemoveMember(ctx context.Context, input workspace.RemoveMemberInput) (*workspace.RemoveMemberPayload, error) {
	return r.workspace.RemoveMember(ctx, input)
}

// Workspace is the resolver for the workspace field.
func (r *queryResolver) Workspace(ctx context.Context, id *string, slug *string) (*entgen.Workspace, error) {
	return r.workspace.Workspace(ctx, id, slug)
}

// Workspaces is the resolver for the workspaces field.
func (r *queryResolver) Workspaces(ctx context.Context, first *int, after *string) (*page.Connection[*entgen.Workspace], error) {
	return r.workspace.Workspaces(ctx, page.Forward(first, after))
}

// Memberships is the resolver for the memberships field.
func (r *viewerResolver) Memberships(ctx context.Context, obj *identity.Viewer, first *int, after *string) (*page.Connection[*entgen.Member], error) {
	return r.workspace.Memberships(ctx, page.Forward(first, after))
}

// Cursor is the resolver for the cursor field.
func (r *workspaceResolver) Cursor(ctx context.Context, obj *entgen.Workspace) (string, error) {
	return r.workspace.Cursor(ctx, obj.ID)
}

// Members is the resolver for the members field.
func (r *workspaceResolver) Members(ctx context.Context, obj *entgen.Workspace, first *int, after *string, last *int, before *string) (*page.Connection[*entgen.Member], error) {
	return r.workspace.Members(ctx, obj.ID, page.Args{First: first, After: after, Last: last, Before: before})
}

// Invitations is the resolver for the invitations field.
func (r *workspaceResolver) Invitations(ctx context.Context, obj *entgen.Workspace, first *int, after *string) (*page.Connection[*entgen.Invitation], error) {
	return r.workspace.Invitations(ctx, obj.ID, page.Forward(first, after))
}

// Invitation returns graphgen.InvitationResolver implementation.
func (r *Resolver) Invitation() graphgen.InvitationResolver { return &invitationResolver{r} }

// Member returns graphgen.MemberResolver implementation.
func (r *Resolver) Member() graphgen.MemberResolver { return &memberResolver{r} }

// Workspace returns graphgen.WorkspaceResolver implementation.
func (r *Resolver) Workspace() graphgen.WorkspaceResolver { return &workspaceResolver{r} }

type (
	invitationResolver struct{ *Resolver }
	memberResolver     struct{ *Resolver }
	workspaceResolver  struct{ *Resolver }
)
