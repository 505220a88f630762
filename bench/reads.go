package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"

	"karnak/bench/load"
	"karnak/bench/machine"
)

const (
	nestedQuery = `query($workspace: ID!) { workspace(id: $workspace) { channels(first: 20) { nodes { id name
  messages(last: 20) { nodes { id body createdAt author { id displayName } } } } } } }`

	byIDQuery = `query($id: ID!) { node(id: $id) { ... on Message { id body createdAt author { id displayName } } } }`
)

// readers is how many connections read at once.
const readers = 16

// figure is one of the three on one engine.
type figure struct {
	name string
	// path is the floor's.
	path string
	want string
	// caller makes the requests of the i-th connection; token is empty for the floor.
	caller func(i int, token string) load.Caller
}

func (d *database) nested() figure {
	body := graphQL(nestedQuery, map[string]string{"workspace": d.data.Workspace})
	return figure{"nested", "/nested", `{"data":{"workspace":{"channels":{"nodes":[{"id":"chan_`, func(_ int, token string) load.Caller {
		return load.Caller{Token: token, Body: func(int) []byte { return body }}
	}}
}

func (d *database) byID() figure {
	return figure{"by id", "/byid", `{"data":{"node":{"id":"msg_`, func(i int, token string) load.Caller {
		return load.Caller{Token: token, Body: func(n int) []byte {
			// Steps of a prime number reach all of the history in no order.
			at := (i*len(d.data.Messages)/readers + n*7919) % len(d.data.Messages)
			return graphQL(byIDQuery, map[string]string{"id": d.data.Messages[at]})
		}}
	}}
}

// reads measures the two queries on both servers, in turns.
func (b *bench) reads(ctx context.Context, d *database, karnak, floor *machine.Server, tokens []string, r *report) error {
	for _, f := range []figure{d.nested(), d.byID()} {
		if !b.wants(f.name) {
			continue
		}
		b.say("%s: %s", d.engine, f.name)
		if err := same(f, karnak, floor, tokens[0]); err != nil {
			return err
		}
		warm, read, _, rounds := b.times()
		var ours, theirs []load.Result
		for range rounds {
			x, err := load.Run(ctx, f.on(karnak, "/graphql", tokens, d.pids, warm, read))
			if err != nil {
				return fmt.Errorf("%s: %w", f.name, err)
			}
			y, err := load.Run(ctx, f.on(floor, f.path, nil, d.pids, warm, read))
			if err != nil {
				return fmt.Errorf("the floor of %s: %w", f.name, err)
			}
			ours, theirs = append(ours, x), append(theirs, y)
		}
		if err := r.add(d, f.name, "", best(ours), best(theirs)); err != nil {
			return err
		}
	}
	return nil
}

// same checks that the floor does the same work: its answer is karnak's, byte for byte.
func same(f figure, karnak, floor *machine.Server, token string) error {
	x, err := load.Once(karnak.Addr, "/graphql", f.caller(0, token))
	if err != nil {
		return err
	}
	y, err := load.Once(floor.Addr, f.path, f.caller(0, ""))
	if err != nil {
		return err
	}
	if !bytes.Equal(x, y) {
		at := 0
		for at < min(len(x), len(y)) && x[at] == y[at] {
			at++
		}
		at = max(0, at-40)
		return fmt.Errorf("%s: the floor answers something else: %.120q is not %.120q", f.name, y[min(at, len(y)):], x[min(at, len(x)):])
	}
	if !bytes.HasPrefix(x, []byte(f.want)) {
		return errors.New(f.name + ": " + string(x))
	}
	return nil
}

// on is a load of this figure on a server.
func (f figure) on(s *machine.Server, path string, tokens []string, pids []int, warm, measured time.Duration) load.Test {
	t := load.Test{Addr: s.Addr, Path: path, Want: f.want, Warm: warm, For: measured, Most: 1 << 20, CPU: s.CPU(pids...)}
	for i := range readers {
		token := ""
		if tokens != nil {
			token = tokens[i%len(tokens)]
		}
		t.Callers = append(t.Callers, f.caller(i, token))
	}
	return t
}

// best is the round with the least CPU time: what disturbs a round only ever adds to it.
func best(rounds []load.Result) load.Result {
	out := rounds[0]
	for _, r := range rounds[1:] {
		if total(r) < total(out) {
			out = r
		}
	}
	return out
}

func total(r load.Result) (sum time.Duration) {
	for _, t := range r.CPU {
		sum += t
	}
	return sum
}
