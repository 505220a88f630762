package resolvers

import (
	"context"
	"karnak/ent/entgen"
	"karnak/graph/graphgen"
	"karnak/internal/domain/admin"
	"karnak/internal/platform/page"
)

// Connections is the resolver for the connections field.
func (r *adminResolver) Connections(ctx context.Context, obj *admin.Admin, first *int, after *string) (*page.Connection[*admin.ConnectedClient], error) {
	return r.Resolver.admin.Connections(ctx, page.Forward(first, after))
}

// User is the resolver for the user field.
func (r *connectedClientResolver) User(ctx context.Context, obj *admin.ConnectedClient) (*entgen.User, error) {
	return r.admin.User(ctx, obj)
}

// TerminateConnection is the resolver for the terminateConnection field.
func (r *mutationResolver) TerminateConnection(ctx context.Context, input admin.TerminateConnectionInput) (*admin.TerminateConnectionPayload, error) {
	return r.admin.TerminateConnection(ctx, input)
}

// Admin is the resolver for the admin field.
func (r *queryResolver) Admin(ctx context.Context) (*admin.Admin, error) {
	return r.admin.Admin(ctx)
}

// Admin returns graphgen.AdminResolver implementation.
func (r *Resolver) Admin() graphgen.AdminResolver { return &adminResolver{r} }

// ConnectedClient returns graphgen.ConnectedClientResolver implementation.
func (r *Resolver) ConnectedClient() graphgen.ConnectedClientResolver {
	return &connectedClientResolver{r}
}

type (
	adminResolver           struct{ *Resolver }
	connectedClientResolver struct{ *Resolver }
)
