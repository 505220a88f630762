package transport

import (
	"testing"

	"github.com/coder/websocket"

	"karnak/graph/transport/transporttest"
)

// TestAPollerThatTakesNoMore leaves the connections that it refuses to goroutines of their own.
func TestAPollerThatTakesNoMore(t *testing.T) {
	t.Parallel()
	s := newSocket(t, SocketConfig{})
	srv := serve(t, transporttest.Config{}, s)
	first := connect(t, srv)
	change := func(p *poller) (old *poller) {
		s.mu.Lock()
		defer s.mu.Unlock()
		old, s.poll = s.poll, p
		return old
	}
	good := change(&poller{fd: -1, conns: map[uint64]*conn{}})
	refused := connect(t, srv)
	change(good)
	refused.send(`{"type":"ping"}`)
	refused.want(`{"type":"pong"}`)
	for _, p := range []*peer{refused, first} {
		if err := p.ws.Close(websocket.StatusNormalClosure, ""); err != nil {
			t.Error(err)
		}
	}
	eventually(t, "no connection", func() bool { return s.Connections() == 0 })
}
