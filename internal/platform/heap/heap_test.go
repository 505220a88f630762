package heap_test

import (
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"testing"

	"karnak/internal/platform/heap"
)

// percent is the collector's present setting.
func percent(t *testing.T) uint64 {
	t.Helper()
	s := []metrics.Sample{{Name: "/gc/gogc:percent"}}
	metrics.Read(s)
	return s[0].Value.Uint64()
}

// settled collects until the setting is what is wanted: finalizers run in their own time after each collection.
func settled(t *testing.T, what string, ok func(uint64) bool) {
	t.Helper()
	for range 200 {
		runtime.GC()
		runtime.Gosched()
		if ok(percent(t)) {
			return
		}
	}
	t.Errorf("%s: the setting stays at %d", what, percent(t))
}

// The setting is the process's, so that this is one test.
func TestWiden(t *testing.T) {
	const room = 64 << 20
	narrow := heap.Widen(room)
	if got := percent(t); got != 1600 {
		t.Errorf("at the start the setting is %d, want 1600", got)
	}
	settled(t, "with little alive", func(p uint64) bool { return p > 800 })

	alive := make([][]byte, 0, 128)
	for range 128 {
		alive = append(alive, make([]byte, 1<<20))
	}
	settled(t, "with twice the room alive", func(p uint64) bool { return p == 100 })
	runtime.KeepAlive(alive)
	settled(t, "with little alive again", func(p uint64) bool { return p > 800 })

	narrow()
	if got := percent(t); got != 100 {
		t.Errorf("afterwards the setting is %d, want 100", got)
	}
	narrow()

	debug.SetGCPercent(150)
	defer debug.SetGCPercent(100)
	defer heap.Widen(room)()
	if got := percent(t); got != 150 {
		t.Errorf("a setting of the operator's became %d", got)
	}
}
