package faults_test

import (
	"fmt"
	"io"
	"net"
	"sync"
	"testing"
	"time"
)

// TestSlowConnections holds 200 connections with headers that never end and 200 with a byte of the body in a second, at once.
func TestSlowConnections(t *testing.T) {
	t.Parallel()
	w := production(t)
	w.stands(t)
	before := w.resident(t)
	const connections, late = 200, 1500 * time.Millisecond
	start := "POST /graphql HTTP/1.1\r\nHost: " + w.Addr + "\r\nContent-Type: application/json\r\n"
	var held sync.WaitGroup
	for name, c := range map[string]struct {
		start string
		every time.Duration
		ends  time.Duration
	}{
		"slow headers":              {start + "X-A: ", 500 * time.Millisecond, 5 * time.Second},
		"a byte a second of a body": {start + "Content-Length: 1000\r\n\r\n", time.Second, 15 * time.Second},
	} {
		for range connections {
			held.Go(func() {
				took, err := trickle(w.Addr, c.start, c.every, c.ends+late)
				if err != nil || took > c.ends+late {
					t.Errorf("%s: the connection ended after %s: %v", name, took, err)
				}
			})
		}
	}
	ended := make(chan struct{})
	go func() { held.Wait(); close(ended) }()
	for {
		select {
		case <-ended:
			w.stands(t)
			w.settles(t, before)
			return
		case <-time.After(time.Second):
			w.stands(t)
		}
	}
}

// trickle sends the start of a request and then a byte at a time, and tells how long it was let do so.
func trickle(addr, start string, every, most time.Duration) (time.Duration, error) {
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		return 0, err
	}
	defer conn.Close()
	began := time.Now()
	if _, err := io.WriteString(conn, start); err != nil {
		return 0, err
	}
	ended := make(chan struct{})
	go func() {
		// Whatever comes, an answer or the end, what counts is the end.
		_, _ = io.Copy(io.Discard, conn)
		close(ended)
	}()
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		select {
		case <-ended:
			return time.Since(began), nil
		case <-tick.C:
			if time.Since(began) > most+time.Second {
				return time.Since(began), fmt.Errorf("it is still open")
			}
			_, _ = io.WriteString(conn, "z")
		}
	}
}
