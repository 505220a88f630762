package transport

import (
	"context"
	"fmt"
	"net"
	"net/http/httptest"
	"strings"
	"testing"
)

// rawPeer shakes hands and then leaves the connection to the test, which may stop reading.
func rawPeer(t *testing.T, srv *httptest.Server) net.Conn {
	t.Helper()
	raw, err := net.Dial("tcp", srv.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = raw.Close() })
	_ = raw.(*net.TCPConn).SetReadBuffer(4 << 10)
	fmt.Fprintf(raw, "GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"+
		"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Protocol: %s\r\n\r\n", Subprotocol)
	writeFrame(t, raw, `{"type":"connection_init"}`)
	return raw
}

// writeFrame writes one text frame, masked with zeros.
func writeFrame(t *testing.T, w net.Conn, text string) {
	t.Helper()
	head := []byte{0x81, 0xfe, byte(len(text) >> 8), byte(len(text)), 0, 0, 0, 0}
	if _, err := w.Write(append(head, text...)); err != nil {
		t.Fatal(err)
	}
}

// flood is a stream that always has an event of 64 KiB.
func flood(ctx context.Context, _ map[string]any) (<-chan any, error) {
	events := make(chan any)
	go func() {
		defer close(events)
		for {
			select {
			case events <- strings.Repeat("x", 64<<10):
			case <-ctx.Done():
				return
			}
		}
	}()
	return events, nil
}

// fullOutbox waits for a connection that is stuck in a write with a full outbox.
func fullOutbox(t *testing.T, s *Socket) *conn {
	t.Helper()
	var full *conn
	eventually(t, "a full outbox", func() bool {
		for _, x := range s.snapshot() {
			x.mu.Lock()
			if x.out.full(64<<10) && !x.writing.never() {
				full = x
			}
			x.mu.Unlock()
		}
		return full != nil
	})
	return full
}
