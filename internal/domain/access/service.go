package access

import (
	"context"
	"errors"

	"karnak/authz"
	"karnak/ent"
	"karnak/ent/entgen"
	"karnak/internal/core/eventlog"
	"karnak/internal/core/guard"
	"karnak/internal/platform/clock"
	"karnak/internal/platform/fault"
	"karnak/internal/platform/page"
	"karnak/internal/platform/secret"
)

// Config is what the Service stands on.
type Config struct {
	DB     *ent.DB
	Log    *eventlog.Log
	Guard  *guard.Guard
	Clock  clock.Clock
	Keys   *secret.Keyring
	Locate Locate
	Jobs   Jobs
}

// Locate returns the workspace of an object and the objects that contain it, itself first; NOT_FOUND for one that is not
// there or that the caller may not see.
type Locate func(ctx context.Context, objectID string) (workspaceID string, path []string, err error)

// Service is access. It is safe for concurrent use.
type Service struct {
	Config
	grants *page.List
}

// New returns the service.
func New(c Config) (*Service, error) {
	if c.DB == nil || c.Log == nil || c.Guard == nil || c.Clock == nil || c.Keys == nil || c.Locate == nil || c.Jobs == nil {
		return nil, errors.New("access: DB, Log, Guard, Clock, Keys, Locate and Jobs are needed")
	}
	key := c.Keys.Derive("page/access")
	return &Service{Config: c, grants: page.NewList(key[:], "grants", true, func(g *entgen.Grant) []any { return []any{g.ID} }, page.Column{Name: "id"})}, nil
}

// rights returns what the caller may do in a workspace, once they hold p there.
func (s *Service) rights(ctx context.Context, workspaceID string, p authz.Permission) (*authz.Access, error) {
	if err := s.Guard.Require(ctx, workspaceID, p, workspaceID); err != nil {
		return nil, err
	}
	return s.Guard.Of(ctx, workspaceID, authz.ActorOf(ctx).UserID)
}

// optional makes nil of what is not there.
func optional[T any](x *T, err error) (*T, error) {
	if entgen.IsNotFound(err) {
		return nil, nil
	}
	return x, err
}

func either(err, other error) error {
	if err != nil {
		return err
	}
	return other
}

// Permissions returns every permission there is, by name.
func (s *Service) Permissions() []*authz.Info {
	all := authz.All()
	out := make([]*authz.Info, len(all))
	for i := range all {
		out[i] = &all[i]
	}
	return out
}

const mostChecks = 50

// Can tells which of the permissions the caller holds on an object, in the order asked.
func (s *Service) Can(ctx context.Context, permissions []string, objectID string) ([]*PermissionCheck, error) {
	a, err := s.Guard.Actor(ctx)
	if err != nil {
		return nil, err
	}
	if len(permissions) > mostChecks {
		return nil, fault.New(fault.BadUserInput, "Ask about at most %d permissions at once.", mostChecks)
	}
	out := make([]*PermissionCheck, len(permissions))
	for i, p := range permissions {
		if out[i] = (&PermissionCheck{Permission: p}); !authz.Known(p) {
			return nil, fault.New(fault.BadUserInput, "There is no permission named %.80q; the query permissions lists them.", p)
		}
	}
	workspaceID, path, err := s.Locate(ctx, objectID)
	if fault.CodeOf(err) == fault.NotFound {
		return out, nil
	}
	if err != nil {
		return nil, err
	}
	acc, err := s.Guard.Of(ctx, workspaceID, a.UserID)
	for i, p := range permissions {
		out[i].Allowed = acc.Allows(authz.Permission(p), s.Clock.Now(), path...)
	}
	return out, err
}

// Explain tells whether a subject holds a permission on an object and why. About oneself anybody may ask, about others it
// needs admin:users in the object's workspace.
func (s *Service) Explain(ctx context.Context, subjectID, permission, objectID string) (*Explanation, error) {
	a, err := s.Guard.Actor(ctx)
	if err != nil {
		return nil, err
	}
	if !authz.Known(permission) {
		return nil, fault.New(fault.BadUserInput, "There is no permission named %.80q; the query permissions lists them.", permission)
	}
	workspaceID, path, err := s.Locate(ctx, objectID)
	if err != nil {
		return nil, err
	}
	if subjectID != a.UserID {
		if err := s.Guard.Require(ctx, workspaceID, authz.AdminUsers, workspaceID); err != nil {
			return nil, err
		}
		if u, err := s.Guard.User(ctx, subjectID); err != nil || u == nil {
			return nil, either(err, fault.Absent())
		}
	}
	acc, err := s.Guard.Of(ctx, workspaceID, subjectID)
	if err != nil {
		return nil, err
	}
	return s.explained(ctx, acc.Explain(authz.Permission(permission), s.Clock.Now(), path...))
}

func (s *Service) explained(ctx context.Context, e authz.Explanation) (*Explanation, error) {
	out := &Explanation{Allowed: e.Allowed, Permission: string(e.Permission), Summary: e.Summary, Roles: e.Roles, GrantableBy: e.GrantableBy}
	if e.Rule != nil {
		out.Rule = &Rule{Role: e.Rule.Role, Pattern: e.Rule.Pattern, Effect: string(e.Rule.Effect)}
	}
	if e.GrantID == "" {
		return out, nil
	}
	g, err := optional(s.DB.Client().Grant.Get(ctx, e.GrantID))
	out.Grant = g
	return out, err
}
