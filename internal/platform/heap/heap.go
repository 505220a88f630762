// Package heap sets how rarely the garbage collector runs.
package heap

import (
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"sync"
)

// usual is the collector's own setting: it runs when the heap has doubled.
const usual = 100

// first is how much the collector takes for alive before it has ever run.
const first = 4 << 20

// Widen lets the heap grow by at least room bytes before it is collected, where the collector by itself waits only until it
// has doubled. A server whose live data is small compared to what its requests allocate spends much less time on collecting
// then; once as much as room is alive, nothing is different. The setting is the process's: a GOGC in its environment goes
// before it, and a memory limit goes on to hold. narrow puts it back.
func Widen(room uint64) (narrow func()) {
	w := &widener{room: room, percent: percentFor(room, first)}
	if before := debug.SetGCPercent(w.percent); before != usual {
		debug.SetGCPercent(before)
		return func() {}
	}
	w.arm()
	return w.narrow
}

func percentFor(room, alive uint64) int {
	return int(max(usual, room*100/max(alive, 1<<20)))
}

type widener struct {
	room    uint64
	mu      sync.Mutex
	percent int
	done    bool
}

func (w *widener) narrow() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.done {
		w.done = true
		debug.SetGCPercent(usual)
	}
}

// collected is garbage from the start: that it is found tells that the collector has run.
type collected struct{ by *widener }

func (w *widener) arm() { runtime.SetFinalizer(&collected{w}, (*collected).again) }

func (c *collected) again() {
	if c.by.adjust() {
		c.by.arm()
	}
}

// adjust sets the percentage for what is alive now, where it differs by more than a tenth: each change stops the world for a
// moment. It is false after narrow.
func (w *widener) adjust() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.done {
		return false
	}
	sample := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	metrics.Read(sample)
	if sample[0].Value.Kind() != metrics.KindUint64 {
		return true
	}
	p := percentFor(w.room, sample[0].Value.Uint64())
	if p*10 < w.percent*9 || p*10 > w.percent*11 {
		w.percent = p
		debug.SetGCPercent(p)
	}
	return true
}
