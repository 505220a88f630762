package rig

import (
	"context"
	"sync"
)

// Gate is open while the server takes requests.
type Gate struct {
	mu   sync.Mutex
	open chan struct{} // closed while the gate is open
}

// NewGate returns a gate that is shut.
func NewGate() *Gate {
	return &Gate{open: make(chan struct{})}
}

// Open lets everybody through.
func (g *Gate) Open() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if !closed(g.open) {
		close(g.open)
	}
}

// Shut makes everybody wait.
func (g *Gate) Shut() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if closed(g.open) {
		g.open = make(chan struct{})
	}
}

// Wait waits until the gate is open, and reports whether that was before the end of the context.
func (g *Gate) Wait(ctx context.Context) bool {
	g.mu.Lock()
	open := g.open
	g.mu.Unlock()
	select {
	case <-open:
		return ctx.Err() == nil
	case <-ctx.Done():
		return false
	}
}

func closed(c chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}
