package transport

import (
	"context"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/coder/websocket"

	"karnak/graph/transport/transporttest"
	"karnak/internal/platform/fault"
)

func TestSocketHalfOpenPeer(t *testing.T) {
	t.Parallel()
	c := manual()
	o := &observed{}
	s := newSocket(t, SocketConfig{Clock: c, Observer: o})
	srv := serve(t, streams(nil), s)
	// It never answers pings, because nobody reads it.
	rawPeer(t, srv)
	dead := func() *conn {
		var found *conn
		eventually(t, "the peer to connect", func() bool {
			for _, x := range s.snapshot() {
				if x.attached.Load() && !x.unacknowledged() {
					found = x
				}
			}
			return found != nil
		})
		return found
	}()
	good := connect(t, srv)
	go func() {
		for {
			if _, _, err := good.ws.Reader(context.Background()); err != nil {
				return
			}
		}
	}()
	eventually(t, "an idle connection", dead.idle)
	c.Advance(15 * time.Second)
	s.sweep()
	eventually(t, "the living peer's answer", func() bool {
		for _, x := range s.snapshot() {
			if x != dead && !x.pinged.never() && !x.unanswered() {
				return true
			}
		}
		return false
	})
	c.Advance(13 * time.Second)
	s.sweep()
	if s.Connections() != 2 {
		t.Fatalf("%d connections after 28 s", s.Connections())
	}
	c.Advance(2 * time.Second)
	s.sweep()
	eventually(t, "the dead peer to be cut", func() bool { return s.Connections() == 1 })
	if code := o.codes(); len(code) != 1 || code[0] != codeLost {
		t.Errorf("closed with %v", code)
	}
}

func TestSocketSlowReader(t *testing.T) {
	t.Parallel()
	c := manual()
	o := &observed{}
	s := newSocket(t, SocketConfig{Clock: c, Observer: o})
	var taken atomic.Int64
	event := strings.Repeat("x", 64<<10)
	stuck := make(chan struct{})
	srv := serve(t, streams(map[string]transporttest.Stream{"many": func(ctx context.Context, _ map[string]any) (<-chan any, error) {
		events := make(chan any)
		go func() {
			defer close(stuck)
			for {
				select {
				case events <- event:
					taken.Add(1)
				case <-ctx.Done():
					return
				}
			}
		}()
		return events, nil
	}, "ticks": feed(nil)}), s)
	raw := rawPeer(t, srv)
	writeFrame(t, raw, `{"id":"m","type":"subscribe","payload":{"query":"subscription{many}"}}`)
	slow := fullOutbox(t, s)
	good := connect(t, srv)
	good.send(subTicks)
	before := settled(t, &taken)
	slow.mu.Lock()
	if slow.out.bytes > s.MaxQueuedBytes || len(slow.out.frames) > s.MaxQueued {
		t.Errorf("%d messages, %d bytes wait", len(slow.out.frames), slow.out.bytes)
	}
	slow.mu.Unlock()
	c.Advance(7 * time.Second)
	s.sweep()
	if n := taken.Load(); n != before || o.slow.Load() != 0 {
		t.Errorf("%d events were taken after %d, %d called slow", n, before, o.slow.Load())
	}
	good.alive()
	c.Advance(time.Second)
	s.sweep()
	<-stuck
	if o.slow.Load() != 1 {
		t.Errorf("%d called slow", o.slow.Load())
	}
	c.Advance(2 * time.Second)
	s.sweep()
	eventually(t, "the slow peer to be cut", func() bool { return s.Connections() == 1 })
	if codes := o.codes(); len(codes) != 1 || codes[0] != CloseSlow {
		t.Errorf("closed with %v", codes)
	}
	good.alive()
}

// settled waits until a count stands still.
func settled(t *testing.T, n *atomic.Int64) int64 {
	t.Helper()
	last, same := n.Load(), 0
	eventually(t, "the count to stand still", func() bool {
		now := n.Load()
		if now != last {
			last, same = now, 0
		}
		same++
		return same > 20
	})
	return last
}

func TestSocketSlowReaderWakesUp(t *testing.T) {
	t.Parallel()
	c := manual()
	s := newSocket(t, SocketConfig{Clock: c})
	p := connect(t, serve(t, streams(map[string]transporttest.Stream{"many": flood}), s))
	p.send(`{"id":"m","type":"subscribe","payload":{"query":"subscription{many}"}}`)
	fullOutbox(t, s)
	c.Advance(8 * time.Second)
	s.sweep()
	for {
		if _, err := p.read(); err != nil {
			if websocket.CloseStatus(err) != CloseSlow {
				t.Fatalf("ended with %v", err)
			}
			return
		}
	}
}

// TestSocketDenied fills the outbox and then takes access away: nothing that waited is delivered.
func TestSocketDenied(t *testing.T) {
	t.Parallel()
	s := newSocket(t, SocketConfig{})
	contexts := make(chan context.Context, 1)
	p := connect(t, serve(t, streams(map[string]transporttest.Stream{"many": func(ctx context.Context, a map[string]any) (<-chan any, error) {
		contexts <- ctx
		return flood(ctx, a)
	}}), s))
	p.send(`{"id":"m","type":"subscribe","payload":{"query":"subscription{many}"}}`)
	full := fullOutbox(t, s)
	SetStreamError(<-contexts, fault.New(fault.Forbidden, "no more"))
	full.mu.Lock()
	for _, f := range full.out.frames {
		if f.event {
			t.Error("an event still waits")
			break
		}
	}
	full.mu.Unlock()
	for {
		got, err := p.read()
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(got, `"type":"error"`) {
			break
		}
	}
	p.alive()
}

// TestSocketCompleteTakesBack fills the outbox and then completes: nothing that waited comes for whoever takes the id next.
func TestSocketCompleteTakesBack(t *testing.T) {
	t.Parallel()
	s := newSocket(t, SocketConfig{})
	srv := serve(t, streams(map[string]transporttest.Stream{"many": flood, "ticks": feed(nil)}), s)
	p := connect(t, srv)
	p.send(`{"id":"a","type":"subscribe","payload":{"query":"subscription{many}"}}`)
	full := fullOutbox(t, s)
	p.send(`{"id":"a","type":"complete"}`)
	eventually(t, "the outbox to be emptied", func() bool {
		full.mu.Lock()
		defer full.mu.Unlock()
		return full.out.bytes == 0 && len(full.proto.active) == 0
	})
	p.send(subTicks)
	p.send(`{"type":"ping"}`)
	// One message may have been on its way, and what the kernel held.
	for {
		got, err := p.read()
		if err != nil {
			t.Fatal(err)
		}
		if got == `{"type":"pong"}` {
			break
		}
	}
	p.alive()
}

// TestSocketStuckInAMessage has a peer that breaks the limit and then neither goes on nor reads: the library would wait for
// the rest of its message for ever.
func TestSocketStuckInAMessage(t *testing.T) {
	t.Parallel()
	c := manual()
	o := &observed{}
	s := newSocket(t, SocketConfig{Clock: c, Observer: o, MaxMessage: 1 << 10})
	srv := serve(t, streams(nil), s)
	raw := rawPeer(t, srv)
	head := []byte{0x81, 0xff, 0, 0, 0, 0, 0, 0x10, 0, 0, 0, 0, 0, 0}
	if _, err := raw.Write(append(head, make([]byte, 4<<10)...)); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the connection to be closing", func() bool {
		for _, x := range s.snapshot() {
			if !x.leaving.never() {
				return true
			}
		}
		return false
	})
	c.Advance(time.Second)
	s.sweep()
	if s.Connections() != 1 {
		t.Error("cut before the grace was over")
	}
	c.Advance(time.Second)
	s.sweep()
	eventually(t, "the connection to be cut", func() bool { return s.Connections() == 0 })
	if codes := o.codes(); len(codes) != 1 || codes[0] != CloseTooBig {
		t.Errorf("closed with %v", codes)
	}
}
