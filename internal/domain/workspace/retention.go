package workspace

import (
	"context"
	"time"

	"karnak/authz"
	"karnak/ent/entgen"
	"karnak/ent/entgen/workspace"
)

// SetEventRetention says how long the events of a workspace are kept. Needs admin:access.
func (s *Service) SetEventRetention(ctx context.Context, in SetEventRetentionInput) (*SetEventRetentionPayload, error) {
	if err := s.Guard.Require(ctx, in.WorkspaceID, authz.AdminAccess, in.WorkspaceID); err != nil {
		return nil, err
	}
	if err := in.validate(); err != nil {
		return nil, err
	}
	p, err := s.change(ctx, in.WorkspaceID, in.ExpectedVersion, func(u *entgen.WorkspaceUpdateOne) {
		if in.Retention == nil {
			u.ClearEventRetention()
			return
		}
		u.SetEventRetention(*in.Retention)
	})
	return (*SetEventRetentionPayload)(p), err
}

// Retentions returns how long the workspaces that say so keep their events, by workspace.
func (s *Service) Retentions(ctx context.Context) (map[string]time.Duration, error) {
	ctx = authz.System(ctx, "workspace: the log is trimmed for all")
	rows, err := s.DB.Client().Workspace.Query().Where(workspace.EventRetentionNotNil()).All(ctx)
	out := make(map[string]time.Duration, len(rows))
	for _, w := range rows {
		out[w.ID] = *w.EventRetention
	}
	return out, err
}
