package heap

import (
	"context"
	"runtime/debug"
	"runtime/metrics"
	"time"

	"karnak/internal/platform/clock"
)

const (
	// settleEvery is how often Settle looks.
	settleEvery = 2 * time.Second
	// quiet is the most that a process allocates from one look to the next while it is quiet.
	quiet = 16 << 20
	// slack is what may be held beyond what was held when it last settled; half of what is alive where that is more.
	slack = 16 << 20
)

// Settle gives memory back to the system when a burst is over, until the context ends. The collector runs when the heap has
// grown: of a process that has fallen quiet after a burst it would keep the garbage for minutes. While there is work to do
// nothing is different.
func Settle(ctx context.Context, c clock.Clock) {
	s := &settler{}
	s.look()
	for {
		select {
		case <-ctx.Done():
			return
		case <-c.After(settleEvery):
			s.look()
		}
	}
}

type settler struct{ held, allocated uint64 }

func (s *settler) look() {
	u := read()
	calm := u.allocated-s.allocated <= quiet
	s.allocated = u.allocated
	switch {
	case s.held == 0 || u.held < s.held:
		s.held = u.held
	case calm && u.held > s.held+max(slack, u.live/2):
		debug.FreeOSMemory()
		s.held = read().held
	}
}

// usage is what the process holds of the system's memory, what of it was alive when it was last collected, and what was ever
// allocated.
type usage struct{ held, live, allocated uint64 }

func read() usage {
	m := []metrics.Sample{
		{Name: "/memory/classes/total:bytes"}, {Name: "/memory/classes/heap/released:bytes"}, {Name: "/gc/heap/live:bytes"}, {Name: "/gc/heap/allocs:bytes"},
	}
	metrics.Read(m)
	return usage{held: m[0].Value.Uint64() - m[1].Value.Uint64(), live: m[2].Value.Uint64(), allocated: m[3].Value.Uint64()}
}
