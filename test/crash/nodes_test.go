package main

import (
	"context"
	"errors"
	"os"
	"testing"
	"time"

	"karnak/internal/platform/id"
	"karnak/test/crash/ledger"
	"karnak/test/crash/rig"
)

// What is promised between nodes: quick while there is a bus, and at most this late without it.
const (
	quick = 500 * time.Millisecond
	late  = 2 * time.Second
)

// TestNodes writes on the first of three nodes and reads on the third, and takes a member's right away on the first while they
// read on the second: with each bus, and with none at all.
func TestNodes(t *testing.T) {
	t.Parallel()
	for bus, within := range map[string]time.Duration{rig.NATS: quick, rig.Routes: quick, rig.NoBus: late} {
		t.Run(bus, func(t *testing.T) {
			t.Parallel()
			n := several(t, 3, bus)
			heard := n.listen(t, n.nodes[2])
			n.settle(t, heard, within)
			n.send(t, heard, 5, within)
			n.revoke(t, n.nodes[1], max(within, time.Second))
		})
	}
}

// TestBusDown takes the bus from two nodes: what is written on one is read on the other all the time.
func TestBusDown(t *testing.T) {
	t.Parallel()
	n := several(t, 2, rig.NATS)
	heard := n.listen(t, n.nodes[1])
	n.settle(t, heard, quick)
	n.send(t, heard, 5, quick)
	n.bus.Cut()
	n.send(t, heard, 5, late)
	n.revoke(t, n.nodes[1], late)
	if err := n.bus.Mend(); err != nil {
		t.Fatal(err)
	}
	n.settle(t, heard, quick)
	n.send(t, heard, 5, quick)
}

// nodes share a database and a bus; run writes on the first.
type nodes struct {
	run   *run
	nodes []*rig.Node
	bus   *rig.Bus
	db    *rig.Database
}

func several(t *testing.T, count int, bus string) *nodes {
	t.Helper()
	ctx, folder := t.Context(), t.TempDir()
	db, err := rig.NewDatabase(ctx, rig.Postgres, folder, os.Getenv("KARNAK_TEST_POSTGRES"))
	if err != nil {
		t.Fatal(err)
	}
	n := &nodes{db: db}
	n.nodes, n.bus, err = rig.NewNodes(rig.NodesConfig{
		Binary: karnak, Count: count, Bus: bus, Log: rig.LogFile(folder), Args: append(db.Args, "--postgres-pool=8"),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		n.bus.Cut()
		if err := errors.Join(rig.KillAll(n.nodes), db.Drop()); err != nil {
			t.Error(err)
		}
	})
	if err := rig.StartAll(ctx, n.nodes); err != nil {
		t.Fatal(err)
	}
	first := n.nodes[0]
	first.API = rig.NewAPI(first.Addr, answerWithin)
	n.run = &run{api: first.API, nodes: n.nodes[:1]}
	if n.run.places, err = n.run.api.MakeWorkspaces(ctx, 2); err != nil {
		t.Fatal(err)
	}
	return n
}

// follow reads a workspace on a node as its member; ended tells when and by what the subscription ends.
func (n *nodes) follow(t *testing.T, node *rig.Node, w rig.Workspace) (heard <-chan string, ended <-chan error) {
	t.Helper()
	// The test's context ends before what it cleans up.
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	socket, err := rig.Subscribe(ctx, node.Door(), w.People[1].Token, watchWorkspace, map[string]any{"id": w.ID, "after": w.Cursor})
	if err != nil {
		cancel()
		t.Fatal(err)
	}
	list, done := make(chan string, 1000), make(chan error, 1)
	go func() {
		defer close(list)
		for {
			var got struct {
				Event struct{ ClientMutationID string }
			}
			if err := socket.Next(ctx, &got); err != nil {
				done <- err
				return
			}
			list <- got.Event.ClientMutationID
		}
	}()
	t.Cleanup(func() {
		cancel()
		socket.Cut()
		for range list { // until it is closed
		}
	})
	return list, done
}

func (n *nodes) listen(t *testing.T, node *rig.Node) <-chan string {
	t.Helper()
	heard, _ := n.follow(t, node, n.run.places[0])
	return heard
}

// one sends a message on the first node, and returns how long after its acknowledgement the other tells of it.
func (n *nodes) one(t *testing.T, w rig.Workspace, heard <-chan string) time.Duration {
	t.Helper()
	name := id.New(id.Request)
	o := operation{ledger.Try{ID: name}, rig.Call{
		Token: w.People[0].Token, Query: mutations[ledger.Send], Key: name,
		Vars: map[string]any{"channel": w.Channels[0], "body": w.ID, "mutation": name},
	}}
	a := (&writer{&chooser{dice: dice(0, 0)}, n.run}).once(t.Context(), o)
	if a.Outcome != ledger.Acknowledged {
		t.Fatalf("a write is not acknowledged: %+v", a)
	}
	began := time.Now()
	select {
	case got := <-heard:
		if got != name {
			t.Fatalf("heard %q, not %s", got, name)
		}
	case <-time.After(3 * late):
		t.Fatal("the other node does not hear of a write")
	}
	return time.Since(began)
}

// settle sends until the nodes hear each other, which they do soon after their start.
func (n *nodes) settle(t *testing.T, heard <-chan string, within time.Duration) {
	t.Helper()
	for began := time.Now(); n.one(t, n.run.places[0], heard) > within/5; {
		switch {
		case within > quick:
			return // there is nothing to wait for
		case time.Since(began) > 2*healsWithin:
			t.Fatal("events are late still")
		}
	}
}

func (n *nodes) send(t *testing.T, heard <-chan string, times int, within time.Duration) {
	t.Helper()
	for range times {
		if took := n.one(t, n.run.places[0], heard); took > within {
			t.Errorf("an event came after %s, not within %s", took, within)
		}
	}
}

const removeMember = `mutation($w: ID!, $u: ID!) { removeMember(input: {workspaceId: $w, userId: $u}) { userErrors { code message } } }`

// revoke removes a member, whose stream on another node has to end in time and tell nothing of what comes later.
func (n *nodes) revoke(t *testing.T, node *rig.Node, within time.Duration) {
	t.Helper()
	w := n.run.places[1]
	heard, ended := n.follow(t, node, w)
	n.one(t, w, heard)
	var answer struct {
		RemoveMember struct{ UserErrors []struct{ Code string } }
	}
	err := n.run.api.Do(t.Context(), rig.Call{Token: w.People[0].Token, Query: removeMember, Vars: map[string]any{"w": w.ID, "u": w.People[1].ID}}, &answer)
	if err != nil || len(answer.RemoveMember.UserErrors) > 0 {
		t.Fatalf("%v, %+v", err, answer)
	}
	began := time.Now()
	select {
	case err := <-ended:
		var refused *rig.Error
		if !errors.As(err, &refused) || refused.Extensions.Code != "FORBIDDEN" {
			t.Errorf("the stream ended by %v", err)
		}
	case <-time.After(3 * late):
		t.Fatal("the stream of a member who was removed goes on")
	}
	if took := time.Since(began); took > within {
		t.Errorf("the stream of a member who was removed ended after %s, not within %s", took, within)
	}
	for name := range heard {
		t.Errorf("%s was told after the member was removed", name)
	}
}
