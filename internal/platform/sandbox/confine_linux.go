package sandbox

import (
	"bytes"
	"fmt"
	"math"
	"os"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// shut takes away what no child needs, program or not.
func shut() error {
	closeRest()
	// No other process of this user may look into this one's memory.
	if err := unix.Prctl(unix.PR_SET_DUMPABLE, 0, 0, 0, 0); err != nil {
		return fmt.Errorf("sandbox: dumpable: %w", err)
	}
	return limit(map[int]uint64{unix.RLIMIT_CORE: 0, unix.RLIMIT_FSIZE: 0, unix.RLIMIT_MSGQUEUE: 0, unix.RLIMIT_MEMLOCK: 0})
}

// closeRest closes what the parent left open to its children, which Go's own descriptors are not, and what Go keeps to look
// how many processors there are, which a child has set itself. Without /proc they stay.
func closeRest() {
	open, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		return
	}
	for _, f := range open {
		n, err := strconv.Atoi(f.Name())
		if to, _ := os.Readlink("/proc/self/fd/" + f.Name()); err == nil && n > 2 && !strings.HasPrefix(to, "anon_inode:") {
			_ = unix.Close(n)
		}
	}
}

// confine sets the kernel's limits and the filter of system calls, for the rest of the process's life.
func confine(l Limits) error {
	bounds := map[int]uint64{
		unix.RLIMIT_NOFILE: 0,
		unix.RLIMIT_CPU:    uint64(math.Ceil((ownCPU() + l.CPU).Seconds())) + 1,
	}
	// Not RLIMIT_DATA: the kernel does not ask it where memory is mapped over what was reserved before, which is how Go's heap
	// grows, and then refuses the runtime some trifle, whereupon that crashes in odd places.
	if mapped := ownSpace(); mapped > 0 && !racing {
		bounds[unix.RLIMIT_AS] = mapped + uint64(l.Memory) + uint64(l.Memory)/4 + arenas
	}
	if err := limit(bounds); err != nil {
		return err
	}
	return filter()
}

func limit(bounds map[int]uint64) error {
	for what, most := range bounds {
		if err := unix.Setrlimit(what, &unix.Rlimit{Cur: most, Max: most}); err != nil {
			return fmt.Errorf("sandbox: limit %d: %w", what, err)
		}
	}
	return nil
}

// arenas is what Go's heap may reserve beyond what it uses, in pieces of 64 MiB.
const arenas = 128 << 20

// ownSpace is what RLIMIT_AS counts, 0 where there is no /proc.
func ownSpace() uint64 {
	b, err := os.ReadFile("/proc/self/statm")
	if f := bytes.Fields(b); err == nil && len(f) > 0 {
		n, _ := strconv.ParseUint(string(f[0]), 10, 64)
		return n * uint64(os.Getpagesize())
	}
	return 0
}

func ownCPU() time.Duration {
	var t unix.Timespec
	if unix.ClockGettime(unix.CLOCK_PROCESS_CPUTIME_ID, &t) != nil {
		return 0
	}
	return time.Duration(t.Nano())
}
