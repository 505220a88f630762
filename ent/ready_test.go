package ent_test

import (
	"context"
	"testing"

	"entgo.io/ent/dialect/sql"

	"karnak/authz"
	"karnak/ent"
	"karnak/ent/entgen"
	"karnak/ent/entgen/message"
	"karnak/ent/enttest"
)

// TestReadyKeepsToTheWorkspacesOfWhoAsks looks one message up by its id for actors of all kinds, on a text that is kept for all
// of them.
func TestReadyKeepsToTheWorkspacesOfWhoAsks(t *testing.T) {
	t.Parallel()
	enttest.Each(t, func(t *testing.T, db *ent.DB) {
		w := populate(t, db)
		m, err := db.Client().Message.Query().Where(message.WorkspaceID(w.a.workspace), message.Seq(1)).Only(system(t))
		if err != nil {
			t.Fatal(err)
		}
		ready := ent.NewReady(db, func(ctx context.Context, c *entgen.Client, key string) error {
			_, err := c.Message.Query().Where(message.ID(key)).All(ctx)
			return err
		})
		member := func(workspaces ...string) context.Context {
			return authz.WithActor(t.Context(), authz.NewActor(w.a.user, "", false, workspaces))
		}
		for _, c := range []struct {
			name string
			ctx  context.Context
			want int
		}{
			{"own", member(w.a.workspace), 1}, {"foreign", member(w.b.workspace), 0}, {"none", member(), 0},
			{"both", member(w.b.workspace, w.a.workspace), 1}, {"two others", member(w.b.workspace, "ws_x"), 0},
			{"everywhere", system(t), 1}, {"own again", member(w.a.workspace), 1},
		} {
			rows := &sql.Rows{}
			if err := ready.Query(c.ctx, m.ID, rows); err != nil {
				t.Fatalf("%s: %v", c.name, err)
			}
			n := 0
			for rows.Next() {
				n++
			}
			if err := rows.Close(); n != c.want || err != nil {
				t.Errorf("%s: %d rows, %v", c.name, n, err)
			}
		}
		if err := ready.Query(t.Context(), m.ID, &sql.Rows{}); err == nil {
			t.Error("nobody is answered")
		}
	})
}
