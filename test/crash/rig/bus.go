package rig

import (
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"

	"github.com/nats-io/nats-server/v2/server"
)

// The buses that nodes may have in common.
const (
	NATS   = "nats"   // a server beside the nodes, which Cut takes away
	Routes = "routes" // the nodes' own servers
	NoBus  = "none"   // each node hears itself alone
)

// Bus is what nodes hear each other by.
type Bus struct {
	kind   string
	port   int
	nats   *server.Server
	routes []string
}

// NewBus opens a bus for so many nodes.
func NewBus(kind string, nodes int) (*Bus, error) {
	b := &Bus{kind: kind, port: server.RANDOM_PORT}
	if kind == Routes {
		for range nodes {
			addr, err := freeAddress()
			if err != nil {
				return nil, err
			}
			b.routes = append(b.routes, addr)
		}
	}
	return b, b.Mend()
}

// Args are the arguments of karnak serve for a node, counted from 0.
func (b *Bus) Args(node int) []string {
	switch b.kind {
	case NATS:
		return []string{"--nats-url=nats://" + net.JoinHostPort("127.0.0.1", strconv.Itoa(b.port))}
	case Routes:
		return []string{"--bus-listen=" + b.routes[node], "--bus-routes=" + strings.Join(b.routes, ",")}
	}
	return nil
}

// Cut takes the server away; a bus without one is left alone.
func (b *Bus) Cut() {
	if b.nats != nil {
		b.nats.Shutdown()
		b.nats.WaitForShutdown()
		b.nats = nil
	}
}

// Mend brings the server back, at the same address.
func (b *Bus) Mend() error {
	if b.kind != NATS || b.nats != nil {
		return nil
	}
	s, err := server.NewServer(&server.Options{Host: "127.0.0.1", Port: b.port, NoSigs: true, NoLog: true})
	if err != nil {
		return err
	}
	s.Start()
	if !s.ReadyForConnections(startWithin) {
		return errors.New("the bus does not start")
	}
	addr, ok := s.Addr().(*net.TCPAddr)
	if !ok {
		return fmt.Errorf("the bus is at %s", s.Addr())
	}
	b.nats, b.port = s, addr.Port
	return nil
}
