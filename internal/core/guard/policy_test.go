package guard_test

import (
	"context"
	"errors"
	"testing"

	"karnak/authz"
	"karnak/ent/entgen"
	"karnak/ent/entgen/customrole"
	"karnak/ent/enum"
	"karnak/internal/core/guard"
	"karnak/internal/platform/batch"
	"karnak/internal/platform/fault"
	"karnak/internal/platform/id"
)

func (p *place) ownRole(parents, allow, deny []string) func(context.Context, *entgen.Client) error {
	return func(ctx context.Context, tx *entgen.Client) error {
		if _, err := tx.CustomRole.Delete().Where(customrole.WorkspaceID(p.workspace)).Exec(ctx); err != nil {
			return err
		}
		return tx.CustomRole.Create().SetWorkspaceID(p.workspace).SetName("helper").SetParents(parents).SetAllow(allow).SetDeny(deny).SetCreatedAt(p.clock.Now()).Exec(ctx)
	}
}

func TestOwnRoles(t *testing.T) {
	t.Parallel()
	each(t, func(p *place) {
		p.change(p.role("helper"))
		p.may(authz.ChatRead, fault.Forbidden) // no such role: nothing
		p.change(p.ownRole([]string{"user"}, []string{"admin:users"}, []string{"chat:write"}))
		p.may(authz.ChatRead, "")
		p.may(authz.AdminUsers, "")
		p.may(authz.ChatWrite, fault.Forbidden)
		p.change(p.ownRole([]string{"user"}, nil, nil))
		p.may(authz.AdminUsers, fault.Forbidden)
		p.may(authz.ChatWrite, "")
		p.change(p.ownRole([]string{"nobody"}, []string{"chat:read"}, nil)) // stored, and no longer valid
		p.may(authz.ChatRead, fault.Forbidden)
		policy, err := p.Policy(p.t.Context(), p.elsewhere)
		if err != nil || policy.Has("helper") || !policy.Assignable("admin") {
			p.t.Errorf("another workspace has the role: %v", err)
		}
	})
}

func TestTier(t *testing.T) {
	t.Parallel()
	each(t, func(p *place) {
		if err := p.RequireTier(p.ctx(), p.workspace, enum.Startup); err != nil {
			p.t.Error(err)
		}
		err := p.RequireTier(p.ctx(), p.workspace, enum.SME)
		var f *fault.Error
		if !errors.As(err, &f) || len(f.Issues) != 1 || f.Issues[0].Code != fault.TierRequired {
			p.t.Errorf("%v", err)
		}
		if err := p.RequireTier(p.ctx(), id.New(id.Workspace), enum.Startup); err == nil {
			p.t.Error("a workspace that is not there has a tier")
		}
	})
}

func TestLookUps(t *testing.T) {
	t.Parallel()
	each(t, func(p *place) {
		for name, ctx := range map[string]context.Context{"alone": p.ctx(), "gathered": batch.WithScope(p.ctx())} {
			if u, err := p.User(ctx, p.user); err != nil || u == nil || u.DisplayName != "A" {
				p.t.Errorf("%s: %v: %v", name, u, err)
			}
			if u, err := p.User(ctx, id.New(id.User)); err != nil || u != nil {
				p.t.Errorf("%s: an unknown user: %v: %v", name, u, err)
			}
			if w, err := p.Workspace(ctx, p.workspace); err != nil || w == nil || w.Slug != "w" {
				p.t.Errorf("%s: %v: %v", name, w, err)
			}
			if w, err := p.Workspace(ctx, p.elsewhere); err != nil || w != nil {
				p.t.Errorf("%s: a foreign workspace: %v: %v", name, w, err)
			}
			if m, err := p.Member(ctx, p.workspace, p.user); err != nil || m == nil || m.Role != "user" {
				p.t.Errorf("%s: %v: %v", name, m, err)
			}
			if m, err := p.Member(ctx, p.elsewhere, p.user); err != nil || m != nil {
				p.t.Errorf("%s: a member of nothing: %v: %v", name, m, err)
			}
		}
		if ids, err := p.Workspaces(p.t.Context(), p.user); err != nil || len(ids) != 1 || ids[0] != p.workspace {
			p.t.Errorf("%v: %v", ids, err)
		}
		if _, err := guard.New(guard.Config{}); err == nil {
			p.t.Error("a guard of nothing")
		}
	})
}
