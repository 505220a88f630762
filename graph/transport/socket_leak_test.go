package transport

import (
	"context"
	"math/rand/v2"
	"runtime"
	"sync"
	"testing"

	"github.com/coder/websocket"

	"karnak/graph/transport/transporttest"
)

// TestSocketLeaksNothing connects and disconnects 1,000 times, politely and not, in every state. It is not parallel: it counts
// the goroutines of the process.
func TestSocketLeaksNothing(t *testing.T) {
	o := &observed{}
	s := newSocket(t, SocketConfig{Observer: o})
	var streaming sync.WaitGroup
	srv := serve(t, streams(map[string]transporttest.Stream{"ticks": func(ctx context.Context, _ map[string]any) (<-chan any, error) {
		events := make(chan any)
		streaming.Go(func() {
			defer close(events)
			for n := 0; ; n++ {
				select {
				case events <- n:
				case <-ctx.Done():
					return
				}
			}
		})
		return events, nil
	}}), s)
	before := runtime.NumGoroutine()
	var wg sync.WaitGroup
	const workers, rounds = 10, 100
	for w := range workers {
		wg.Go(func() {
			r := rand.New(rand.NewPCG(7, uint64(w)))
			for range rounds {
				p := dial(t, srv)
				if r.IntN(10) > 0 {
					p.send(`{"type":"connection_init"}`)
					p.want(`{"type":"connection_ack"}`)
					for range r.IntN(3) {
						p.send(`{"id":"` + string(rune('a'+r.IntN(26))) + `1","type":"subscribe","payload":{"query":"subscription{ticks}"}}`)
						if _, err := p.read(); err != nil {
							break
						}
					}
				}
				if r.IntN(2) == 0 {
					_ = p.ws.CloseNow()
				} else {
					_ = p.ws.Close(websocket.StatusNormalClosure, "")
				}
			}
		})
	}
	wg.Wait()
	eventually(t, "all connections to be gone", func() bool { return s.Connections() == 0 })
	streaming.Wait()
	srv.Client().CloseIdleConnections()
	eventually(t, "all goroutines to end", func() bool { return runtime.NumGoroutine() <= before+2 })
	if c, d := o.connected.Load(), o.disconnected.Load(); c != workers*rounds || d != c {
		t.Errorf("%d connected, %d disconnected", c, d)
	}
	if a, b := o.subscribed.Load(), o.unsubscribed.Load(); a == 0 || a != b || o.delivered.Load() == 0 {
		t.Errorf("%d subscribed, %d unsubscribed, %d delivered", a, b, o.delivered.Load())
	}
}
