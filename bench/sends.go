package main

import (
	"context"
	"errors"
	"fmt"

	"karnak/bench/dataset"
	"karnak/bench/load"
	"karnak/bench/machine"
)

const sendMutation = `mutation($channel: ID!, $body: String!) { sendMessage(input: {channelId: $channel, body: $body}) {
  message { id seq } cursor userErrors { code } } }`

// senders is how many connections send at once, each a user of its own.
const senders = 64

// written is what sends everything that is measured: to many workspaces, then to one.
type written struct {
	name   string
	places []dataset.Place
}

func (d *database) targets() []written {
	return []written{{"64 workspaces", d.data.Teams[:senders]}, {"1 workspace", d.data.Places[:senders]}}
}

func sending(p dataset.Place, token string) load.Caller {
	return load.Caller{Token: token, Body: func(n int) []byte {
		body := fmt.Sprintf("message %d: the deploy went through, please have a look whether the invoice is right now", n)
		if token != "" {
			return graphQL(sendMutation, map[string]string{"channel": p.Channel, "body": body})
		}
		return graphQL("", map[string]string{"channel": p.Channel, "body": body, "workspace": p.Workspace, "author": p.User})
	}}
}

// sends measures how many messages a server acknowledges, and checks that each of them was written.
func (b *bench) sends(ctx context.Context, d *database, s *machine.Server, path string, w written, tokens []string) (load.Result, error) {
	before, err := d.count(ctx, w)
	if err != nil {
		return load.Result{}, err
	}
	warm, _, write, _ := b.times()
	t := load.Test{Addr: s.Addr, Path: path, Want: `"userErrors":[]`, Warm: warm, For: write, Most: 20_000, CPU: s.CPU(d.pids...)}
	for i, p := range w.places {
		token := ""
		if tokens != nil {
			token = tokens[i]
		}
		t.Callers = append(t.Callers, sending(p, token))
	}
	r, err := load.Run(ctx, t)
	if err != nil {
		return r, fmt.Errorf("send to %s: %w", w.name, err)
	}
	after, err := d.count(ctx, w)
	if err == nil && (after.messages-before.messages != r.Sent || after.numbered != after.messages || after.events != after.head) {
		err = fmt.Errorf("send to %s: %d were acknowledged; before %+v, after %+v", w.name, r.Sent, before, after)
	}
	return r, err
}

// counts tells how many messages and events there are, and what their numbers add up to.
type counts struct{ messages, numbered, events, head int }

const countRows = `SELECT (SELECT count(*) FROM messages WHERE workspace_id = %[1]s), (SELECT sum(last_seq) FROM channels WHERE workspace_id = %[1]s),
 (SELECT count(*) FROM events WHERE workspace_id = %[1]s), (SELECT seq FROM event_heads WHERE id = %[1]s)`

func (d *database) count(ctx context.Context, w written) (c counts, err error) {
	db, err := d.reader()
	if err != nil {
		return c, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	seen := map[string]bool{}
	for _, p := range w.places {
		if seen[p.Workspace] {
			continue
		}
		seen[p.Workspace] = true
		var x counts
		if err := db.QueryRowContext(ctx, fmt.Sprintf(countRows, "'"+p.Workspace+"'")).Scan(&x.messages, &x.numbered, &x.events, &x.head); err != nil {
			return c, err
		}
		c = counts{c.messages + x.messages, c.numbered + x.numbered, c.events + x.events, c.head + x.head}
	}
	return c, nil
}
