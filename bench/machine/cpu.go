// Package machine reads the CPU time of processes and binds processes to cores. It needs Linux, and taskset for the binding.
package machine

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"
)

// tick is the unit of the times in /proc, USER_HZ, which Linux fixes at 100 for programs.
const tick = 10 * time.Millisecond

// stat is what /proc tells of a process: its parent, the CPU time it used, and that of its children who ended.
type stat struct {
	parent      int
	self, ended time.Duration
}

func read(pid int) (stat, error) {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return stat{}, err
	}
	// The name in parentheses may hold blanks; the numbers begin after it.
	fields := strings.Fields(string(b[bytes.LastIndexByte(b, ')')+1:]))
	if len(fields) < 15 {
		return stat{}, fmt.Errorf("/proc/%d/stat has %d fields", pid, len(fields))
	}
	ticks := func(i int) time.Duration {
		n, _ := strconv.ParseInt(fields[i], 10, 64) // the kernel wrote it
		return time.Duration(n) * tick
	}
	parent, err := strconv.Atoi(fields[1])
	return stat{parent, ticks(11) + ticks(12), ticks(13) + ticks(14)}, err
}

// CPU returns the CPU time that a process has used, with its children.
func CPU(pid int) (time.Duration, error) {
	s, err := read(pid)
	if err != nil {
		return 0, err
	}
	total := s.self + s.ended
	for _, child := range children(pid) {
		if c, err := read(child); err == nil { // one that ended since is counted with its parent
			total += c.self + c.ended
		}
	}
	return total, nil
}

func children(pid int) (out []int) {
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return nil
	}
	for _, e := range entries {
		n, err := strconv.Atoi(e.Name())
		if err != nil {
			continue
		}
		if s, err := read(n); err == nil && s.parent == pid {
			out = append(out, n)
		}
	}
	return out
}

// Parent returns the process that started another.
func Parent(pid int) (int, error) {
	s, err := read(pid)
	return s.parent, err
}
