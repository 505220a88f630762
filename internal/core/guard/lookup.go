package guard

import (
	"context"

	"entgo.io/ent/privacy"

	"karnak/authz"
	"karnak/ent/entgen"
	"karnak/ent/entgen/member"
	"karnak/ent/entgen/user"
	"karnak/ent/entgen/workspace"
	"karnak/internal/platform/batch"
	"karnak/internal/platform/store"
)

// User returns a user the caller may know, or nil. Look-ups of one answer share a query.
func (g *Guard) User(ctx context.Context, userID string) (*entgen.User, error) {
	return batch.Load(ctx, kindUser{}, userID, func(ctx context.Context, ids []string) (map[string]*entgen.User, error) {
		rows, err := g.db.Client().User.Query().Where(store.In(user.FieldID, ids)).All(ctx)
		return index(rows, func(u *entgen.User) string { return u.ID }), err
	})
}

// ExpectUsers tells which users the fields of this answer will probably ask for, so that the first that does gets all of them.
func (g *Guard) ExpectUsers(ctx context.Context, userIDs []string) {
	batch.Expect(ctx, kindUser{}, userIDs)
}

// ExpectPersons is ExpectUsers for Person.
func (g *Guard) ExpectPersons(ctx context.Context, userIDs []string) {
	batch.Expect(ctx, kindPerson{}, userIDs)
}

// ExpectWorkspaces is ExpectUsers for Workspace.
func (g *Guard) ExpectWorkspaces(ctx context.Context, workspaceIDs []string) {
	batch.Expect(ctx, kindWorkspace{}, workspaceIDs)
}

// Person returns a user whom an object names that the caller may see, also one they share no workspace with: a superAdmin
// acts where they are no member. Look-ups of one answer share a query.
func (g *Guard) Person(ctx context.Context, userID string) (*entgen.User, error) {
	return batch.Load(ctx, kindPerson{}, userID, func(ctx context.Context, ids []string) (map[string]*entgen.User, error) {
		// Not the system: users are of no workspace, and what the connection may see stays as it is.
		ctx = privacy.DecisionContext(ctx, privacy.Allow)
		q := g.db.Client().User.Query().Where(store.In(user.FieldID, ids))
		q.Select(Shown()...)
		rows, err := q.All(ctx)
		return index(rows, func(u *entgen.User) string { return u.ID }), err
	})
}

// KnowPerson is told of a person that was read beside what names them, so that Person does not ask for them in this answer.
func (g *Guard) KnowPerson(ctx context.Context, u *entgen.User) {
	batch.Know(ctx, kindPerson{}, u.ID, u)
}

// Shown are the columns of a user that an answer may show, as Person has them.
func Shown() []string {
	return []string{user.FieldID, user.FieldCreatedAt, user.FieldVersion, user.FieldEmail, user.FieldDisplayName, user.FieldSuperAdmin, user.FieldSuspendedAt}
}

// Workspace returns a workspace the caller belongs to, or nil. Look-ups of one answer share a query.
func (g *Guard) Workspace(ctx context.Context, workspaceID string) (*entgen.Workspace, error) {
	return batch.Load(ctx, kindWorkspace{}, workspaceID, func(ctx context.Context, ids []string) (map[string]*entgen.Workspace, error) {
		rows, err := g.db.Client().Workspace.Query().Where(store.In(workspace.FieldID, ids)).All(ctx)
		return index(rows, func(w *entgen.Workspace) string { return w.ID }), err
	})
}

// Member returns a user's present place in a workspace, or nil.
func (g *Guard) Member(ctx context.Context, workspaceID, userID string) (*entgen.Member, error) {
	ctx = authz.System(ctx, "guard: read a membership")
	m, err := g.db.Client().Member.Query().Where(member.WorkspaceID(workspaceID), member.UserID(userID), member.LeftAtIsNil()).Only(ctx)
	if entgen.IsNotFound(err) {
		return nil, nil
	}
	return m, err
}

type (
	kindUser      struct{}
	kindPerson    struct{}
	kindWorkspace struct{}
)

func index[T any](rows []T, key func(T) string) map[string]T {
	out := make(map[string]T, len(rows))
	for _, r := range rows {
		out[key(r)] = r
	}
	return out
}
