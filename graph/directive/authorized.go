// Package directive runs the contract's directives.
package directive

import (
	"context"

	"github.com/99designs/gqlgen/graphql"

	"karnak/authz"
	"karnak/internal/platform/fault"
)

// Authorized lets nobody in who is not signed in. Where the field hangs on an object with a workspace of its own, require
// checks the permission there; at the roots the object comes from the arguments, and the service's first line checks it.
func Authorized(require func(ctx context.Context, object any, p authz.Permission) error) func(context.Context, any, graphql.Resolver, *string) (any, error) {
	return func(ctx context.Context, object any, next graphql.Resolver, permission *string) (any, error) {
		if authz.ActorOf(ctx) == nil {
			return nil, fault.SignInNeeded()
		}
		if permission != nil {
			if err := require(ctx, object, authz.Permission(*permission)); err != nil {
				return nil, err
			}
		}
		return next(ctx)
	}
}
