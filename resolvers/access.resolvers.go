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

// User is the resolver for the user field.
func (r *grantResolver) User(ctx context.Context, obj *entgen.Grant) (*entgen.User, error) {
	return r.guard.Person(ctx, obj.UserID)
}

// GrantedBy is the resolver for the grantedBy field.
func (r *grantResolver) GrantedBy(ctx context.Context, obj *entgen.Grant) (*entgen.User, error) {
	return r.guard.Person(ctx, obj.GrantedBy)
}

// AssignRole is the resolver for the assignRole field.
func (r *mutationResolver) AssignRole(ctx context.Context, input access.AssignRoleInput) (*access.AssignRolePayload, error) {
	return r.access.AssignRole(ctx, input)
}

// CreateRole is the resolver for the createRole field.
func (r *mutationResolver) CreateRole(ctx context.Context, input access.CreateRoleInput) (*access.CreateRolePayload, error) {
	return r.access.CreateRole(ctx, input)
}

// UpdateRole is the resolver for the updateRole field.
func (r *mutationResolver) UpdateRole(ctx context.Context, input access.UpdateRoleInput) (*access.UpdateRolePayload, error) {
	return r.access.UpdateRole(ctx, input)
}

// DeleteRole is the resolver for the deleteRole field.
func (r *mutationResolver) DeleteRole(ctx context.Context, input access.DeleteRoleInput) (*access.DeleteRolePayload, error) {
	return r.access.DeleteRole(ctx, input)
}

// GrantPermission is the resolver for the grantPermission field.
func (r *mutationResolver) GrantPermission(ctx context.Context, input access.GrantPermissionInput) (*access.GrantPermissionPayload, error) {
	return r.access.GrantPermission(ctx, input)
}

// RevokeGrant is the resolver for the revokeGrant field.
func (r *mutationResolver) RevokeGrant(ctx context.Context, input access.RevokeGrantInput) (*access.RevokeGrantPayload, error) {
	return r.access.RevokeGrant(ctx, input)
}

// Name is the resolver for the name field.
func (r *permissionResolver) Name(ctx context.Context, obj *authz.Info) (string, error) {
	return string(obj.Name), nil
}

// ExplainAccess is the resolver for the explainAccess field.
func (r *queryResolver) ExplainAccess(ctx context.Context, subjectID string, permission string, objectID string) (*access.Explanation, error) {
	return r.access.Explain(ctx, subjectID, permission, objectID)
}

// Permissions is the resolver for the permissions field.
func (r *queryResolver) Permissions(ctx context.Context) ([]*authz.Info, error) {
	return r.access.Permissions(), nil
}

// Can is the resolver for the can field.
func (r *viewerResolver) Can(ctx context.Context, obj *identity.Viewer, permissions []string, objectID string) ([]*access.PermissionCheck, error) {
	return r.access.Can(ctx, permissions, objectID)
}

// Roles is the resolver for the roles field.
func (r *workspaceResolver) Roles(ctx context.Context, obj *entgen.Workspace) ([]*access.Role, error) {
	return r.access.Roles(ctx, obj.ID)
}

// Grants is the resolver for the grants field.
func (r *workspaceResolver) Grants(ctx context.Context, obj *entgen.Workspace, first *int, after *string) (*page.Connection[*entgen.Grant], error) {
	return r.access.Grants(ctx, obj.ID, page.Forward(first, after))
}

// Grant returns graphgen.GrantResolver implementation.
func (r *Resolver) Grant() graphgen.GrantResolver { return &grantResolver{r} }

// Permission returns graphgen.PermissionResolver implementation.
func (r *Resolver) Permission() graphgen.PermissionResolver { return &permissionResolver{r} }

type (
	grantResolver      struct{ *Resolver }
	permissionResolver struct{ *Resolver }
)
