package main

import (
	"context"
	"errors"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"

	"karnak/internal/platform/id"
	"karnak/test/crash/ledger"
	"karnak/test/crash/rig"
)

// What is promised of the bus: quick while it is there, and at most this late without it.
const (
	quick = 500 * time.Millisecond
	late  = 2 * time.Second
)

// TestBusDown takes the bus from two nodes: what is written on one is read on the other all the time.
func TestBusDown(t *testing.T) {
	t.Parallel()
	bus := startBus(t, "127.0.0.1:0")
	addr := bus.Addr().String()
	p := pair(t, addr)
	p.send(t, 5, quick)
	bus.Shutdown()
	bus.WaitForShutdown()
	p.send(t, 5, late)
	startBus(t, addr)
	for began := time.Now(); ; {
		if took := p.one(t); took < quick/5 {
			break
		}
		if time.Since(began) > 2*healsWithin {
			t.Fatal("events are late still, though the bus is back")
		}
	}
	p.send(t, 5, quick)
}

func startBus(t *testing.T, addr string) *server.Server {
	t.Helper()
	host, text, err := net.SplitHostPort(addr)
	if err != nil {
		t.Fatal(err)
	}
	port, err := strconv.Atoi(text)
	if err != nil {
		t.Fatal(err)
	}
	if port == 0 {
		port = server.RANDOM_PORT
	}
	s, err := server.NewServer(&server.Options{Host: host, Port: port, NoSigs: true, NoLog: true})
	if err != nil {
		t.Fatal(err)
	}
	s.Start()
	t.Cleanup(s.Shutdown)
	if !s.ReadyForConnections(healsWithin) {
		t.Fatal("the bus does not start")
	}
	return s
}

// twoNodes are two nodes on one database and one bus. What is written on the first is heard on the second.
type twoNodes struct {
	run   *run
	heard chan string
}

func pair(t *testing.T, bus string) *twoNodes {
	t.Helper()
	ctx, folder := t.Context(), t.TempDir()
	db, err := rig.NewDatabase(ctx, rig.Postgres, folder, os.Getenv("KARNAK_TEST_POSTGRES"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Drop(); err != nil {
			t.Error(err)
		}
	})
	var nodes [2]*rig.Server
	for i := range nodes {
		args := append(db.Args, "--nats-url=nats://"+bus, "--postgres-pool=8")
		if nodes[i], err = rig.NewServer(karnak, filepath.Join(folder, "log"), args...); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := nodes[i].Kill(); err != nil {
				t.Error(err)
			}
		})
		if err := errors.Join(nodes[i].Start(), nodes[i].Ready(ctx)); err != nil {
			t.Fatal(err)
		}
	}
	p := &twoNodes{&run{api: rig.NewAPI(nodes[0], answerWithin)}, make(chan string, 100)}
	if p.run.places, err = p.run.api.MakeWorkspaces(ctx, 1); err != nil {
		t.Fatal(err)
	}
	p.listen(t, nodes[1])
	return p
}

func (p *twoNodes) listen(t *testing.T, node *rig.Server) {
	t.Helper()
	place := p.run.places[0]
	// The test's context ends before what it cleans up.
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	socket, err := rig.Subscribe(ctx, node, place.People[1].Token, watchWorkspace, map[string]any{"id": place.ID, "after": place.Cursor})
	if err != nil {
		cancel()
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			var got struct {
				Event struct{ ClientMutationID string }
			}
			if err := socket.Next(ctx, &got); err != nil {
				if ctx.Err() == nil {
					t.Errorf("the subscription ended: %v", err)
				}
				return
			}
			p.heard <- got.Event.ClientMutationID
		}
	}()
	t.Cleanup(func() {
		cancel()
		socket.Cut()
		<-done
	})
}

// one sends a message on the first node, and returns how long after its acknowledgement the second tells of it.
func (p *twoNodes) one(t *testing.T) time.Duration {
	t.Helper()
	place := p.run.places[0]
	name := id.New(id.Request)
	o := operation{ledger.Try{ID: name}, rig.Call{
		Token: place.People[0].Token, Query: mutations[ledger.Send], Key: name,
		Vars: map[string]any{"channel": place.Channels[0], "body": place.ID, "mutation": name},
	}}
	a := (&writer{run: p.run}).once(t.Context(), o)
	if a.Outcome != ledger.Acknowledged {
		t.Fatalf("a write is not acknowledged: %+v", a)
	}
	began := time.Now()
	select {
	case got := <-p.heard:
		if got != name {
			t.Fatalf("heard %s, not %s", got, name)
		}
	case <-time.After(3 * late):
		t.Fatal("the other node does not hear of a write")
	}
	return time.Since(began)
}

func (p *twoNodes) send(t *testing.T, times int, within time.Duration) {
	t.Helper()
	for range times {
		if took := p.one(t); took > within {
			t.Errorf("an event came after %s, not within %s", took, within)
		}
	}
}
