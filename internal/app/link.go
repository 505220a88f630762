package app

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"karnak/graph/transport"
	"karnak/internal/platform/clock"
)

// graceAfterExpiry is how long a connection stays open after its token has ended.
const graceAfterExpiry = 5 * time.Second

// links are the connections that end with a token. One goroutine looks after all of them.
type links struct {
	clock clock.Clock
	mu    sync.Mutex
	open  map[*link]struct{}
}

// link is a connection that ends a little after its token, unless that is renewed.
type link struct {
	expires atomic.Int64
	end     func(error)
}

// Renew puts the end off.
func (l *link) Renew(expires time.Time) { l.expires.Store(expires.UnixMicro()) }

func (x *links) add(l *link) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.open[l] = struct{}{}
}

func (x *links) remove(l *link) {
	x.mu.Lock()
	defer x.mu.Unlock()
	delete(x.open, l)
}

// watch ends what is over, until the context ends.
func (x *links) watch(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-x.clock.After(time.Second):
		}
		x.sweep()
	}
}

func (x *links) sweep() {
	last := x.clock.Now().Add(-graceAfterExpiry).UnixMicro()
	var over []*link
	x.mu.Lock()
	for l := range x.open {
		if l.expires.Load() <= last {
			over = append(over, l)
		}
	}
	x.mu.Unlock()
	for _, l := range over {
		l.end(&transport.CloseError{Code: 4401, Reason: "the access token has ended: refresh it and connect again"})
	}
}
