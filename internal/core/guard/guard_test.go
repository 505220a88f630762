package guard_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"karnak/authz"
	"karnak/ent"
	"karnak/ent/entgen"
	"karnak/ent/entgen/member"
	"karnak/ent/enttest"
	"karnak/ent/enum"
	"karnak/internal/core/eventlog"
	"karnak/internal/core/guard"
	"karnak/internal/platform/clock"
	"karnak/internal/platform/fault"
	"karnak/internal/platform/id"
)

var touched = eventlog.Type{Name: "gate.right.touched", Access: true}

// place is a guard over one workspace with a member, and another workspace the member has nothing to do with.
type place struct {
	*guard.Guard
	t                          *testing.T
	db                         *ent.DB
	log                        *eventlog.Log
	clock                      *clock.Manual
	workspace, elsewhere, user string
}

func each(t *testing.T, f func(p *place)) {
	t.Helper()
	enttest.Each(t, func(t *testing.T, db *ent.DB) {
		c := clock.NewManual(time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC))
		l, err := eventlog.New(t.Context(), eventlog.Config{DB: db, Clock: c, Secret: make([]byte, 32), Types: []eventlog.Type{touched}})
		if err != nil {
			t.Fatal(err)
		}
		g, err := guard.New(guard.Config{DB: db, Log: l, Clock: c})
		if err != nil {
			t.Fatal(err)
		}
		p := &place{Guard: g, t: t, db: db, log: l, clock: c, workspace: id.New(id.Workspace), elsewhere: id.New(id.Workspace), user: id.New(id.User)}
		now := c.Now()
		p.write(func(ctx context.Context, tx *entgen.Client) error {
			return errors.Join(
				tx.User.Create().SetID(p.user).SetEmail("a@x").SetEmailKey("a@x").SetDisplayName("A").SetPasswordHash("x").SetCreatedAt(now).Exec(ctx),
				tx.Workspace.Create().SetID(p.workspace).SetName("w").SetSlug("w").SetTier(enum.Startup).SetCreatedAt(now).Exec(ctx),
				tx.Workspace.Create().SetID(p.elsewhere).SetName("e").SetSlug("e").SetCreatedAt(now).Exec(ctx),
				tx.Member.Create().SetWorkspaceID(p.workspace).SetUserID(p.user).SetRole("user").SetJoinedAt(now).Exec(ctx))
		})
		f(p)
	})
}

func (p *place) ctx() context.Context {
	return authz.WithActor(p.t.Context(), authz.NewActor(p.user, "", false, []string{p.workspace}))
}

// write changes the database without a word to anybody.
func (p *place) write(f func(context.Context, *entgen.Client) error) {
	p.t.Helper()
	err := p.db.InTx(authz.System(p.t.Context(), "test"), func(ctx context.Context, tx *ent.Tx) error { return f(ctx, tx.Client) })
	if err != nil {
		p.t.Fatal(err)
	}
}

// change changes the database and tells of it by an access event.
func (p *place) change(f func(context.Context, *entgen.Client) error) {
	p.t.Helper()
	_, err := p.log.Change(authz.System(p.t.Context(), "test"), func(ctx context.Context, tx *eventlog.Tx) (string, error) {
		return "", errors.Join(f(ctx, tx.Client), tx.Append(ctx, p.workspace, eventlog.Draft{Type: touched, SubjectID: p.user}))
	})
	if err != nil {
		p.t.Fatal(err)
	}
}

func (p *place) role(role string) func(context.Context, *entgen.Client) error {
	return func(ctx context.Context, tx *entgen.Client) error {
		return tx.Member.Update().Where(member.UserID(p.user)).SetRole(role).Exec(ctx)
	}
}

func (p *place) may(permission authz.Permission, want fault.Code, objects ...string) {
	p.t.Helper()
	err := p.Require(p.ctx(), p.workspace, permission, objects...)
	if err == nil && want != "" || err != nil && fault.CodeOf(err) != want {
		p.t.Errorf("%s: %v, want %q", permission, err, want)
	}
	if ok, err := p.Allows(p.ctx(), p.workspace, permission, objects...); err != nil || ok != (want == "") {
		p.t.Errorf("%s: allows %v: %v", permission, ok, err)
	}
}

func TestRequire(t *testing.T) {
	t.Parallel()
	each(t, func(p *place) {
		super := authz.WithActor(p.t.Context(), authz.NewActor(p.user, "", true, nil))
		for name, c := range map[string]struct {
			ctx        context.Context
			workspace  string
			permission authz.Permission
			want       fault.Code
		}{
			"held":               {p.ctx(), p.workspace, authz.ChatWrite, ""},
			"not held":           {p.ctx(), p.workspace, authz.AdminUsers, fault.Forbidden},
			"unknown":            {p.ctx(), p.workspace, "chat:fly", fault.Forbidden},
			"foreign":            {p.ctx(), p.elsewhere, authz.ChatRead, fault.NotFound},
			"missing":            {p.ctx(), id.New(id.Workspace), authz.ChatRead, fault.NotFound},
			"nobody":             {p.t.Context(), p.workspace, authz.ChatRead, fault.Unauthenticated},
			"karnak itself":      {authz.System(p.t.Context(), "test"), p.elsewhere, authz.AdminSystem, ""},
			"claims to be in":    {authz.WithActor(p.t.Context(), authz.NewActor(p.user, "", false, []string{p.elsewhere})), p.elsewhere, authz.ChatRead, fault.Forbidden},
			"claims to be super": {super, p.workspace, authz.AdminSystem, fault.Forbidden},
		} {
			err := p.Require(c.ctx, c.workspace, c.permission, c.workspace)
			if err == nil && c.want != "" || err != nil && fault.CodeOf(err) != c.want {
				p.t.Errorf("%s: %v, want %q", name, err, c.want)
			}
		}
		if _, err := p.Actor(p.t.Context()); fault.CodeOf(err) != fault.Unauthenticated {
			p.t.Error(err)
		}
		if _, err := p.Actor(authz.System(p.t.Context(), "test")); fault.CodeOf(err) != fault.Unauthenticated {
			p.t.Errorf("karnak itself is taken for a user: %v", err)
		}
		if a, err := p.Actor(p.ctx()); err != nil || a.UserID != p.user {
			p.t.Errorf("%+v: %v", a, err)
		}
		p.change(func(ctx context.Context, tx *entgen.Client) error {
			return tx.User.UpdateOneID(p.user).SetSuperAdmin(true).Exec(ctx)
		})
		if err := p.Require(super, p.elsewhere, authz.AdminSystem); err != nil {
			p.t.Errorf("a superAdmin anywhere: %v", err)
		}
	})
}

func TestKeptUntilAnEventTellsOfAChange(t *testing.T) {
	t.Parallel()
	each(t, func(p *place) {
		p.may(authz.AdminUsers, fault.Forbidden)
		p.write(p.role("admin"))
		p.may(authz.AdminUsers, fault.Forbidden) // what is kept answers
		if _, err := p.Recheck(p.ctx(), p.workspace, authz.AdminUsers); err != nil {
			p.t.Errorf("a look past what is kept: %v", err)
		}
		p.change(p.role("admin"))
		p.may(authz.AdminUsers, "")
		p.write(p.role("user"))
		p.may(authz.AdminUsers, "")
		p.Changed(&eventlog.Event{SubjectID: p.user}) // as another node tells
		p.may(authz.AdminUsers, fault.Forbidden)
		p.write(p.role("admin"))
		p.Changed(&eventlog.Event{WorkspaceID: id.Platform, ObjectID: p.workspace})
		p.may(authz.AdminUsers, "")
		if _, err := p.log.Change(p.ctx(), func(ctx context.Context, tx *eventlog.Tx) (string, error) {
			return "", errors.Join(p.role("user")(authz.System(ctx, "test"), tx.Client), errors.New("taken back"))
		}); err == nil {
			p.t.Error("no error")
		}
		p.may(authz.AdminUsers, "")
	})
}

// TestNobodyReadsAnOldRightAfterTheChange loads sets without rest while the role goes to and fro: once a change is
// acknowledged nobody gets an answer from before it.
func TestNobodyReadsAnOldRightAfterTheChange(t *testing.T) {
	t.Parallel()
	each(t, func(p *place) {
		ctx, stop := context.WithCancel(p.ctx())
		var wg sync.WaitGroup
		for range 2 {
			wg.Go(func() {
				for ctx.Err() == nil {
					_, _ = p.Allows(ctx, p.workspace, authz.AdminUsers)
				}
			})
		}
		for i := range 40 {
			role, want := "admin", fault.Code("")
			if i%2 == 1 {
				role, want = "user", fault.Forbidden
			}
			p.change(p.role(role))
			p.may(authz.AdminUsers, want)
		}
		stop()
		wg.Wait()
	})
}

func TestGrantsEndAtTheirInstant(t *testing.T) {
	t.Parallel()
	each(t, func(p *place) {
		channel, end := id.New(id.Channel), p.clock.Now().Add(time.Minute)
		p.change(func(ctx context.Context, tx *entgen.Client) error {
			return tx.Grant.Create().SetWorkspaceID(p.workspace).SetUserID(p.user).SetPermission(string(authz.ChatReadAll)).SetObjectID(channel).
				SetReason("x").SetGrantedBy(p.user).SetCreatedAt(p.clock.Now()).SetExpiresAt(end).Exec(ctx)
		})
		p.may(authz.ChatReadAll, "", channel, p.workspace)
		p.may(authz.ChatReadAll, fault.Forbidden, id.New(id.Channel), p.workspace)
		p.may(authz.ChatReadAll, fault.Forbidden, p.workspace)
		if until, err := p.Recheck(p.ctx(), p.workspace, authz.ChatReadAll, channel); err != nil || !until.Equal(end) {
			p.t.Errorf("holds until %s: %v", until, err)
		}
		if until, err := p.Recheck(p.ctx(), p.workspace, authz.ChatRead); err != nil || !until.IsZero() {
			p.t.Errorf("a role's right holds until %s: %v", until, err)
		}
		p.clock.Advance(time.Minute - time.Microsecond)
		p.may(authz.ChatReadAll, "", channel)
		p.clock.Advance(time.Microsecond)
		p.may(authz.ChatReadAll, fault.Forbidden, channel)
		if _, err := p.Recheck(p.ctx(), p.workspace, authz.ChatReadAll, channel); fault.CodeOf(err) != fault.Forbidden {
			p.t.Error(err)
		}
	})
}

func TestSuspendedAndGone(t *testing.T) {
	t.Parallel()
	each(t, func(p *place) {
		p.may(authz.ChatRead, "")
		p.change(func(ctx context.Context, tx *entgen.Client) error {
			return tx.User.UpdateOneID(p.user).SetSuspendedAt(p.clock.Now()).Exec(ctx)
		})
		p.may(authz.ChatRead, fault.Forbidden)
		p.change(func(ctx context.Context, tx *entgen.Client) error {
			return tx.User.UpdateOneID(p.user).ClearSuspendedAt().SetSuperAdmin(true).Exec(ctx)
		})
		p.may(authz.AdminSystem, "")
		p.change(func(ctx context.Context, tx *entgen.Client) error {
			return tx.User.UpdateOneID(p.user).SetSuspendedAt(p.clock.Now()).Exec(ctx)
		})
		p.may(authz.ChatRead, fault.Forbidden)
		p.change(func(ctx context.Context, tx *entgen.Client) error {
			return errors.Join(tx.User.UpdateOneID(p.user).ClearSuspendedAt().SetSuperAdmin(false).Exec(ctx),
				tx.Member.Update().SetLeftAt(p.clock.Now()).Exec(ctx))
		})
		p.may(authz.ChatRead, fault.Forbidden)
		if ids, err := p.Workspaces(p.t.Context(), p.user); err != nil || len(ids) != 0 {
			p.t.Errorf("belongs to %v: %v", ids, err)
		}
		if a, err := p.Of(p.t.Context(), p.workspace, id.New(id.User)); err != nil || a.Allows(authz.ChatRead, p.clock.Now()) {
			p.t.Errorf("an unknown user holds %+v: %v", a, err)
		}
		if _, err := p.Recheck(p.t.Context(), p.workspace, authz.ChatRead); fault.CodeOf(err) != fault.Unauthenticated {
			p.t.Error(err)
		}
		if _, err := p.Recheck(authz.System(p.t.Context(), "test"), p.workspace, authz.ChatRead); err != nil {
			p.t.Error(err)
		}
	})
}
