package ent_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"entgo.io/ent/privacy"

	"karnak/authz"
	"karnak/ent"
	"karnak/ent/entgen"
	"karnak/ent/enttest"
)

// rules says which rule each entity has; a new entity has to be entered here.
func rules() map[string]string {
	return map[string]string{
		"Channel": "tenant", "ChannelMember": "tenant", "CustomRole": "tenant", "Event": "tenant", "Grant": "tenant", "Invitation": "tenant",
		"Member": "tenant", "Message": "tenant", "Reaction": "tenant", "ReadState": "tenant",
		"Conversation": "tenant", "Generation": "tenant", "ModelBudget": "tenant", "Tape": "tenant", "TapeStep": "tenant",
		"Tool": "tenant", "ToolVersion": "tenant", "ToolInvocation": "tenant",
		"EventHead": "workspace", "Workspace": "workspace", "Session": "own", "User": "people", "Idempotency": "system", "SigningKey": "system",
	}
}

func TestEveryEntityHasARule(t *testing.T) {
	t.Parallel()
	known := rules()
	for _, e := range entities() {
		if known[e.name] == "" {
			t.Errorf("%s is in no test of tenancy: enter its rule", e.name)
		}
		delete(known, e.name)
	}
	if len(known) > 0 {
		t.Errorf("no such entities: %v", known)
	}
}

var errBack = errors.New("taken back")

// tried runs f in a transaction that is taken back afterwards.
func (w world) tried(t *testing.T, f func(c *entgen.Client)) {
	t.Helper()
	err := w.db.InTx(system(t), func(_ context.Context, tx *ent.Tx) error { f(tx.Client); return errBack })
	if !errors.Is(err, errBack) && !strings.Contains(err.Error(), "current transaction is aborted") {
		t.Fatal(err)
	}
}

func TestNobodyIsDenied(t *testing.T) {
	t.Parallel()
	enttest.Each(t, func(t *testing.T, db *ent.DB) {
		w := populate(t, db)
		for _, e := range entities() {
			if _, err := e.count(t.Context(), db.Client()); !errors.Is(err, privacy.Deny) {
				t.Errorf("%s: a query without an actor: %v", e.name, err)
			}
			w.tried(t, func(c *entgen.Client) {
				nobody := t.Context()
				_, updated := e.update(nobody, c)
				_, removed := e.remove(nobody, c)
				for op, err := range map[string]error{"create": e.create(nobody, c, w.a.workspace), "update": updated, "delete": removed} {
					if !errors.Is(err, privacy.Deny) {
						t.Errorf("%s: %s without an actor: %v", e.name, op, err)
					}
				}
			})
		}
	})
}

func TestForeignWorkspaceIsNotThere(t *testing.T) {
	t.Parallel()
	enttest.Each(t, func(t *testing.T, db *ent.DB) {
		w := populate(t, db)
		alien := side{"ws_elsewhere", "user_elsewhere"}
		for _, e := range entities() {
			kind := rules()[e.name]
			if kind != "tenant" && kind != "workspace" {
				continue
			}
			all, err := e.rows(system(t), db.Client())
			if err != nil || len(all) == 0 {
				t.Fatalf("%s: %d rows: %v", e.name, len(all), err)
			}
			own, err := e.rows(w.a.ctx(t), db.Client())
			if err != nil || len(own) == 0 || len(own) >= len(all) || slices.ContainsFunc(own, func(r string) bool { return strings.Contains(r, w.b.workspace) }) {
				t.Errorf("%s: a sees %v of %d: %v", e.name, own, len(all), err)
			}
			if n, err := e.count(alien.ctx(t), db.Client()); err != nil || n != 0 {
				t.Errorf("%s: a member of nothing counts %d: %v", e.name, n, err)
			}
			if n, err := e.count(authz.WithActor(t.Context(), authz.NewActor("user_s", "", true, nil)), db.Client()); err != nil || n != len(all) {
				t.Errorf("%s: a superAdmin counts %d of %d: %v", e.name, n, len(all), err)
			}
			w.unreached(t, e, own)
			w.tried(t, func(c *entgen.Client) {
				if err := e.create(w.a.ctx(t), c, w.b.workspace); !errors.Is(err, privacy.Deny) {
					t.Errorf("%s: created in a foreign workspace: %v", e.name, err)
				}
				if err := e.create(w.a.ctx(t), c, w.a.workspace); errors.Is(err, privacy.Deny) != (kind == "workspace") {
					t.Errorf("%s: created in one's own workspace: %v", e.name, err)
				}
			})
		}
	})
}

// unreached changes and deletes all that a reaches; what b has stays as it is.
func (w world) unreached(t *testing.T, e entity, own []string) {
	t.Helper()
	for op, run := range map[string]func(context.Context, *entgen.Client) (int, error){"update": e.update, "delete": e.remove} {
		w.tried(t, func(c *entgen.Client) {
			before, err := e.rows(w.b.ctx(t), c)
			if err != nil {
				t.Fatal(err)
			}
			n, err := run(w.a.ctx(t), c)
			if entgen.IsConstraintError(err) { // something hangs on it
				return
			}
			if err != nil || n != len(own) && (op == "delete" || e.mutable(c)) {
				t.Errorf("%s: %s by a reached %d rows, want the %d own: %v", e.name, op, n, len(own), err)
			}
			after, err := e.rows(w.b.ctx(t), c)
			if err != nil || !slices.Equal(before, after) {
				t.Errorf("%s: %s by a changed what b has: %v, was %v: %v", e.name, op, after, before, err)
			}
		})
	}
}

func TestSystemAloneTouchesKeys(t *testing.T) {
	t.Parallel()
	enttest.Each(t, func(t *testing.T, db *ent.DB) {
		w := populate(t, db)
		super := authz.WithActor(t.Context(), authz.NewActor(w.a.user, "", true, []string{w.a.workspace}))
		for _, e := range entities() {
			if rules()[e.name] != "system" {
				continue
			}
			if n, err := e.count(system(t), db.Client()); err != nil || n != 2 {
				t.Errorf("%s: karnak itself counts %d: %v", e.name, n, err)
			}
			for who, ctx := range map[string]context.Context{"a user": w.a.ctx(t), "a superAdmin": super} {
				_, seen := e.count(ctx, db.Client())
				w.tried(t, func(c *entgen.Client) {
					_, updated := e.update(ctx, c)
					_, removed := e.remove(ctx, c)
					for op, err := range map[string]error{"query": seen, "create": e.create(ctx, c, ""), "update": updated, "delete": removed} {
						if !errors.Is(err, privacy.Deny) {
							t.Errorf("%s: %s by %s: %v", e.name, op, who, err)
						}
					}
				})
			}
		}
	})
}

func TestPeople(t *testing.T) {
	t.Parallel()
	enttest.Each(t, func(t *testing.T, db *ent.DB) {
		w := populate(t, db)
		user, session := entity{"User"}, entity{"Session"}
		sees := func(ctx context.Context, e entity, want ...string) {
			t.Helper()
			rows, err := e.rows(ctx, db.Client())
			if err != nil || len(rows) != len(want) {
				t.Errorf("%s: %d rows, want those of %v: %v", e.name, len(rows), want, err)
			}
			for _, id := range want {
				if !slices.ContainsFunc(rows, func(r string) bool { return strings.Contains(r, id) }) {
					t.Errorf("%s: %s is not among %v", e.name, id, rows)
				}
			}
		}
		sees(w.a.ctx(t), user, w.a.user)
		sees(w.a.ctx(t), session, w.a.user)
		// Who joined once stays known, also after they left: what they wrote keeps its author.
		err := db.InTx(system(t), func(ctx context.Context, tx *ent.Tx) error {
			at := tx.Member.Query().FirstX(ctx).JoinedAt
			return tx.Member.Create().SetWorkspaceID(w.a.workspace).SetUserID(w.b.user).SetRole("user").SetJoinedAt(at).SetLeftAt(at).Exec(ctx)
		})
		if err != nil {
			t.Fatal(err)
		}
		sees(w.a.ctx(t), user, w.a.user, w.b.user)
		sees(w.b.ctx(t), user, w.b.user)
		sees(w.a.ctx(t), session, w.a.user)
		for _, e := range []entity{user, session} {
			w.tried(t, func(c *entgen.Client) {
				if n, err := e.update(w.a.ctx(t), c); err != nil || n != 1 {
					t.Errorf("%s: an update reached %d rows, want the one own: %v", e.name, n, err)
				}
			})
			w.tried(t, func(c *entgen.Client) {
				if n, err := e.remove(w.b.ctx(t), c); !entgen.IsConstraintError(err) && (err != nil || n != 1) {
					t.Errorf("%s: a delete reached %d rows, want the one own: %v", e.name, n, err)
				}
			})
			w.tried(t, func(c *entgen.Client) {
				super := authz.WithActor(t.Context(), authz.NewActor(w.a.user, "", true, nil))
				for _, ctx := range []context.Context{w.a.ctx(t), super} {
					if err := e.create(ctx, c, ""); !errors.Is(err, privacy.Deny) {
						t.Errorf("%s: created by a user: %v", e.name, err)
					}
				}
			})
		}
	})
}
