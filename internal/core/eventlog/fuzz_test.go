package eventlog_test

import (
	"testing"

	"karnak/ent/enttest"
	"karnak/internal/platform/fault"
	"karnak/internal/platform/id"
)

// FuzzPosition puts a text in place of a part of a good cursor: whatever comes of it is refused, unless it is the good one again.
func FuzzPosition(f *testing.F) {
	b, w := on(f, enttest.Open(f, enttest.Engines[0])), id.New(id.Workspace)
	good := b.Cursor(w, 7)
	f.Add(uint16(0), uint16(0), "")
	f.Add(uint16(0), uint16(999), "")
	f.Add(uint16(9), uint16(0), "\r\n")
	f.Add(uint16(43), uint16(1), "B")
	f.Add(uint16(0), uint16(999), b.Cursor(id.Platform, 7))
	f.Fuzz(func(t *testing.T, at, cut uint16, put string) {
		from := int(at) % (len(good) + 1)
		c := good[:from] + put + good[min(len(good), from+int(cut)):]
		seq, err := b.Position(w, c, 42)
		switch {
		case c == good && (err != nil || seq != 7):
			t.Errorf("the good cursor is at %d: %v", seq, err)
		case c != good && (fault.CodeOf(err) != fault.BadUserInput || seq != 0):
			t.Errorf("%q is taken for %d: %v", c, seq, err)
		}
	})
}
