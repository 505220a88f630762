package rig

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"path/filepath"
)

// Node is a server with the address that clients know it by.
type Node struct {
	*Server
	// Front is the proxy before it, nil where there is none.
	Front *Proxy
	API   *API
}

// Door is where clients connect.
func (n *Node) Door() string {
	if n.Front != nil {
		return n.Front.Addr
	}
	return n.Addr
}

// NodesConfig says what nodes are made of.
type NodesConfig struct {
	Binary string
	Count  int
	// Bus is one of the constants.
	Bus string
	// Log is the file that all write to.
	Log  string
	Args []string
	// Weather is what happens between clients and nodes; nil for no proxy.
	Weather *Weather
	Seed    uint64
}

// NewNodes prepares servers with a bus between them, and the proxies before them.
func NewNodes(c NodesConfig) (nodes []*Node, bus *Bus, err error) {
	bus, err = NewBus(cmp.Or(c.Bus, NoBus), c.Count)
	if err != nil {
		return nil, nil, err
	}
	for i := range c.Count {
		s, err := NewServer(c.Binary, c.Log, append(append([]string{}, c.Args...), bus.Args(i)...)...)
		if err != nil {
			return nil, nil, err
		}
		n := &Node{Server: s}
		if c.Weather != nil {
			if n.Front, err = NewProxy(s.Addr, *c.Weather, c.Seed+uint64(i)); err != nil {
				return nil, nil, err
			}
		}
		nodes = append(nodes, n)
	}
	return nodes, bus, nil
}

// StartAll starts all nodes, one after the other, and waits until each takes requests.
func StartAll(ctx context.Context, nodes []*Node) error {
	for i, n := range nodes {
		if err := errors.Join(n.Start(), n.Ready(ctx)); err != nil {
			return fmt.Errorf("node %d: %w", i+1, err)
		}
	}
	return nil
}

// KillAll ends all nodes and their proxies.
func KillAll(nodes []*Node) (err error) {
	for _, n := range nodes {
		err = errors.Join(err, n.Kill())
		if n.Front != nil {
			err = errors.Join(err, n.Front.Close())
		}
	}
	return err
}

// LogFile is the file in a folder that servers write to.
func LogFile(folder string) string { return filepath.Join(folder, "log") }
