package access

import (
	"context"
	"time"

	"karnak/authz"
	"karnak/ent/entgen"
	"karnak/ent/entgen/grant"
	"karnak/ent/entgen/predicate"
	"karnak/internal/core/eventlog"
	"karnak/internal/platform/job"
)

// warning is how long before its end a grant is warned of.
const warning = 10 * time.Minute

// endingArgs and endedArgs are the jobs that every grant comes with.
type (
	endingArgs struct {
		GrantID string `json:"grantId"`
	}
	endedArgs struct {
		GrantID string `json:"grantId"`
	}
)

// Kind names the job.
func (endingArgs) Kind() string { return grantEnding.Name }

// Kind names the job.
func (endedArgs) Kind() string { return grantEnded.Name }

// Work registers what this room does later.
func (s *Service) Work(q *job.Queue) error {
	if err := job.Register(q, job.Spec{}, func(ctx context.Context, a endingArgs) error { return s.GrantEnding(ctx, a.GrantID) }); err != nil {
		return err
	}
	return job.Register(q, job.Spec{}, func(ctx context.Context, a endedArgs) error { return s.GrantEnded(ctx, a.GrantID) })
}

// schedule inserts the jobs that record the end of a grant, in the transaction that gives it.
func (s *Service) schedule(ctx context.Context, tx *eventlog.Tx, g *entgen.Grant) error {
	err := s.Jobs.InsertTx(ctx, tx.Tx.Tx, endingArgs{g.ID}, job.Opts{ScheduledAt: g.ExpiresAt.Add(-warning), UniqueKey: g.ID})
	if err != nil {
		return err
	}
	return s.Jobs.InsertTx(ctx, tx.Tx.Tx, endedArgs{g.ID}, job.Opts{ScheduledAt: g.ExpiresAt, UniqueKey: g.ID})
}

// GrantEnding appends the event that warns of a grant's end, once. It does nothing for a grant that was taken back or has
// ended, and asks to be called later where it is too early.
func (s *Service) GrantEnding(ctx context.Context, grantID string) error {
	return s.record(ctx, grantID, grantEnding, func(g *entgen.Grant, now time.Time) time.Duration {
		return g.ExpiresAt.Add(-warning).Sub(now)
	}, func(u *entgen.GrantUpdate, now time.Time) *entgen.GrantUpdate {
		return u.Where(s.live(), grant.WarnedAtIsNil()).SetWarnedAt(now)
	})
}

// GrantEnded appends the event that a grant has ended, once. It does nothing for a grant that was taken back, and asks to be
// called later where it is too early. No decision waits for it: a grant ends at its instant, at the check itself.
func (s *Service) GrantEnded(ctx context.Context, grantID string) error {
	return s.record(ctx, grantID, grantEnded, func(g *entgen.Grant, now time.Time) time.Duration {
		return g.ExpiresAt.Sub(now)
	}, func(u *entgen.GrantUpdate, now time.Time) *entgen.GrantUpdate {
		return u.Where(grant.RevokedAtIsNil(), grant.EndedAtIsNil()).SetEndedAt(now)
	})
}

// record marks a grant and appends an event, where the mark still applies: another node may have been faster.
func (s *Service) record(ctx context.Context, grantID string, t eventlog.Type, wait func(*entgen.Grant, time.Time) time.Duration,
	mark func(*entgen.GrantUpdate, time.Time) *entgen.GrantUpdate,
) error {
	ctx, now := authz.System(ctx, "access: record the end of a grant"), s.Clock.Now()
	g, err := optional(s.DB.Client().Grant.Get(ctx, grantID))
	if g == nil || err != nil {
		return err
	}
	if d := wait(g, now); d > 0 {
		return job.Later(d)
	}
	_, err = s.Log.Change(ctx, func(ctx context.Context, tx *eventlog.Tx) (string, error) {
		n, err := mark(tx.Grant.Update().Where(grant.ID(g.ID)), now).Save(ctx)
		if err != nil || n == 0 {
			return "", err
		}
		return g.ID, tx.Append(ctx, g.WorkspaceID, eventlog.Draft{Type: t, SubjectID: g.UserID, ObjectID: g.ID, DedupeKey: t.Name + "/" + g.ID, Source: "access"})
	})
	return err
}

const sweepPage = 100

// Sweep records what is due and has no job any more: grants of before there were jobs, and those whose job was given up.
func (s *Service) Sweep(ctx context.Context) error {
	now := s.Clock.Now()
	if err := s.sweep(ctx, s.GrantEnding, s.live(), grant.WarnedAtIsNil(), grant.ExpiresAtLTE(now.Add(warning))); err != nil {
		return err
	}
	return s.sweep(ctx, s.GrantEnded, grant.RevokedAtIsNil(), grant.EndedAtIsNil(), grant.ExpiresAtLTE(now))
}

func (s *Service) sweep(ctx context.Context, record func(context.Context, string) error, due ...predicate.Grant) error {
	ids, err := s.DB.Client().Grant.Query().Where(due...).Limit(sweepPage).IDs(authz.System(ctx, "access: look for grants that end"))
	for _, id := range ids {
		if err := record(ctx, id); err != nil {
			return err
		}
	}
	return err
}
