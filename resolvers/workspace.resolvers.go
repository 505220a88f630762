package resolvers

import (
	"context"
	"karnak/ent/entgen"
	"karnak/graph/graphgen"
	"karnak/internal/domain/identity"
	"karnak/internal/domain/workspace"
	"karnak/internal/platform/page"
)

func (r *invitationResolver) Workspace(ctx context.Context, obj *entgen.Invitation) (*entgen.Workspace, error) {
	return r.guard.Workspace(ctx, obj.WorkspaceID)
}

func (r *invitationResolver) InvitedBy(ctx context.Context, obj *entgen.Invitation) (*entgen.User, error) {
	return r.guard.User(ctx, obj.InvitedBy)
}

func (r *memberResolver) User(ctx context.Context, obj *entgen.Member) (*entgen.User, error) {
	return r.guard.User(ctx, obj.UserID)
}

func (r *memberResolver) Workspace(ctx context.Context, obj *entgen.Member) (*entgen.Workspace, error) {
	return r.guard.Workspace(ctx, obj.WorkspaceID)
}

func (r *mutationResolver) CreateWorkspace(ctx context.Context, input workspace.CreateWorkspaceInput) (*workspace.CreateWorkspacePayload, error) {
	return r.workspace.CreateWorkspace(ctx, input)
}

func (r *mutationResolver) UpdateWorkspace(ctx context.Context, input workspace.UpdateWorkspaceInput) (*workspace.UpdateWorkspacePayload, error) {
	return r.workspace.UpdateWorkspace(ctx, input)
}

func (r *mutationResolver) InviteMember(ctx context.Context, input workspace.InviteMemberInput) (*workspace.InviteMemberPayload, error) {
	return r.workspace.InviteMember(ctx, input)
}

func (r *mutationResolver) RevokeInvitation(ctx context.Context, input workspace.RevokeInvitationInput) (*workspace.RevokeInvitationPayload, error) {
	return r.workspace.RevokeInvitation(ctx, input)
}

func (r *mutationResolver) AcceptInvitation(ctx context.Context, input workspace.AcceptInvitationInput) (*workspace.AcceptInvitationPayload, error) {
	return r.workspace.AcceptInvitation(ctx, input)
}

func (r *mutationResolver) LeaveWorkspace(ctx context.Context, input workspace.LeaveWorkspaceInput) (*workspace.LeaveWorkspacePayload, error) {
	return r.workspace.LeaveWorkspace(ctx, input)
}

func (r *mutationResolver) RemoveMember(ctx context.Context, input workspace.RemoveMemberInput) (*workspace.RemoveMemberPayload, error) {
	return r.workspace.RemoveMember(ctx, input)
}

func (r *queryResolver) Workspace(ctx context.Context, id *string, slug *string) (*entgen.Workspace, error) {
	return r.workspace.Workspace(ctx, id, slug)
}

func (r *queryResolver) Workspaces(ctx context.Context, first *int, after *string) (*page.Connection[*entgen.Workspace], error) {
	return r.workspace.Workspaces(ctx, page.Forward(first, after))
}

func (r *viewerResolver) Memberships(ctx context.Context, obj *identity.Viewer, first *int, after *string) (*page.Connection[*entgen.Member], error) {
	return r.workspace.Memberships(ctx, page.Forward(first, after))
}

func (r *workspaceResolver) Cursor(ctx context.Context, obj *entgen.Workspace) (string, error) {
	return r.workspace.Cursor(ctx, obj.ID)
}

func (r *workspaceResolver) Members(ctx context.Context, obj *entgen.Workspace, first *int, after *string, last *int, before *string) (*page.Connection[*entgen.Member], error) {
	return r.workspace.Members(ctx, obj.ID, page.Args{First: first, After: after, Last: last, Before: before})
}

func (r *workspaceResolver) Invitations(ctx context.Context, obj *entgen.Workspace, first *int, after *string) (*page.Connection[*entgen.Invitation], error) {
	return r.workspace.Invitations(ctx, obj.ID, page.Forward(first, after))
}

func (r *Resolver) Invitation() graphgen.InvitationResolver { return &invitationResolver{r} }

func (r *Resolver) Member() graphgen.MemberResolver { return &memberResolver{r} }

func (r *Resolver) Workspace() graphgen.WorkspaceResolver { return &workspaceResolver{r} }

type (
	invitationResolver struct{ *Resolver }
	memberResolver     struct{ *Resolver }
	workspaceResolver  struct{ *Resolver }
)
