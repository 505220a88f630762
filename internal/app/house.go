package app

import (
	"context"
	"time"
)

// sweepEvery is how often the ends of grants are looked for, tidyEvery how often what is no longer kept is removed.
const (
	sweepEvery = time.Second
	tidyEvery  = 10 * time.Minute
)

// keepHouse does what is due from time to time, until the context ends.
func (a *App) keepHouse(ctx context.Context) {
	tidied := time.Time{}
	for {
		select {
		case <-ctx.Done():
			return
		case <-a.clock.After(sweepEvery):
		}
		if err := a.rooms.access.Sweep(ctx); err != nil && ctx.Err() == nil {
			a.logger.Warn("the ends of grants could not be recorded", "error", err)
		}
		if now := a.clock.Now(); now.Sub(tidied) >= tidyEvery {
			tidied = now
			a.tidy(ctx, now)
		}
	}
}

func (a *App) tidy(ctx context.Context, now time.Time) {
	if err := a.log.Forget(ctx); err != nil && ctx.Err() == nil {
		a.logger.Warn("old idempotency keys could not be removed", "error", err)
	}
	if a.cfg.EventRetention <= 0 {
		return
	}
	if n, err := a.log.Trim(ctx, now.Add(-a.cfg.EventRetention)); err != nil && ctx.Err() == nil {
		a.logger.Warn("old events could not be removed", "removed", n, "error", err)
	}
}
