package tool

import (
	"context"
	"encoding/json"
	"time"

	"karnak/authz"
	"karnak/ent/entgen"
	"karnak/ent/entgen/predicate"
	"karnak/ent/entgen/tool"
	"karnak/ent/entgen/toolinvocation"
	"karnak/ent/entgen/toolversion"
	"karnak/ent/enum"
	"karnak/internal/platform/batch"
	"karnak/internal/platform/fault"
	"karnak/internal/platform/page"
	"karnak/internal/platform/store"
)

// Tools returns the tools of a workspace, by name. Needs tool:read.
func (s *Service) Tools(ctx context.Context, workspaceID string, args page.Args) (*ToolConnection, error) {
	if err := s.Guard.Require(ctx, workspaceID, authz.ToolRead, workspaceID); err != nil {
		return nil, err
	}
	w, err := s.tools.Window(args)
	if err != nil {
		return nil, err
	}
	q := s.DB.Client().Tool.Query().Where(tool.WorkspaceID(workspaceID))
	all := q.Clone()
	rows, err := q.Where(s.tools.Where(w)).Order(s.tools.Order(w)).Limit(w.Limit + 1).All(ctx)
	if err != nil {
		return nil, err
	}
	return page.Build(s.tools, w, rows, all.Count), nil
}

// ToolByID returns a tool; nil when there is none that the caller may see. Needs tool:read.
func (s *Service) ToolByID(ctx context.Context, toolID string) (*entgen.Tool, error) {
	if _, err := s.Guard.Actor(ctx); err != nil {
		return nil, err
	}
	t, err := s.Tool(ctx, toolID)
	if t == nil || err != nil {
		return nil, err
	}
	return hidden(t, s.Guard.Require(ctx, t.WorkspaceID, authz.ToolRead, t.ID, t.WorkspaceID))
}

// VersionByID is ToolByID for versions.
func (s *Service) VersionByID(ctx context.Context, versionID string) (*entgen.ToolVersion, error) {
	if _, err := s.Guard.Actor(ctx); err != nil {
		return nil, err
	}
	v, err := s.version(ctx, versionID)
	if v == nil || err != nil {
		return nil, err
	}
	return hidden(v, s.Guard.Require(ctx, v.WorkspaceID, authz.ToolRead, v.ID, v.ToolID, v.WorkspaceID))
}

// InvocationByID is ToolByID for runs: the caller's own and, with tool:approve, those of others that belong to no conversation.
func (s *Service) InvocationByID(ctx context.Context, invocationID string) (*entgen.ToolInvocation, error) {
	if _, err := s.Guard.Actor(ctx); err != nil {
		return nil, err
	}
	x, err := s.Invocation(ctx, invocationID)
	if x == nil || err != nil {
		return nil, err
	}
	return hidden(x, s.sees(ctx, x, authz.ToolRead))
}

// sees checks that the caller may know of a run and holds p; one that they may not know of is NOT_FOUND.
func (s *Service) sees(ctx context.Context, x *entgen.ToolInvocation, p authz.Permission) error {
	if x.StartedBy != authz.ActorOf(ctx).UserID {
		if x.GenerationID != nil {
			return fault.Absent()
		}
		if ok, err := s.Guard.Allows(ctx, x.WorkspaceID, authz.ToolApprove, x.WorkspaceID); !ok || err != nil {
			return either(err, fault.Absent())
		}
	}
	return s.Guard.Require(ctx, x.WorkspaceID, p, x.WorkspaceID)
}

type (
	kindTool       struct{}
	kindVersion    struct{}
	kindInvocation struct{}
	kindCalls      struct{}
)

// Tool returns a tool that was let through before; look-ups of one answer share a query.
func (s *Service) Tool(ctx context.Context, toolID string) (*entgen.Tool, error) {
	return batch.Load(ctx, kindTool{}, toolID, func(ctx context.Context, ids []string) (map[string]*entgen.Tool, error) {
		rows, err := s.DB.Client().Tool.Query().Where(store.In(tool.FieldID, ids)).All(ctx)
		return index(rows, func(t *entgen.Tool) string { return t.ID }), err
	})
}

func (s *Service) version(ctx context.Context, versionID string) (*entgen.ToolVersion, error) {
	return batch.Load(ctx, kindVersion{}, versionID, func(ctx context.Context, ids []string) (map[string]*entgen.ToolVersion, error) {
		rows, err := s.DB.Client().ToolVersion.Query().Where(store.In(toolversion.FieldID, ids)).All(ctx)
		return index(rows, func(v *entgen.ToolVersion) string { return v.ID }), err
	})
}

// Version returns a version that was let through before; nil for no id.
func (s *Service) Version(ctx context.Context, versionID *string) (*entgen.ToolVersion, error) {
	if versionID == nil {
		return nil, nil
	}
	return s.version(ctx, *versionID)
}

// PinnedVersion is Version for whoever reached it by a run alone: nil without tool:read.
func (s *Service) PinnedVersion(ctx context.Context, x *entgen.ToolInvocation) (*entgen.ToolVersion, error) {
	if x.VersionID == nil {
		return nil, nil
	}
	return s.VersionByID(ctx, *x.VersionID)
}

// Invocation returns a run that was let through before.
func (s *Service) Invocation(ctx context.Context, invocationID string) (*entgen.ToolInvocation, error) {
	return batch.Load(ctx, kindInvocation{}, invocationID, func(ctx context.Context, ids []string) (map[string]*entgen.ToolInvocation, error) {
		rows, err := s.DB.Client().ToolInvocation.Query().Where(store.In(toolinvocation.FieldID, ids)).All(ctx)
		s.expect(ctx, rows)
		return index(rows, func(x *entgen.ToolInvocation) string { return x.ID }), err
	})
}

// Calls returns the runs for an answer that was let through before, in their order.
func (s *Service) Calls(ctx context.Context, generationID string) ([]*entgen.ToolInvocation, error) {
	return batch.Load(ctx, kindCalls{}, generationID, func(ctx context.Context, ids []string) (map[string][]*entgen.ToolInvocation, error) {
		rows, err := s.DB.Client().ToolInvocation.Query().Where(store.In(toolinvocation.FieldGenerationID, ids)).Order(entgen.Asc(toolinvocation.FieldID)).All(ctx)
		s.expect(ctx, rows)
		out := map[string][]*entgen.ToolInvocation{}
		for _, x := range rows {
			out[*x.GenerationID] = append(out[*x.GenerationID], x)
		}
		return out, err
	})
}

// expect tells whom the fields of runs will probably ask for.
func (s *Service) expect(ctx context.Context, rows []*entgen.ToolInvocation) {
	users := make([]string, 0, len(rows))
	for _, x := range rows {
		users = append(users, x.StartedBy)
	}
	s.Guard.ExpectPersons(ctx, users)
}

// Versions returns the versions of a tool that was let through before, the newest first.
func (s *Service) Versions(ctx context.Context, t *entgen.Tool, args page.Args) (*ToolVersionConnection, error) {
	w, err := s.versions.Window(args)
	if err != nil {
		return nil, err
	}
	q := s.DB.Client().ToolVersion.Query().Where(toolversion.WorkspaceID(t.WorkspaceID), toolversion.ToolID(t.ID))
	all := q.Clone()
	rows, err := q.Where(s.versions.Where(w)).Order(s.versions.Order(w)).Limit(w.Limit + 1).All(ctx)
	if err != nil {
		return nil, err
	}
	return page.Build(s.versions, w, rows, all.Count), nil
}

// Invocations returns the runs that the caller may see, the newest first. Needs tool:read.
func (s *Service) Invocations(ctx context.Context, workspaceID string, args page.Args, state *enum.InvocationState) (*ToolInvocationConnection, error) {
	if err := s.Guard.Require(ctx, workspaceID, authz.ToolRead, workspaceID); err != nil {
		return nil, err
	}
	w, err := s.invocations.Window(args)
	if err != nil {
		return nil, err
	}
	all, err := s.Guard.Allows(ctx, workspaceID, authz.ToolApprove, workspaceID)
	if err != nil {
		return nil, err
	}
	seen := []predicate.ToolInvocation{toolinvocation.StartedBy(authz.ActorOf(ctx).UserID)}
	if all {
		seen = append(seen, toolinvocation.GenerationIDIsNil())
	}
	q := s.DB.Client().ToolInvocation.Query().Where(toolinvocation.WorkspaceID(workspaceID), toolinvocation.Or(seen...))
	if state != nil {
		q.Where(toolinvocation.StateEQ(*state))
	}
	count := q.Clone()
	rows, err := q.Where(s.invocations.Where(w)).Order(s.invocations.Order(w)).Limit(w.Limit + 1).All(ctx)
	if err != nil {
		return nil, err
	}
	s.expect(ctx, rows)
	return page.Build(s.invocations, w, rows, count.Count), nil
}

// Arguments returns what a run was called with.
func Arguments(x *entgen.ToolInvocation) json.RawMessage { return json.RawMessage(x.Arguments) }

// Output returns what a run answered; nil for nothing.
func Output(x *entgen.ToolInvocation) json.RawMessage { return json.RawMessage(x.Output) }

// Asking returns why a run waits or waited; nil where it did not have to.
func Asking(x *entgen.ToolInvocation) *enum.Asking {
	if x.Asking == "" {
		return nil
	}
	return &x.Asking
}

// ToolError is why a run failed.
type ToolError struct {
	Code    Failure
	Message string
}

// ErrorOf returns why a run failed; nil for one that did not.
func ErrorOf(x *entgen.ToolInvocation) *ToolError {
	if x.Failure == "" {
		return nil
	}
	return &ToolError{Failure(x.Failure), x.Problem}
}

// ToolUsage is what a run took.
type ToolUsage struct {
	CPUMs, WallMs float64
	MemoryBytes   int64
}

// UsageOf returns what a run took.
func UsageOf(x *entgen.ToolInvocation) *ToolUsage {
	ms := func(ns int64) float64 { return float64(ns) / float64(time.Millisecond) }
	return &ToolUsage{ms(x.CPU), ms(x.Wall), x.Memory}
}
