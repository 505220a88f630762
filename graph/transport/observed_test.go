package transport

import (
	"sync"
	"sync/atomic"
)

// observed counts.
type observed struct {
	NoObserver
	connected, disconnected, subscribed, unsubscribed, delivered, slow atomic.Int64

	mu    sync.Mutex
	ended []int
}

func (o *observed) Connected()    { o.connected.Add(1) }
func (o *observed) Subscribed()   { o.subscribed.Add(1) }
func (o *observed) Unsubscribed() { o.unsubscribed.Add(1) }
func (o *observed) Delivered(int) { o.delivered.Add(1) }
func (o *observed) Slow()         { o.slow.Add(1) }
func (o *observed) Disconnected(code int) {
	o.disconnected.Add(1)
	o.mu.Lock()
	defer o.mu.Unlock()
	o.ended = append(o.ended, code)
}

func (o *observed) codes() []int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return append([]int(nil), o.ended...)
}
