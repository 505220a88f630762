package app

import (
	"context"
	"time"

	"karnak/internal/platform/job"
)

const (
	// tidyEvery is how often what is no longer kept is removed, and what was missed is made up for.
	tidyEvery = 10 * time.Minute
	// tidyWithin bounds one such run: a log that is trimmed for the first time may be long.
	tidyWithin = 10 * time.Minute
)

// The chores of the house. They recur, on one node of all.
type (
	forgetKeys  struct{}
	trimEvents  struct{}
	sweepGrants struct{}
)

// Kind names the chore.
func (forgetKeys) Kind() string { return "house.keys.forget" }

// Kind names the chore.
func (trimEvents) Kind() string { return "house.events.trim" }

// Kind names the chore.
func (sweepGrants) Kind() string { return "house.grants.sweep" }

// keepHouse makes the chores recur.
func (a *App) keepHouse() error {
	if err := chore[forgetKeys](a.jobs, a.log.Forget); err != nil {
		return err
	}
	if err := chore[sweepGrants](a.jobs, a.rooms.access.Sweep); err != nil {
		return err
	}
	return chore[trimEvents](a.jobs, a.Trim)
}

func chore[A job.Args](q *job.Queue, do func(context.Context) error) error {
	var args A
	if err := job.Register(q, job.Spec{Timeout: tidyWithin}, func(ctx context.Context, _ A) error { return do(ctx) }); err != nil {
		return err
	}
	return q.Every(tidyEvery, args)
}

// Trim removes the events that are no longer kept: by what their workspace says, else by the configuration. Without a
// retention all are kept.
func (a *App) Trim(ctx context.Context) error {
	own, err := a.rooms.workspace.Retentions(ctx)
	if err != nil || len(own) == 0 && a.cfg.EventRetention <= 0 {
		return err
	}
	now := a.clock.Now()
	_, err = a.log.Trim(ctx, func(workspaceID string) time.Time {
		keep, ok := own[workspaceID]
		if !ok {
			keep = a.cfg.EventRetention
		}
		if keep <= 0 {
			return time.Time{}
		}
		return now.Add(-keep)
	})
	return err
}
