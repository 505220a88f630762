package transport

import (
	"bytes"
	"crypto/sha1" //nolint:gosec // the handshake's own: it proves that the server speaks websocket, and hides nothing
	"encoding/base64"
	"errors"
	"net/http"
	"strings"
	"time"
)

// shakeHands makes a websocket of a request, and returns what the client has sent after it already. A request that is no
// handshake is answered.
func shakeHands(w http.ResponseWriter, r *http.Request) (raw *pipe, early []byte, err error) {
	key := r.Header.Get("Sec-Websocket-Key")
	switch nonce, bad := base64.StdEncoding.DecodeString(key); {
	case r.Method != http.MethodGet || !r.ProtoAtLeast(1, 1) || r.ProtoMajor > 1 || !names(r.Header, "Connection", "upgrade"):
		return nil, nil, refuseHands(w, http.StatusUpgradeRequired, "a websocket begins with a GET of HTTP/1.1 with Connection: Upgrade")
	case r.Header.Get("Sec-Websocket-Version") != "13":
		w.Header().Set("Sec-WebSocket-Version", "13")
		return nil, nil, refuseHands(w, http.StatusBadRequest, "version 13 of the websocket protocol is spoken")
	case bad != nil || len(nonce) != 16:
		return nil, nil, refuseHands(w, http.StatusBadRequest, "Sec-WebSocket-Key has to be 16 bytes in base64")
	}
	h := w.Header()
	h.Set("Upgrade", "websocket")
	h.Set("Connection", "Upgrade")
	h.Set("Sec-WebSocket-Accept", accepts(key))
	if speaks(r) {
		h.Set("Sec-WebSocket-Protocol", Subprotocol)
	}
	w.WriteHeader(http.StatusSwitchingProtocols)
	conn, rw, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return nil, nil, err
	}
	early, _ = rw.Reader.Peek(rw.Reader.Buffered()) // it is there
	// The server's time limits were for the request.
	return &pipe{Conn: conn, fd: newQuick(conn)}, bytes.Clone(early), conn.SetDeadline(time.Time{})
}

func refuseHands(w http.ResponseWriter, status int, why string) error {
	w.Header().Set("Connection", "Upgrade")
	w.Header().Set("Upgrade", "websocket")
	http.Error(w, "This is no websocket handshake: "+why+".", status)
	return errors.New(why)
}

// accepts is the answer to the key of a handshake, by RFC 6455.
func accepts(key string) string {
	sum := sha1.Sum([]byte(key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11")) //nolint:gosec // see above
	return base64.StdEncoding.EncodeToString(sum[:])
}

// speaks reports whether the client offers the subprotocol.
func speaks(r *http.Request) bool { return names(r.Header, "Sec-Websocket-Protocol", Subprotocol) }

// names reports whether a header, a list with commas, has a token.
func names(h http.Header, header, token string) bool {
	for _, line := range h.Values(header) {
		for one := range strings.SplitSeq(line, ",") {
			if strings.EqualFold(strings.TrimSpace(one), token) {
				return true
			}
		}
	}
	return false
}
