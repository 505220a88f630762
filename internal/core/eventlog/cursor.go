package eventlog

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"

	"karnak/internal/platform/fault"
	"karnak/internal/platform/id"
)

const (
	cursorVersion = 1
	bodySize      = 1 + 16 + 8 + 8
	tagSize       = 12
)

// Cursor returns the position of a number in a workspace's log.
func (l *Log) Cursor(workspaceID string, seq int64) string {
	u, ok := id.Parse(id.Workspace, workspaceID)
	if !ok {
		return ""
	}
	b := make([]byte, 0, bodySize+sha256.Size)
	b = append(b, cursorVersion)
	b = append(b, u[:]...)
	b = binary.BigEndian.AppendUint64(b, uint64(l.epoch.Load()))
	b = binary.BigEndian.AppendUint64(b, uint64(seq))
	return base64.RawURLEncoding.EncodeToString(l.sign(b)[:bodySize+tagSize])
}

func (l *Log) sign(b []byte) []byte {
	h := hmac.New(sha256.New, l.secret)
	h.Write(b)
	return h.Sum(b)
}

// Position reads a cursor of a workspace's log. A forged one, one of another log, and one ahead of the head are
// BAD_USER_INPUT; one of before a restore is CURSOR_RESET.
func (l *Log) Position(workspaceID, cursor string, head int64) (int64, error) {
	bad := fault.New(fault.BadUserInput, "This cursor is not one of this log.")
	b, err := base64.RawURLEncoding.DecodeString(cursor)
	// The decoder passes line breaks over; a cursor that was altered so is too long.
	if err != nil || len(cursor) != base64.RawURLEncoding.EncodedLen(bodySize+tagSize) || len(b) != bodySize+tagSize || b[0] != cursorVersion {
		return 0, bad
	}
	if !hmac.Equal(b, l.sign(append([]byte(nil), b[:bodySize]...))[:bodySize+tagSize]) {
		return 0, bad
	}
	if id.From(id.Workspace, [16]byte(b[1:17])) != workspaceID {
		return 0, bad
	}
	if int64(binary.BigEndian.Uint64(b[17:25])) != l.epoch.Load() {
		return 0, fault.New(fault.CursorReset, "The log was restored from a backup: fetch what you show again and go on from a new cursor.")
	}
	seq := int64(binary.BigEndian.Uint64(b[25:33]))
	if seq < 0 || seq > head {
		return 0, bad
	}
	return seq, nil
}
