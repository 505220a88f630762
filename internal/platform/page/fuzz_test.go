package page_test

import (
	"testing"
	"time"

	"karnak/internal/platform/fault"
	"karnak/internal/platform/page"
)

// FuzzCursor puts a text in place of a part of a good cursor: whatever comes of it is refused, unless it is the good one again.
func FuzzCursor(f *testing.F) {
	l := list("secret", "rows")
	good := l.Cursor(row{"name", 7, time.UnixMicro(1_000_000)})
	f.Add(uint16(0), uint16(0), "")
	f.Add(uint16(0), uint16(999), "")
	f.Add(uint16(3), uint16(1), "\n")
	f.Add(uint16(len(good)-1), uint16(1), "_")
	f.Add(uint16(16), uint16(999), "W10")
	f.Fuzz(func(t *testing.T, at, cut uint16, put string) {
		from := int(at) % (len(good) + 1)
		c := good[:from] + put + good[min(len(good), from+int(cut)):]
		_, err := l.Window(page.Args{After: &c})
		if c != good && fault.CodeOf(err) != fault.BadUserInput || c == good && err != nil {
			t.Errorf("%q is taken for %q: %v", c, good, err)
		}
	})
}
