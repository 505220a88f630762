package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"karnak/internal/platform/failpoint"
	"karnak/test/crash/rig"
)

// points are the places of an engine's write at which the server is killed.
func points(engine string) []failpoint.Point {
	all := []failpoint.Point{failpoint.Begun, failpoint.Claimed, failpoint.Made}
	if engine == rig.SQLite {
		all = append(all, failpoint.Counted)
	}
	all = append(all, failpoint.Logged, failpoint.Remembered)
	if engine == rig.SQLite {
		all = append(all, failpoint.Released)
	}
	return append(all, failpoint.Committed, failpoint.Told, failpoint.Returned)
}

// failing are the flags to build a server with that has the points.
var failing = []string{"-tags=failpoints"}

const (
	// passings bounds how often a point is passed before the server falls there.
	passings = 200
	// fallWithin is how long that may take.
	fallWithin = 60 * time.Second
)

// runFalls kills the server so often at each point of a write. It has to be built with the points.
func runFalls(ctx context.Context, p Plan) (Report, error) {
	p.Disturb = func(ctx context.Context, r *run) error {
		for n := range r.Cycles {
			for _, at := range points(r.Engine) {
				if err := r.fall(ctx, at); err != nil {
					return fmt.Errorf("at the point %q: %w", at, err)
				}
			}
			if (n+1)%5 == 0 {
				fmt.Fprintf(r.Out, "%s: %d falls at each of %d points, %d acknowledged\n", r.Engine, n+1, len(points(r.Engine)), r.acknowledged.Load())
			}
		}
		r.server.Env = nil
		return errors.Join(r.restart(ctx), r.pause(ctx, r.Least))
	}
	r, err := Run(ctx, p)
	r.Cycles = p.Cycles * len(points(p.Engine))
	return r, err
}

// fall starts the server again, which ends at a point that it passes for a number of times taken at random. It may not get as
// far as to be ready.
func (r *run) fall(ctx context.Context, at failpoint.Point) error {
	r.gate.Shut()
	r.server.Env = []string{fmt.Sprintf("%s=%s:%d", failpoint.Variable, at, 1+r.dice.IntN(passings))}
	began := time.Now()
	if err := errors.Join(r.kill(r.server), r.server.Start()); err != nil {
		return err
	}
	switch err := r.server.Ready(ctx); {
	case err == nil:
		r.ready = append(r.ready, time.Since(began))
	case r.server.Alive():
		return err
	}
	r.gate.Open()
	ctx, cancel := context.WithTimeout(ctx, fallWithin)
	defer cancel()
	return r.server.Fallen(ctx)
}
