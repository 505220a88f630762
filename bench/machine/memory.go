package machine

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"
)

// Settled returns the resident memory of a process that has nothing to do, once what it worked for before is given back: when
// it has not fallen for some seconds.
func Settled(ctx context.Context, pid int) (least int64, err error) {
	const step, still = 500 * time.Millisecond, 12
	for since := 0; since < still; since++ {
		n, err := Resident(pid)
		if err != nil {
			return 0, err
		}
		if least == 0 || n < least {
			least, since = n, 0
		}
		select {
		case <-time.After(step):
		case <-ctx.Done():
			return 0, ctx.Err()
		}
	}
	return least, nil
}

// Resident returns the resident memory of a process in bytes.
func Resident(pid int) (int64, error) {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(b)) {
		if rest, ok := strings.CutPrefix(line, "VmRSS:"); ok {
			kb, err := strconv.ParseInt(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(rest), "kB")), 10, 64)
			return kb << 10, err
		}
	}
	return 0, fmt.Errorf("/proc/%d/status does not tell the resident memory", pid)
}
