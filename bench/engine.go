package main

import (
	"context"
	"errors"

	"karnak/bench/load"
	"karnak/bench/machine"
)

// engine measures everything on one engine: the queries with both servers up, the sends with one at a time, since SQLite has
// one writer.
func (b *bench) engine(ctx context.Context, name string, r *report) (err error) {
	d, err := b.prepare(ctx, name)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, d.close()) }()
	if !d.durable {
		b.say("%s does not wait for the disk: its sends are not durable", name)
	}
	ours, err := b.ours(ctx, d, r)
	if err != nil || !b.wants("sends") {
		return err
	}
	floor, err := b.startFloor(ctx, d)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, floor.Stop()) }()
	for i, w := range d.targets() {
		b.say("%s: floor of sends to %s", name, w.name)
		theirs, err := b.sends(ctx, d, floor, "/send", w, nil)
		if err != nil {
			return err
		}
		if err := r.add(d, "sends", w.name, ours[i], theirs); err != nil {
			return err
		}
	}
	return nil
}

// ours measures the queries on karnak and on the floor, and the sends on karnak.
func (b *bench) ours(ctx context.Context, d *database, r *report) (out []load.Result, err error) {
	karnak, err := b.startKarnak(ctx, d)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, karnak.Stop()) }()
	tokens, err := signInAll(ctx, karnak, d.data.Places[:senders])
	if err != nil {
		return nil, err
	}
	if err := b.compare(ctx, d, karnak, tokens, r); err != nil {
		return nil, err
	}
	if !b.wants("sends") {
		return nil, nil
	}
	for _, w := range d.targets() {
		b.say("%s: sends to %s", d.engine, w.name)
		x, err := b.sends(ctx, d, karnak, "/graphql", w, tokens)
		if err != nil {
			return nil, err
		}
		out = append(out, x)
	}
	return out, nil
}

func (b *bench) compare(ctx context.Context, d *database, karnak *machine.Server, tokens []string, r *report) (err error) {
	floor, err := b.startFloor(ctx, d)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, floor.Stop()) }()
	return b.reads(ctx, d, karnak, floor, tokens, r)
}
