package binary

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"time"

	"golang.org/x/sys/unix"
)

// Processor returns the processor time that the running process has used, of all its threads, to the nanosecond.
func (s *Server) Processor() (time.Duration, error) {
	// A clock of a process is named by its number, as clock_getcpuclockid(3) does it.
	const scheduled = 2
	var now unix.Timespec
	if err := unix.ClockGettime(int32(^s.pid()<<3|scheduled), &now); err != nil {
		return 0, fmt.Errorf("the clock of the process cannot be read: %w", err)
	}
	return time.Duration(now.Nano()), nil
}

// Resident returns the bytes of memory that the running process holds.
func (s *Server) Resident() (int64, error) {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", s.pid()))
	if err != nil {
		return 0, err
	}
	fields := bytes.Fields(b)
	if len(fields) < 2 {
		return 0, fmt.Errorf("statm is %q", b)
	}
	pages, err := strconv.ParseInt(string(fields[1]), 10, 64)
	return pages * int64(os.Getpagesize()), err
}

func (s *Server) pid() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.cmd.Process.Pid
}
