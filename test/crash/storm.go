package main

import (
	"context"
	"errors"
	"time"

	"karnak/test/crash/rig"
)

// What happens to several nodes: of a hundred cycles so many pause one, so many take the bus away, and so many PostgreSQL; the others
// kill one.
const (
	paused  = 12
	deaf    = 12
	unbased = 8
	// longestPause is how long that lasts at most.
	longestPause = 2 * time.Second
)

// storm is what happens to connections on their way to several nodes.
var storm = rig.Weather{Most: 512 << 10, Delayed: 5, Delay: 20 * time.Millisecond}

// strike does something to one of several nodes, or to what they hear each other by; clients go on with the others.
func (r *run) strike(ctx context.Context) error {
	node, chance := r.node(r.dice), r.dice.IntN(100)
	lasts := time.Duration(r.dice.Int64N(int64(longestPause)))
	switch {
	case chance < paused:
		if err := node.Pause(); err != nil {
			return err
		}
		err := r.pause(ctx, lasts)
		return errors.Join(err, node.Resume())
	case chance < paused+deaf:
		r.bus.Cut()
		err := r.pause(ctx, lasts)
		return errors.Join(err, r.bus.Mend())
	case chance < paused+deaf+unbased && r.Cluster != nil:
		if err := r.Cluster.Stop(); err != nil {
			return err
		}
		return errors.Join(r.pause(ctx, lasts), r.Cluster.Start(), r.Cluster.Ready(ctx))
	}
	if err := r.kill(node.Server); err != nil {
		return err
	}
	return r.again(ctx, node.Server)
}
