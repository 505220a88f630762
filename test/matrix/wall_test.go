package matrix_test

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"testing"

	"entgo.io/ent/dialect"
	"entgo.io/ent/dialect/sql"
	"entgo.io/ent/privacy"

	"karnak/authz"
	"karnak/ent"
	"karnak/ent/entgen"
	"karnak/internal/app/apptest"
	"karnak/test/world"
)

// TestWall takes ent's rules away and leaves row-level security: what a member of one tenant reads, by ent or by any
// statement at all, is of that tenant alone, in every table that tenants have.
func TestWall(t *testing.T) {
	t.Parallel()
	c := world.Noon()
	n := apptest.Start(t, dialect.Postgres, world.Options(t, c))
	a := world.New(n, c)
	b := a.Beside()
	a.Mark, b.Mark = "qamberq", "qberylq"
	a.Populate(t)
	b.Populate(t)
	ids := []string{a.IDs["workspace"]}
	ctx := authz.WithActor(privacy.DecisionContext(t.Context(), privacy.Allow), authz.NewActor(a.Owner.ID, a.Owner.Session, false, ids))
	readers := byEnt(n.DB().Client())
	for table, columns := range a.Tables(t) {
		column := world.TenantColumn(table, columns)
		if column == "" {
			continue
		}
		query := fmt.Sprintf("SELECT %s FROM %s", column, table)
		byEnt := readers[table]
		if delete(readers, table); byEnt == nil {
			t.Errorf("%s is not read by ent: give byEnt() in test/matrix/wall_test.go a reader", table)
			continue
		}
		byStatement := func(ctx context.Context) ([]string, error) { return read(ctx, n.DB().Reader(), query) }
		// Reads outside and inside of transactions have connections of their own.
		byChange := func(ctx context.Context) (rows []string, err error) {
			err = n.DB().InTx(ctx, func(ctx context.Context, tx *ent.Tx) error {
				rows, err = read(ctx, tx, query)
				return err
			})
			return rows, err
		}
		for by, f := range map[string]func(context.Context) ([]string, error){"ent": byEnt, "a statement": byStatement, "a change": byChange} {
			rows, err := f(ctx)
			if err != nil || len(rows) == 0 || slices.ContainsFunc(rows, func(x string) bool { return x != ids[0] }) {
				t.Errorf("%s by %s: %d rows, of %v: %v", table, by, len(rows), slices.Compact(slices.Sorted(slices.Values(rows))), err)
			}
		}
		if all, err := read(authz.System(t.Context(), "test"), n.DB().Reader(), query); err != nil || !slices.Contains(all, b.IDs["workspace"]) {
			t.Errorf("%s has nothing of the other tenant, which proves nothing: %v", table, err)
		}
	}
	for table := range maps.Keys(readers) {
		t.Errorf("byEnt(): there is no table %s of tenants", table)
	}
}

func read(ctx context.Context, from interface {
	Query(ctx context.Context, query string, args, v any) error
}, query string) ([]string, error) {
	rows := &sql.Rows{}
	if err := from.Query(ctx, query, []any{}, rows); err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	var out []string
	err := sql.ScanSlice(rows, &out)
	return out, err
}

// byEnt reads whose the rows of each table are.
func byEnt(c *entgen.Client) map[string]func(context.Context) ([]string, error) {
	const of = "workspace_id"
	return map[string]func(context.Context) ([]string, error){
		"workspaces":       func(ctx context.Context) ([]string, error) { return c.Workspace.Query().IDs(ctx) },
		"event_heads":      func(ctx context.Context) ([]string, error) { return c.EventHead.Query().IDs(ctx) },
		"members":          func(ctx context.Context) ([]string, error) { return c.Member.Query().Select(of).Strings(ctx) },
		"invitations":      func(ctx context.Context) ([]string, error) { return c.Invitation.Query().Select(of).Strings(ctx) },
		"custom_roles":     func(ctx context.Context) ([]string, error) { return c.CustomRole.Query().Select(of).Strings(ctx) },
		"grants":           func(ctx context.Context) ([]string, error) { return c.Grant.Query().Select(of).Strings(ctx) },
		"channels":         func(ctx context.Context) ([]string, error) { return c.Channel.Query().Select(of).Strings(ctx) },
		"channel_members":  func(ctx context.Context) ([]string, error) { return c.ChannelMember.Query().Select(of).Strings(ctx) },
		"read_states":      func(ctx context.Context) ([]string, error) { return c.ReadState.Query().Select(of).Strings(ctx) },
		"messages":         func(ctx context.Context) ([]string, error) { return c.Message.Query().Select(of).Strings(ctx) },
		"tools":            func(ctx context.Context) ([]string, error) { return c.Tool.Query().Select(of).Strings(ctx) },
		"tool_versions":    func(ctx context.Context) ([]string, error) { return c.ToolVersion.Query().Select(of).Strings(ctx) },
		"tool_invocations": func(ctx context.Context) ([]string, error) { return c.ToolInvocation.Query().Select(of).Strings(ctx) },
		"model_budgets":    func(ctx context.Context) ([]string, error) { return c.ModelBudget.Query().Select(of).Strings(ctx) },
		"conversations":    func(ctx context.Context) ([]string, error) { return c.Conversation.Query().Select(of).Strings(ctx) },
		"generations":      func(ctx context.Context) ([]string, error) { return c.Generation.Query().Select(of).Strings(ctx) },
		"tapes":            func(ctx context.Context) ([]string, error) { return c.Tape.Query().Select(of).Strings(ctx) },
		"tape_steps":       func(ctx context.Context) ([]string, error) { return c.TapeStep.Query().Select(of).Strings(ctx) },
		"reactions":        func(ctx context.Context) ([]string, error) { return c.Reaction.Query().Select(of).Strings(ctx) },
		"events":           func(ctx context.Context) ([]string, error) { return c.Event.Query().Select(of).Strings(ctx) },
	}
}
