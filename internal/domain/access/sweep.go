package access

import (
	"context"
	"time"

	"karnak/authz"
	"karnak/ent/entgen"
	"karnak/ent/entgen/grant"
	"karnak/ent/entgen/predicate"
	"karnak/internal/core/eventlog"
)

// warning is how long before its end a grant is warned of.
const warning = 10 * time.Minute

// Sweep writes events for grants that end soon and for those that have ended. No decision waits for it: a grant ends at
// its instant, at the check itself.
func (s *Service) Sweep(ctx context.Context) error {
	ctx, now := authz.System(ctx, "access: record the end of grants"), s.Clock.Now()
	err := s.record(ctx, grantEnding, func(u *entgen.GrantUpdateOne) { u.SetWarnedAt(now) },
		s.live(), grant.WarnedAtIsNil(), grant.ExpiresAtLTE(now.Add(warning)))
	if err != nil {
		return err
	}
	return s.record(ctx, grantEnded, func(u *entgen.GrantUpdateOne) { u.SetEndedAt(now) },
		grant.RevokedAtIsNil(), grant.EndedAtIsNil(), grant.ExpiresAtLTE(now))
}

const sweepPage = 100

func (s *Service) record(ctx context.Context, t eventlog.Type, mark func(*entgen.GrantUpdateOne), due ...predicate.Grant) error {
	rows, err := s.DB.Client().Grant.Query().Where(due...).Limit(sweepPage).All(ctx)
	if err != nil {
		return err
	}
	for _, g := range rows {
		_, err := s.Log.Change(ctx, func(ctx context.Context, tx *eventlog.Tx) (string, error) {
			// Another node may have been faster.
			still, err := tx.Grant.Query().Where(append(due, grant.ID(g.ID))...).Exist(ctx)
			if err != nil || !still {
				return "", err
			}
			u := tx.Grant.UpdateOneID(g.ID)
			mark(u)
			if err := u.Exec(ctx); err != nil {
				return "", err
			}
			return g.ID, tx.Append(ctx, g.WorkspaceID, eventlog.Draft{Type: t, SubjectID: g.UserID, ObjectID: g.ID, DedupeKey: t.Name + "/" + g.ID, Source: "sweep"})
		})
		if err != nil {
			return err
		}
	}
	return nil
}
