package main

import (
	"context"
	"errors"
	"time"

	"karnak/test/crash/ledger"
	"karnak/test/crash/rig"
)

// caughtUp waits until every subscriber has received the end of its slice. One that does not is left to the checker.
func (r *run) caughtUp(ctx context.Context) error {
	ends, err := r.ends(ctx)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, catchUp)
	defer cancel()
	for _, s := range r.subscribers {
		for s.seen.Load() < ends[s.id] && ctx.Err() == nil {
			if r.pause(ctx, 20*time.Millisecond) != nil {
				return nil
			}
		}
	}
	return nil
}

// ends returns the number of the newest event of each workspace and channel.
func (r *run) ends(ctx context.Context) (map[string]int64, error) {
	out := map[string]int64{}
	for _, p := range r.places {
		seq, _, err := r.api.Newest(ctx, p, nil)
		if err != nil {
			return nil, err
		}
		out[p.ID] = seq
		for _, c := range p.Channels {
			if out[c], _, err = r.api.Newest(ctx, p, []string{c}); err != nil {
				return nil, err
			}
		}
	}
	return out, nil
}

// look reads the log back, through the API and, once the server has been killed for the last time, directly.
func (r *run) look(ctx context.Context, db *rig.Database, l *ledger.Ledgers) (err error) {
	for _, p := range r.places {
		list, err := shown(ctx, r.api, p)
		if err != nil {
			return err
		}
		l.Shown = append(l.Shown, list...)
	}
	for _, n := range r.nodes {
		if err := n.Kill(); err != nil {
			return err
		}
	}
	if r.ended != nil {
		if db, err = r.ended(r); err != nil {
			return err
		}
	}
	direct, err := db.Open()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, direct.Close()) }()
	return written(ctx, direct, l)
}
