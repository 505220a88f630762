package assistant

import (
	"context"

	"karnak/authz"
	"karnak/ent/entgen/generation"
	"karnak/internal/core/eventlog"
	"karnak/internal/platform/fault"
)

// StopGeneration stops the making of an answer, whoever makes it; what there is of it is kept. Needs assistant:write. One that
// has ended stays as it is.
func (s *Service) StopGeneration(ctx context.Context, in StopGenerationInput) (*StopGenerationPayload, error) {
	if _, err := s.Guard.Actor(ctx); err != nil {
		return nil, err
	}
	g, err := optional(s.DB.Client().Generation.Query().Where(generation.ID(in.GenerationID)).Only(ctx))
	if g == nil || err != nil {
		return nil, either(err, fault.Absent())
	}
	if _, err := s.Channels.Reach(ctx, g.ChannelID, authz.AssistantWrite); err != nil {
		return nil, err
	}
	done, err := s.Log.Change(ctx, func(ctx context.Context, tx *eventlog.Tx) (string, error) {
		// Tapes are locked in the order of their ids, and runs of tools begin with an earlier letter.
		if err := s.Tools.Stop(ctx, tx, g); err != nil {
			return g.ID, err
		}
		ended, err := s.Tapes.Stop(ctx, tx.Tx, g.ID)
		if ended || err != nil {
			return g.ID, err
		}
		return g.ID, tx.Append(ctx, g.WorkspaceID, eventlog.Draft{Type: stopping, ObjectID: g.ID, ChannelID: g.ChannelID})
	})
	if err != nil {
		return nil, err
	}
	p := &StopGenerationPayload{GenerationPayload{Receipt: done.Receipt}}
	p.Generation, err = s.Generation(ctx, g.ID)
	return p, err
}
