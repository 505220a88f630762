package resolvers

import (
	"context"
	"karnak/authz"
	"karnak/ent/entgen"
	"karnak/graph/graphgen"
	"karnak/internal/domain/access"
	"karnak/internal/domain/identity"
	"karnak/internal/platform/page"
)

func (r *grantResolver) User(ctx context.Context, obj *entgen.Grant) (*entgen.User, error) {
	return r.guard.User(ctx, obj.UserID)
}

func (r *grantResolver) GrantedBy(ctx context.Context, obj *entgen.Grant) (*entgen.User, error) {
	return r.guard.User(ctx, obj.GrantedBy)
}

func (r *mutationResolver) AssignRole(ctx context.Context, input access.AssignRoleInput) (*access.AssignRolePayload, error) {
	return r.access.AssignRole(ctx, input)
}

func (r *mutationResolver) CreateRole(ctx context.Context, input access.CreateRoleInput) (*access.CreateRolePayload, error) {
	return r.access.CreateRole(ctx, input)
}

func (r *mutationResolver) UpdateRole(ctx context.Context, input access.UpdateRoleInput) (*access.UpdateRolePayload, error) {
	return r.access.UpdateRole(ctx, input)
}

func (r *mutationResolver) DeleteRole(ctx context.Context, input access.DeleteRoleInput) (*access.DeleteRolePayload, error) {
	return r.access.DeleteRole(ctx, input)
}

func (r *mutationResolver) GrantPermission(ctx context.Context, input access.GrantPermissionInput) (*access.GrantPermissionPayload, error) {
	return r.access.GrantPermission(ctx, input)
}

func (r *mutationResolver) RevokeGrant(ctx context.Context, input access.RevokeGrantInput) (*access.RevokeGrantPayload, error) {
	return r.access.RevokeGrant(ctx, input)
}

func (r *permissionResolver) Name(ctx context.Context, obj *authz.Info) (string, error) {
	return string(obj.Name), nil
}

func (r *queryResolver) ExplainAccess(ctx context.Context, subjectID string, permission string, objectID string) (*access.Explanation, error) {
	return r.access.Explain(ctx, subjectID, permission, objectID)
}

func (r *queryResolver) Permissions(ctx context.Context) ([]*authz.Info, error) {
	return r.access.Permissions(), nil
}

func (r *viewerResolver) Can(ctx context.Context, obj *identity.Viewer, permissions []string, objectID string) ([]*access.PermissionCheck, error) {
	return r.access.Can(ctx, permissions, objectID)
}

func (r *workspaceResolver) Roles(ctx context.Context, obj *entgen.Workspace) ([]*access.Role, error) {
	return r.access.Roles(ctx, obj.ID)
}

func (r *workspaceResolver) Grants(ctx context.Context, obj *entgen.Workspace, first *int, after *string) (*page.Connection[*entgen.Grant], error) {
	return r.access.Grants(ctx, obj.ID, page.Forward(first, after))
}

func (r *Resolver) Grant() graphgen.GrantResolver { return &grantResolver{r} }

func (r *Resolver) Permission() graphgen.PermissionResolver { return &permissionResolver{r} }

type (
	grantResolver      struct{ *Resolver }
	permissionResolver struct{ *Resolver }
)
