package store

import (
	"context"
	"errors"
	"net"
	"sync"
	"time"
)

// leash keeps statements on one connection from waiting for a server that does not answer. lib/pq asks the server to cancel
// a statement whose context ended, and then waits for it to say so; one that is stopped or cut off says nothing. So some time
// after the end of the context the connection itself is cut.
type leash struct {
	mu   sync.Mutex
	wire net.Conn
	turn int
	stop func() bool
}

// cutAfter is how long a server has to answer that it cancelled.
const cutAfter = 500 * time.Millisecond

// bind ties the connection to the context of what is run next, in place of the one before.
func (l *leash) bind(ctx context.Context) {
	turn := l.free()
	stop := context.AfterFunc(ctx, func() { l.late(context.WithoutCancel(ctx), turn) })
	l.mu.Lock()
	l.stop = stop
	l.mu.Unlock()
}

// free unties the connection, and returns the number of its next turn.
func (l *leash) free() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.stop != nil {
		l.stop()
		l.stop = nil
	}
	l.turn++
	return l.turn
}

// late cuts the connection when it is still at the same turn after a while.
func (l *leash) late(ctx context.Context, turn int) {
	ctx, cancel := context.WithTimeout(ctx, cutAfter)
	defer cancel()
	<-ctx.Done()
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.turn == turn && l.wire != nil {
		_ = l.wire.SetDeadline(time.Unix(1, 0)) // whoever reads or writes has the error
	}
}

func (l *leash) hold(wire net.Conn) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.wire = wire
}

type leashKey struct{}

// dialer gives the connections that it opens to the leash of the context.
type dialer struct{ net.Dialer }

// DialContext opens a connection. One without a leash carries a request to cancel, which lib/pq waits for.
func (d *dialer) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	l, ok := ctx.Value(leashKey{}).(*leash)
	if !ok {
		return d.brief(ctx, network, address)
	}
	wire, err := d.Dialer.DialContext(ctx, network, address)
	if err == nil {
		l.hold(wire)
	}
	return wire, err
}

// brief opens a connection that ends soon.
func (d *dialer) brief(ctx context.Context, network, address string) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, cutAfter)
	defer cancel()
	wire, err := d.Dialer.DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	end, _ := ctx.Deadline()
	if err := wire.SetDeadline(end); err != nil {
		return nil, errors.Join(err, wire.Close())
	}
	return wire, nil
}

// DialTimeout is asked for by lib/pq, which does not call it where there is DialContext.
func (d *dialer) DialTimeout(network, address string, timeout time.Duration) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	return d.DialContext(ctx, network, address)
}
