package heap_test

import (
	"context"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"testing"
	"time"

	"karnak/internal/platform/clock"
	"karnak/internal/platform/heap"
)

// held is what the process holds of the system's memory.
func held() uint64 {
	m := []metrics.Sample{{Name: "/memory/classes/total:bytes"}, {Name: "/memory/classes/heap/released:bytes"}}
	metrics.Read(m)
	return m[0].Value.Uint64() - m[1].Value.Uint64()
}

// burst allocates 128 MiB and lets go of them.
func burst() {
	b := make([][]byte, 128)
	for i := range b {
		b[i] = make([]byte, 1<<20)
	}
	runtime.KeepAlive(b)
}

// Memory is the process's, as is the collector: no other test runs beside.
func TestSettle(t *testing.T) {
	defer debug.SetGCPercent(debug.SetGCPercent(1600))
	debug.FreeOSMemory()
	before := held()
	c := clock.NewManual(time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC))
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { defer close(done); heap.Settle(ctx, c) }()
	burst()
	if during := held(); during < before+100<<20 {
		t.Fatalf("the burst took %d MiB", (during-before)>>20)
	}
	for range 1000 {
		if c.Advance(2 * time.Second); held() < before+48<<20 {
			break
		}
		time.Sleep(time.Millisecond)
	}
	if after := held(); after > before+48<<20 {
		t.Errorf("%d MiB are held on", (after-before)>>20)
	}
	stop()
	<-done
}
