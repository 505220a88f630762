// Package rule holds the privacy rules of the entities. All of them deny a context without an actor; tenancy is theirs,
// permissions are the services'.
package rule

import (
	"context"
	"fmt"

	"entgo.io/ent"
	"entgo.io/ent/dialect"
	"entgo.io/ent/dialect/sql"
	"entgo.io/ent/privacy"

	"karnak/authz"
)

// Tenancy limits an entity to the workspaces the actor belongs to; Column holds the workspace's id.
type Tenancy struct{ Column string }

// EvalQuery lets through rows of the actor's workspaces.
func (r Tenancy) EvalQuery(ctx context.Context, q ent.Query) error {
	if ctx.Value(byKey{}) != nil {
		return filter(ctx, q, r.checked)
	}
	return filter(ctx, q, r.within)
}

// EvalMutation refuses to create in, and does not reach, a workspace the actor does not belong to.
func (r Tenancy) EvalMutation(ctx context.Context, m ent.Mutation) error {
	a := authz.ActorOf(ctx)
	if a == nil {
		return privacy.Denyf("no actor")
	}
	if a.Everywhere() {
		return privacy.Allow
	}
	if m.Op().Is(ent.OpCreate) {
		if r.Column == "id" {
			return privacy.Denyf("only karnak itself creates a %s", m.Type())
		}
		if v, ok := m.Field(r.Column); !ok || !a.In(fmt.Sprint(v)) {
			return privacy.Denyf("%s of a foreign workspace", m.Type())
		}
		return privacy.Allow
	}
	return narrow(m, r.within(a))
}

func (r Tenancy) within(a *authz.Actor) func(*sql.Selector) {
	return func(s *sql.Selector) { s.Where(sql.In(s.C(r.Column), list(a.Workspaces)...)) }
}

// checked is within for a row that is found by its key: the workspace is then no way to it. SQLite would otherwise take an
// index of both, and look for the key once in each workspace.
func (r Tenancy) checked(a *authz.Actor) func(*sql.Selector) {
	if len(a.Workspaces) == 0 {
		return r.within(a)
	}
	return func(s *sql.Selector) {
		s.Where(sql.P(func(b *sql.Builder) {
			if b.Dialect() == dialect.SQLite {
				b.WriteByte('+')
			}
			b.Ident(s.C(r.Column)).WriteString(" IN (").Args(list(a.Workspaces)...).WriteByte(')')
		}))
	}
}

type byKey struct{}

// ByKey returns a context whose queries find each row by its key.
func ByKey(ctx context.Context) context.Context { return context.WithValue(ctx, byKey{}, true) }

// Own limits an entity to rows of the actor's own; Column holds the user's id.
type Own struct{ Column string }

// EvalQuery lets through the actor's own rows.
func (r Own) EvalQuery(ctx context.Context, q ent.Query) error {
	return filter(ctx, q, func(a *authz.Actor) func(*sql.Selector) { return r.of(a) })
}

// EvalMutation does not reach rows of others, and lets karnak itself alone create.
func (r Own) EvalMutation(ctx context.Context, m ent.Mutation) error {
	a := authz.ActorOf(ctx)
	switch {
	case a.IsSystem():
		return privacy.Allow
	case a == nil || m.Op().Is(ent.OpCreate):
		return privacy.Denyf("only karnak itself creates a %s", m.Type())
	}
	return narrow(m, r.of(a))
}

func (r Own) of(a *authz.Actor) func(*sql.Selector) {
	return func(s *sql.Selector) { s.Where(sql.EQ(s.C(r.Column), a.UserID)) }
}

// People is the rule of users: an actor sees themselves and whoever is or was in a workspace of theirs, and changes none
// but themselves.
type People struct{}

// EvalQuery lets through the people the actor may know.
func (People) EvalQuery(ctx context.Context, q ent.Query) error {
	return filter(ctx, q, func(a *authz.Actor) func(*sql.Selector) {
		return func(s *sql.Selector) {
			m := sql.Dialect(s.Dialect()).Table("members").As("mine")
			shared := sql.Dialect(s.Dialect()).Select(m.C("user_id")).From(m).
				Where(sql.And(sql.ColumnsEQ(m.C("user_id"), s.C("id")), sql.In(m.C("workspace_id"), list(a.Workspaces)...)))
			s.Where(sql.Or(sql.EQ(s.C("id"), a.UserID), sql.Exists(shared)))
		}
	})
}

// EvalMutation reaches the actor themselves alone.
func (People) EvalMutation(ctx context.Context, m ent.Mutation) error {
	return Own{Column: "id"}.EvalMutation(ctx, m)
}

// SystemOnly lets karnak itself alone at an entity.
type SystemOnly struct{}

// EvalQuery denies every user.
func (SystemOnly) EvalQuery(ctx context.Context, _ ent.Query) error { return systemOnly(ctx) }

// EvalMutation denies every user.
func (SystemOnly) EvalMutation(ctx context.Context, _ ent.Mutation) error { return systemOnly(ctx) }

func systemOnly(ctx context.Context) error {
	if authz.ActorOf(ctx).IsSystem() {
		return privacy.Allow
	}
	return privacy.Denyf("for karnak itself alone")
}

func list(ids []string) []any {
	out := make([]any, len(ids))
	for i, x := range ids {
		out[i] = x
	}
	return out
}

// narrow limits an update or a delete.
func narrow(m ent.Mutation, where func(*sql.Selector)) error {
	w, ok := m.(interface {
		WhereP(predicates ...func(*sql.Selector))
	})
	if !ok {
		return privacy.Denyf("%s cannot be limited", m.Type())
	}
	w.WhereP(where)
	return privacy.Allow
}
