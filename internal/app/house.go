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
	return chore[trimEvents](a.jobs, a.trim)
}

func chore[A job.Args](q *job.Queue, do func(context.Context) error) error {
	var args A
	if err := job.Register(q, job.Spec{Timeout: tidyWithin}, func(ctx context.Context, _ A) error { return do(ctx) }); err != nil {
		return err
	}
	return q.Every(tidyEvery, args)
}

// trim removes the events that are no longer kept; without a retention all are.
func (a *App) trim(ctx context.Context) error {
	if a.cfg.EventRetention <= 0 {
		return nil
	}
	_, err := a.log.Trim(ctx, a.clock.Now().Add(-a.cfg.EventRetention))
	return err
}
