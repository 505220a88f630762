package tape

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"

	"karnak/internal/platform/fault"
)

const (
	cursorVersion = 1
	tagSize       = 12
	cursorSize    = 1 + 8 + tagSize
)

// Cursor returns the position of a step of a tape; it is of that tape alone.
func (e *Engine) Cursor(id string, seq int64) string {
	b := binary.BigEndian.AppendUint64([]byte{cursorVersion}, uint64(seq))
	return base64.RawURLEncoding.EncodeToString(append(b, e.tag(id, b)...))
}

func (e *Engine) tag(id string, body []byte) []byte {
	h := hmac.New(sha256.New, e.Secret)
	h.Write([]byte(id))
	h.Write(body)
	return h.Sum(nil)[:tagSize]
}

// Position reads a cursor of a tape that goes so far.
func (e *Engine) Position(id, cursor string, last int64) (int64, error) {
	bad := fault.New(fault.BadUserInput, "This cursor is not one of this stream.")
	b, err := base64.RawURLEncoding.DecodeString(cursor)
	// The decoder passes line breaks over; a cursor that was altered so is too long.
	if err != nil || len(b) != cursorSize || len(cursor) != base64.RawURLEncoding.EncodedLen(cursorSize) || b[0] != cursorVersion {
		return 0, bad
	}
	if !hmac.Equal(b[9:], e.tag(id, b[:9])) {
		return 0, bad
	}
	seq := int64(binary.BigEndian.Uint64(b[1:9]))
	if seq < 0 || seq > last {
		return 0, bad
	}
	return seq, nil
}
