package main

import (
	"context"
	"encoding/json"
	"time"

	"karnak/bench/machine"
)

// held is what a server does while nothing happens, and when it ends.
type held struct {
	Server      string    `json:"server"`
	Subscribers int       `json:"subscribers"`
	Held        string    `json:"held"`
	ResidentMB  []float64 `json:"residentMB"`
	// Codes counts what the sockets were told at the end, within so long after the signal.
	Codes    map[int]int `json:"codes"`
	ClosedIn string      `json:"closedIn"`
}

// samples is how often the memory is looked at.
const samples = 20

// wait keeps the sockets open, looks at the server's memory, and ends the server in order.
func (b *bench) wait(ctx context.Context, t *target, c *crowd, r *report) error {
	h := held{Server: karnak, Subscribers: b.subscribers, Held: b.hold.String(), Codes: map[int]int{}}
	for range samples {
		select {
		case <-time.After(b.hold / samples):
		case err := <-c.failed:
			return err
		case <-ctx.Done():
			return ctx.Err()
		}
		n, err := machine.Resident(t.server.PID())
		if err != nil {
			return err
		}
		h.ResidentMB = append(h.ResidentMB, float64(n>>10)/1024)
	}
	began := time.Now()
	if err := t.server.Stop(); err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	h.Codes, h.ClosedIn = c.codes, c.last.Sub(began).String()
	return json.NewEncoder(r.out).Encode(h)
}
