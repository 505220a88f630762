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
	end     context.CancelCauseFunc
}

// Renew puts the end off.
func (l *link) Renew(expires time.Time) { l.expires.Store(expires.UnixMicro()) }

// add takes a connection in for as long as its context lasts.
func (x *links) add(life context.Context, end context.CancelCauseFunc, expires time.Time) *link {
	l := &link{end: end}
	l.Renew(expires)
	x.mu.Lock()
	x.open[l] = struct{}{}
	x.mu.Unlock()
	context.AfterFunc(life, func() {
		x.mu.Lock()
		delete(x.open, l)
		x.mu.Unlock()
	})
	return l
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
