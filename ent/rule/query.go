package rule

import (
	"context"

	"entgo.io/ent"
	"entgo.io/ent/dialect/sql"
	"entgo.io/ent/privacy"

	"karnak/authz"
	"karnak/ent/entgen/intercept"
)

// filter denies a query without an actor, and limits one of an actor who is bound to workspaces. It is in a file of its
// own because it needs generated code: to generate from nothing, let it return privacy.Allow first.
func filter(ctx context.Context, q ent.Query, where func(*authz.Actor) func(*sql.Selector)) error {
	a := authz.ActorOf(ctx)
	if a == nil {
		return privacy.Denyf("no actor")
	}
	if a.Everywhere() {
		return privacy.Allow
	}
	query, err := intercept.NewQuery(q)
	if err != nil {
		return privacy.Denyf("a query that cannot be limited: %w", err)
	}
	query.WhereP(where(a))
	return privacy.Allow
}
