package main

import (
	"context"
	"testing"
	"time"

	"karnak/internal/core/presence"
	"karnak/test/crash/rig"
)

const (
	joinChannel    = `mutation($c: ID!) { joinChannel(input: {channelId: $c}) { userErrors { code } } }`
	setTyping      = `mutation($c: ID!) { setTyping(input: {channelId: $c}) { userErrors { code } } }`
	watchPresence  = `subscription($c: ID!) { presence(channelId: $c) { presentCount typing { id } } }`
	allConnections = `{ admin { connections(first: 100) { totalCount nodes { id node user { id } } } } }`
	terminate      = `mutation($id: ID!) { terminateConnection(input: {connectionId: $id, reconnect: false}) { userErrors { code } } }`
)

// seen is what a presence tells.
type seen struct {
	Presence struct {
		PresentCount int
		Typing       []struct{ ID string }
	}
}

// look follows who is in a channel on a node as one of its members.
func (n *nodes) look(t *testing.T, node *rig.Node, p rig.Person, channel string) *rig.Socket {
	t.Helper()
	s, err := rig.Subscribe(t.Context(), node.Door(), p.Token, watchPresence, map[string]any{"c": channel})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Cut)
	return s
}

// until reads on until a presence is as wanted, and tells how long that took.
func until(t *testing.T, s *rig.Socket, within time.Duration, enough func(seen) bool) time.Duration {
	t.Helper()
	began := time.Now()
	ctx, cancel := context.WithTimeout(t.Context(), within+2*time.Second)
	defer cancel()
	for {
		var got seen
		if err := s.Next(ctx, &got); err != nil {
			t.Fatal(err)
		}
		if enough(got) {
			return time.Since(began)
		}
	}
}

// TestPresenceOfSeveralNodes has two people in a channel on two nodes, each of whom is seen on the other; then one node is
// killed, and who was there through it is gone within two and a half beats. What operators see and do reaches every node.
func TestPresenceOfSeveralNodes(t *testing.T) {
	t.Parallel()
	for _, bus := range []string{rig.NATS, rig.Routes} {
		t.Run(bus, func(t *testing.T) {
			t.Parallel()
			n := several(t, 3, bus)
			n.settle(t, n.listen(t, n.nodes[2]), quick)
			w := n.run.places[0]
			channel, ada, mo := w.Channels[0], w.People[0], w.People[1]
			n.do(t, mo, joinChannel, map[string]any{"c": channel}, nil)
			here, there := n.look(t, n.nodes[0], ada, channel), n.look(t, n.nodes[1], mo, channel)
			both := func(s seen) bool { return s.Presence.PresentCount == 2 }
			until(t, here, presence.Beat, both)
			until(t, there, presence.Beat, both)
			n.do(t, mo, setTyping, map[string]any{"c": channel}, nil) // on the first node
			until(t, there, quick, func(s seen) bool { return len(s.Presence.Typing) == 1 && s.Presence.Typing[0].ID == mo.ID })

			n.terminate(t, ada, mo)
			until(t, here, quick, func(s seen) bool { return s.Presence.PresentCount == 1 })
			n.look(t, n.nodes[1], mo, channel)
			until(t, here, presence.Beat, both)
			if err := n.nodes[1].Kill(); err != nil {
				t.Fatal(err)
			}
			const life = 2*presence.Beat + presence.Beat/2
			if took := until(t, here, life, func(s seen) bool { return s.Presence.PresentCount == 1 }); took > life+time.Second/2 {
				t.Errorf("who was on the node that was killed was gone after %s", took)
			}
		})
	}
}

// do makes a call on the first node, which has to go well.
func (n *nodes) do(t *testing.T, p rig.Person, query string, vars map[string]any, into any) {
	t.Helper()
	if into == nil {
		into = &struct{}{}
	}
	if err := n.run.api.Do(t.Context(), rig.Call{Token: p.Token, Query: query, Vars: vars}, into); err != nil {
		t.Fatal(err)
	}
}

// terminate makes somebody a superAdmin, who asks the first node for the connections of all, and ends those of another.
func (n *nodes) terminate(t *testing.T, operator, of rig.Person) {
	t.Helper()
	db, err := n.db.Open()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	if _, err := db.ExecContext(t.Context(), "UPDATE users SET super_admin = true WHERE id = $1", operator.ID); err != nil {
		t.Fatal(err)
	}
	var all struct {
		Admin struct {
			Connections struct {
				TotalCount int
				Nodes      []struct {
					ID, Node string
					User     *struct{ ID string }
				}
			}
		}
	}
	n.do(t, operator, allConnections, nil, &all)
	on, ended := map[string]bool{}, 0
	for _, c := range all.Admin.Connections.Nodes {
		on[c.Node] = true
		if c.User != nil && c.User.ID == of.ID && c.Node != all.Admin.Connections.Nodes[0].Node {
			n.do(t, operator, terminate, map[string]any{"id": c.ID}, nil)
			ended++
		}
	}
	if len(on) < 2 || ended == 0 {
		t.Errorf("%d connections on %d nodes, %d ended: %+v", all.Admin.Connections.TotalCount, len(on), ended, all)
	}
}
