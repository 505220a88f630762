package transport

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/99designs/gqlgen/graphql/handler"
	"github.com/coder/websocket"

	"karnak/graph/transport/transporttest"
)

// clientFrame is a masked frame; first is its first byte.
func clientFrame(first byte, payload string) []byte {
	mask := [4]byte{0xa1, 0x02, 0xf3, 0x44}
	b := []byte{first}
	switch n := len(payload); {
	case n < 126:
		b = append(b, 0x80|byte(n))
	case n < 1<<16:
		b = binary.BigEndian.AppendUint16(append(b, 0x80|126), uint16(n))
	default:
		b = binary.BigEndian.AppendUint64(append(b, 0x80|127), uint64(n))
	}
	b = append(b, mask[:]...)
	for i := range len(payload) {
		b = append(b, payload[i]^mask[i&3])
	}
	return b
}

// plainPeer shakes hands and leaves the frames to the test.
func plainPeer(t *testing.T, srv *httptest.Server) (net.Conn, *bufio.Reader) {
	t.Helper()
	raw, err := net.Dial("tcp", srv.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = raw.Close() })
	_ = raw.SetDeadline(time.Now().Add(patience))
	fmt.Fprintf(raw, "GET / HTTP/1.1\r\nHost: x\r\nConnection: keep-alive, Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"+
		"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: other, %s\r\n\r\n", Subprotocol)
	in := bufio.NewReader(raw)
	resp, err := http.ReadResponse(in, nil)
	if err != nil {
		t.Fatal(err)
	}
	// The key and the answer are those of RFC 6455, 1.3.
	if resp.StatusCode != http.StatusSwitchingProtocols || resp.Header.Get("Sec-Websocket-Accept") != "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" ||
		resp.Header.Get("Sec-Websocket-Protocol") != Subprotocol {
		t.Fatalf("%d, %v", resp.StatusCode, resp.Header)
	}
	return raw, in
}

// serverFrame reads one frame.
func serverFrame(t *testing.T, in *bufio.Reader) (first byte, payload string) {
	t.Helper()
	var head [2]byte
	if _, err := io.ReadFull(in, head[:]); err != nil {
		t.Fatal(err)
	}
	n := int(head[1])
	if n == 126 {
		var long [2]byte
		if _, err := io.ReadFull(in, long[:]); err != nil {
			t.Fatal(err)
		}
		n = int(binary.BigEndian.Uint16(long[:]))
	}
	b := make([]byte, n)
	if _, err := io.ReadFull(in, b); err != nil {
		t.Fatal(err)
	}
	return head[0], string(b)
}

// TestFramesComeInAnyPieces sends a message in three frames with control frames between them, cut at every byte.
func TestFramesComeInAnyPieces(t *testing.T) {
	t.Parallel()
	srv := serve(t, transporttest.Config{}, newSocket(t, SocketConfig{}))
	long := strings.Repeat("x", 300)
	all := slices.Concat(
		clientFrame(0x81, `{"type":"connection_init"}`),
		clientFrame(0x01, `{"type":"pi`), clientFrame(0x8a, "nobody asked"), clientFrame(0x89, "still there?"),
		clientFrame(0x00, ``), clientFrame(0x80, `ng","payload":{"a":"`+long+`"}}`),
	)
	for cut := 1; cut < len(all); cut++ {
		raw, in := plainPeer(t, srv)
		for _, part := range [][]byte{all[:cut], all[cut:]} {
			if _, err := raw.Write(part); err != nil {
				t.Fatal(err)
			}
		}
		for i, want := range []struct {
			first   byte
			payload string
		}{
			{0x81, `{"type":"connection_ack"}`}, {0x8a, "still there?"}, {0x81, `{"type":"pong","payload":{"a":"` + long + `"}}`}, {0x88, "\x03\xe8"},
		} {
			if i == 3 {
				_, _ = raw.Write(clientFrame(0x88, "\x03\xe8bye"))
			}
			first, payload := serverFrame(t, in)
			if first != want.first || payload != want.payload {
				t.Fatalf("cut at %d: %#x %q, want %#x %q", cut, first, payload, want.first, want.payload)
			}
		}
		if _, err := in.ReadByte(); !errors.Is(err, io.EOF) {
			t.Fatalf("cut at %d: after the close came %v", cut, err)
		}
		_ = raw.Close()
	}
}

func TestBrokenFrames(t *testing.T) {
	t.Parallel()
	s := newSocket(t, SocketConfig{MaxMessage: 1 << 10})
	srv := serve(t, transporttest.Config{}, s)
	unmasked := append([]byte{0x81, 2}, "{}"...)
	for name, c := range map[string]struct {
		bytes []byte
		code  int
	}{
		"not masked":                 {unmasked, 1002},
		"reserved bit":               {clientFrame(0xc1, "{}"), 1002},
		"unknown kind":               {clientFrame(0x83, "{}"), 1002},
		"unknown control":            {clientFrame(0x8b, ""), 1002},
		"ping in parts":              {clientFrame(0x09, ""), 1002},
		"long ping":                  {clientFrame(0x89, strings.Repeat("x", 126)), 1002},
		"goes on from nothing":       {clientFrame(0x80, "{}"), 1002},
		"begins within another":      {append(clientFrame(0x01, "{"), clientFrame(0x81, "{}")...), 1002},
		"binary":                     {clientFrame(0x82, "{}"), 4400},
		"too long":                   {clientFrame(0x81, strings.Repeat("x", 1025)), 1009},
		"too long in parts":          {append(clientFrame(0x01, strings.Repeat("x", 1024)), clientFrame(0x80, "x")...), 1009},
		"longer than there is space": {[]byte{0x81, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0}, 1009},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			raw, in := plainPeer(t, srv)
			if _, err := raw.Write(c.bytes); err != nil {
				t.Fatal(err)
			}
			first, payload := serverFrame(t, in)
			if code := int(binary.BigEndian.Uint16([]byte(payload))); first != 0x88 || code != c.code {
				t.Errorf("%#x %q, want %d", first, payload, c.code)
			}
			// Who says nothing is cut after a moment.
			if _, err := io.Copy(io.Discard, in); err != nil {
				t.Error(err)
			}
		})
	}
	t.Cleanup(func() { eventually(t, "no connection", func() bool { return s.Connections() == 0 }) })
}

func TestNoHandshake(t *testing.T) {
	t.Parallel()
	srv := serve(t, transporttest.Config{}, newSocket(t, SocketConfig{}))
	good := map[string]string{"Connection": "Upgrade", "Upgrade": "websocket", "Sec-Websocket-Version": "13", "Sec-Websocket-Key": "AAAAAAAAAAAAAAAAAAAAAA=="}
	for name, c := range map[string]struct {
		method, header, value string
		status                int
	}{
		"POST":        {http.MethodPost, "", "", http.StatusUpgradeRequired},
		"no upgrade":  {http.MethodGet, "Connection", "keep-alive", http.StatusUpgradeRequired},
		"old version": {http.MethodGet, "Sec-Websocket-Version", "8", http.StatusBadRequest},
		"no key":      {http.MethodGet, "Sec-Websocket-Key", "", http.StatusBadRequest},
		"short key":   {http.MethodGet, "Sec-Websocket-Key", "AAAA", http.StatusBadRequest},
		"strange key": {http.MethodGet, "Sec-Websocket-Key", "?", http.StatusBadRequest},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			header := map[string]string{}
			for k, v := range good {
				header[k] = v
			}
			if c.header != "" {
				header[c.header] = c.value
			}
			resp, body := do(t, srv, c.method, "/", "", header)
			if resp.StatusCode != c.status || !strings.HasPrefix(body, "This is no websocket handshake: ") {
				t.Errorf("%d %s, want %d", resp.StatusCode, body, c.status)
			}
			if c.header == "Sec-Websocket-Version" && resp.Header.Get("Sec-Websocket-Version") != "13" {
				t.Error("the version that is spoken is not told")
			}
		})
	}
}

// TestSocketsWithoutAPoller runs where the connection below cannot be waited for together with others.
func TestSocketsWithoutAPoller(t *testing.T) {
	t.Parallel()
	s := newSocket(t, SocketConfig{})
	schema, err := transporttest.New(transporttest.Config{})
	if err != nil {
		t.Fatal(err)
	}
	h := handler.New(schema)
	h.AddTransport(s)
	srv := httptest.NewTLSServer(h)
	t.Cleanup(srv.Close)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	ws, _, err := websocket.Dial(ctx, "wss"+strings.TrimPrefix(srv.URL, "https"), &websocket.DialOptions{Subprotocols: []string{Subprotocol}, HTTPClient: srv.Client()})
	if err != nil {
		t.Fatal(err)
	}
	p := &peer{t, ws}
	p.send(`{"type":"connection_init"}`)
	p.want(`{"type":"connection_ack"}`)
	p.send(`{"type":"ping","payload":{"a":"` + string(bytes.Repeat([]byte("x"), 2000)) + `"}}`)
	if got, err := p.read(); err != nil || !strings.HasPrefix(got, `{"type":"pong"`) {
		t.Error(got, err)
	}
	if err := ws.Close(websocket.StatusNormalClosure, ""); err != nil {
		t.Error(err)
	}
	eventually(t, "no connection", func() bool { return s.Connections() == 0 })
}
