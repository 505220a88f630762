package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

// crowd is sockets that follow, and what came over them.
type crowd struct {
	t     *target
	conns []net.Conn
	// arrived counts by the number of the event; done is told of each event that all have.
	mu      sync.Mutex
	arrived map[int]int
	sent    map[int]time.Time
	latency []time.Duration
	done    chan int
	got     atomic.Int64
	frame   atomic.Int64
	failed  chan error
	// codes counts the close codes that came, and last is when the last one did.
	codes map[int]int
	last  time.Time
}

// Opcodes of frames.
const (
	textual = 0x1
	closing = 0x8
	ping    = 0x9
	pong    = 0xa
)

// result is what was measured.
type result struct {
	events, deliveries int
	frame              int
	took, cpu          time.Duration
	latency            []time.Duration
}

func connect(ctx context.Context, t *target, n int) (*crowd, error) {
	c := &crowd{t: t, arrived: map[int]int{}, sent: map[int]time.Time{}, codes: map[int]int{}, done: make(chan int, 1024), failed: make(chan error, n)}
	for range n {
		conn, in, err := dial(ctx, t, t.sub)
		if err != nil {
			c.close()
			return nil, err
		}
		c.conns = append(c.conns, conn)
		go c.read(conn, in)
	}
	return c, nil
}

func (c *crowd) close() {
	for _, conn := range c.conns {
		_ = conn.Close()
	}
}

// dial opens a socket and subscribes, if sub says so.
func dial(ctx context.Context, t *target, sub string) (net.Conn, *bufio.Reader, error) {
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", t.server.Addr)
	if err != nil {
		return nil, nil, err
	}
	_, err = fmt.Fprintf(conn, "GET /graphql HTTP/1.1\r\nHost: %s\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"+
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: graphql-transport-ws\r\n\r\n", t.server.Addr)
	if err != nil {
		return nil, nil, err
	}
	in := bufio.NewReaderSize(conn, 16<<10)
	status, err := in.ReadString('\n')
	if err != nil || len(status) < 12 || status[9:12] != "101" {
		return nil, nil, fmt.Errorf("%q: %w", status, err)
	}
	for line := ""; err == nil && line != "\r\n"; {
		line, err = in.ReadString('\n')
	}
	if err != nil {
		return nil, nil, err
	}
	if _, err := conn.Write(masked(t.init)); err != nil {
		return nil, nil, err
	}
	if _, ack, err := message(in); err != nil || !bytes.Contains(ack, []byte("connection_ack")) {
		return nil, nil, fmt.Errorf("no acknowledgement: %s: %w", ack, err)
	}
	if sub != "" {
		_, err = conn.Write(masked(sub))
	}
	return conn, in, err
}

// masked is a client's message as a frame; the mask is zero.
func masked(text string) []byte {
	out := []byte{0x81}
	if n := len(text); n < 126 {
		out = append(out, 0x80|byte(n))
	} else {
		out = binary.BigEndian.AppendUint16(append(out, 0x80|126), uint16(n))
	}
	return append(append(out, 0, 0, 0, 0), text...)
}

// message reads a frame of the server's.
func message(in *bufio.Reader) (op byte, payload []byte, err error) {
	head := make([]byte, 8)
	if _, err := io.ReadFull(in, head[:2]); err != nil {
		return 0, nil, err
	}
	op, n := head[0]&0xf, uint64(head[1])
	switch n {
	case 126:
		_, err = io.ReadFull(in, head[:2])
		n = uint64(binary.BigEndian.Uint16(head))
	case 127:
		_, err = io.ReadFull(in, head)
		n = binary.BigEndian.Uint64(head)
	}
	if err != nil {
		return 0, nil, err
	}
	payload = make([]byte, n)
	_, err = io.ReadFull(in, payload)
	return op, payload, err
}

// read counts what comes over a socket.
func (c *crowd) read(out io.Writer, in *bufio.Reader) {
	for {
		op, b, err := message(in)
		if err != nil {
			if !errors.Is(err, net.ErrClosed) {
				c.failed <- err
			}
			return
		}
		switch op {
		case closing:
			c.closed(b)
		case ping:
			_, err = out.Write(append([]byte{0x80 | pong, 0x80 | byte(len(b)), 0, 0, 0, 0}, b...))
		}
		if err != nil {
			c.failed <- err
			return
		}
		if op != textual {
			continue
		}
		if number, ok := numberOf(b); ok {
			c.frame.Store(int64(len(b)))
			c.note(number)
		} else if !bytes.Contains(b, []byte(`"type":"ping"`)) {
			c.failed <- fmt.Errorf("came %.300s", b)
		}
	}
}

// closed notes the close frame of one socket.
func (c *crowd) closed(payload []byte) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.last = time.Now(); len(payload) >= 2 {
		c.codes[int(binary.BigEndian.Uint16(payload))]++
	}
}

// numberOf finds the number of an event, as text makes it.
func numberOf(b []byte) (int, bool) {
	_, rest, ok := bytes.Cut(b, []byte("number "))
	if !ok {
		return 0, false
	}
	digits, _, _ := bytes.Cut(rest, []byte("."))
	n, err := strconv.Atoi(string(digits))
	return n, err == nil
}

func text(number int) string { return fmt.Sprintf("number %d.", number) }

// note counts an event at one socket; the last one ends it.
func (c *crowd) note(number int) {
	now := time.Now()
	c.got.Add(1)
	c.mu.Lock()
	c.latency = append(c.latency, now.Sub(c.sent[number]))
	c.arrived[number]++
	all := c.arrived[number] == len(c.conns)
	if all {
		delete(c.arrived, number)
	}
	c.mu.Unlock()
	if all {
		c.done <- number
	}
}

// measure sends messages, so many under way at a time, for as long as told. Before that, one has to reach every socket.
func (c *crowd) measure(ctx context.Context, flight int, length time.Duration) (r result, err error) {
	if err := c.gather(ctx); err != nil {
		return r, err
	}
	c.mu.Lock()
	c.latency = nil
	c.mu.Unlock()
	before, err := c.t.server.CPU()()
	if err != nil {
		return r, err
	}
	got, began := c.got.Load(), time.Now()
	for under := 0; under > 0 || time.Since(began) < length; {
		for ; under < flight && time.Since(began) < length; under++ {
			c.send(ctx)
			r.events++
		}
		if err := c.wait(ctx, 20*time.Second); err != nil {
			return r, err
		}
		under--
	}
	r.took = time.Since(began)
	after, err := c.t.server.CPU()()
	if err != nil {
		return r, err
	}
	r.cpu, r.deliveries, r.frame = after[0]-before[0], int(c.got.Load()-got), int(c.frame.Load())
	c.mu.Lock()
	r.latency = slices.Clone(c.latency)
	c.mu.Unlock()
	if r.deliveries != r.events*len(c.conns) {
		err = fmt.Errorf("%d events reached %d sockets %d times", r.events, len(c.conns), r.deliveries)
	}
	return r, err
}

var numbers atomic.Int64

// send publishes the next event, away from the caller.
func (c *crowd) send(ctx context.Context) {
	number := int(numbers.Add(1))
	c.mu.Lock()
	c.sent[number] = time.Now()
	c.mu.Unlock()
	go func() {
		if err := c.t.publish(ctx, text(number)); err != nil {
			c.failed <- err
		}
	}()
}

func (c *crowd) wait(ctx context.Context, within time.Duration) error {
	select {
	case <-c.done:
		return nil
	case err := <-c.failed:
		return err
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(within):
		return fmt.Errorf("not every socket has an event after %s", within)
	}
}

// gather sends until an event reaches every socket: subscribing takes a moment.
func (c *crowd) gather(ctx context.Context) error {
	var err error
	for range 30 {
		c.send(ctx)
		if err = c.wait(ctx, time.Second); err == nil {
			break
		}
		if len(c.failed) > 0 {
			return errors.Join(err, <-c.failed)
		}
	}
	return err
}
