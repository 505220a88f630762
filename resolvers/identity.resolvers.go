package resolvers

import (
	"context"
	"karnak/ent/entgen"
	"karnak/graph/graphgen"
	"karnak/internal/domain/identity"
	"karnak/internal/platform/page"
)

// SignUp is the resolver for the signUp field.
func (r *mutationResolver) SignUp(ctx context.Context, input identity.SignUpInput) (*identity.SignUpPayload, error) {
	return r.identity.SignUp(ctx, input)
}

// SignIn is the resolver for the signIn field.
func (r *mutationResolver) SignIn(ctx context.Context, input identity.SignInInput) (*identity.SignInPayload, error) {
	return r.identity.SignIn(ctx, input)
}

// RefreshSession is the resolver for the refreshSession field.
func (r *mutationResolver) RefreshSession(ctx context.Context, input identity.RefreshSessionInput) (*identity.RefreshSessionPayload, error) {
	return r.identity.RefreshSession(ctx, input)
}

// RenewSession is the resolver for the renewSession field.
func (r *mutationResolver) RenewSession(ctx context.Context, input identity.RenewSessionInput) (*identity.RenewSessionPayload, error) {
	return r.identity.RenewSession(ctx, input)
}

// SignOut is the resolver for the signOut field.
func (r *mutationResolver) SignOut(ctx context.Context, input identity.SignOutInput) (*identity.SignOutPayload, error) {
	return r.identity.SignOut(ctx, input)
}

// RevokeSession is the resolver for the revokeSession field.
func (r *mutationResolver) RevokeSession(ctx context.Context, input identity.RevokeSessionInput) (*identity.RevokeSessionPayload, error) {
	return r.identity.RevokeSession(ctx, input)
}

// ChangePassword is the resolver for the changePassword field.
func (r *mutationResolver) ChangePassword(ctx context.Context, input identity.ChangePasswordInput) (*identity.ChangePasswordPayload, error) {
	return r.identity.ChangePassword(ctx, input)
}

// UpdateProfile is the resolver for the updateProfile field.
func (r *mutationResolver) UpdateProfile(ctx context.Context, input identity.UpdateProfileInput) (*identity.UpdateProfilePayload, error) {
	return r.identity.UpdateProfile(ctx, input)
}

// Viewer is the resolver for the viewer field.
func (r *queryResolver) Viewer(ctx context.Context) (*identity.Viewer, error) {
	return r.identity.Viewer(ctx)
}

// Email is the resolver for the email field.
func (r *userResolver) Email(ctx context.Context, obj *entgen.User) (*string, error) {
	return r.identity.Email(ctx, obj)
}

// Session is the resolver for the session field.
func (r *viewerResolver) Session(ctx context.Context, obj *identity.Viewer) (*identity.Session, error) {
	return r.identity.CurrentSession(ctx)
}

// Sessions is the resolver for the sessions field.
func (r *viewerResolver) Sessions(ctx context.Context, obj *identity.Viewer, first *int, after *string) (*page.Connection[*identity.Session], error) {
	return r.identity.Sessions(ctx, page.Forward(first, after))
}

// User returns graphgen.UserResolver implementation.
func (r *Resolver) User() graphgen.UserResolver { return &userResolver{r} }

// Viewer returns graphgen.ViewerResolver implementation.
func (r *Resolver) Viewer() graphgen.ViewerResolver { return &viewerResolver{r} }

type (
	userResolver   struct{ *Resolver }
	viewerResolver struct{ *Resolver }
)
