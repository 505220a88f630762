package resolvers

import (
	"context"
	"karnak/ent/entgen"
	"karnak/graph/graphgen"
	"karnak/internal/domain/identity"
	"karnak/internal/platform/page"
)

func (r *mutationResolver) SignUp(ctx context.Context, input identity.SignUpInput) (*identity.SignUpPayload, error) {
	return r.identity.SignUp(ctx, input)
}

func (r *mutationResolver) SignIn(ctx context.Context, input identity.SignInInput) (*identity.SignInPayload, error) {
	return r.identity.SignIn(ctx, input)
}

func (r *mutationResolver) RefreshSession(ctx context.Context, input identity.RefreshSessionInput) (*identity.RefreshSessionPayload, error) {
	return r.identity.RefreshSession(ctx, input)
}

func (r *mutationResolver) SignOut(ctx context.Context, input identity.SignOutInput) (*identity.SignOutPayload, error) {
	return r.identity.SignOut(ctx, input)
}

func (r *mutationResolver) RevokeSession(ctx context.Context, input identity.RevokeSessionInput) (*identity.RevokeSessionPayload, error) {
	return r.identity.RevokeSession(ctx, input)
}

func (r *mutationResolver) ChangePassword(ctx context.Context, input identity.ChangePasswordInput) (*identity.ChangePasswordPayload, error) {
	return r.identity.ChangePassword(ctx, input)
}

func (r *mutationResolver) UpdateProfile(ctx context.Context, input identity.UpdateProfileInput) (*identity.UpdateProfilePayload, error) {
	return r.identity.UpdateProfile(ctx, input)
}

func (r *queryResolver) Viewer(ctx context.Context) (*identity.Viewer, error) {
	return r.identity.Viewer(ctx)
}

func (r *userResolver) Email(ctx context.Context, obj *entgen.User) (*string, error) {
	return r.identity.Email(ctx, obj)
}

func (r *viewerResolver) Session(ctx context.Context, obj *identity.Viewer) (*identity.Session, error) {
	return r.identity.CurrentSession(ctx)
}

func (r *viewerResolver) Sessions(ctx context.Context, obj *identity.Viewer, first *int, after *string) (*page.Connection[*identity.Session], error) {
	return r.identity.Sessions(ctx, page.Forward(first, after))
}

func (r *Resolver) User() graphgen.UserResolver { return &userResolver{r} }

func (r *Resolver) Viewer() graphgen.ViewerResolver { return &viewerResolver{r} }

type (
	userResolver   struct{ *Resolver }
	viewerResolver struct{ *Resolver }
)
