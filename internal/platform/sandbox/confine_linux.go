package sandbox

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// Of a process, beside what the program may hold: what the interpreter needs, and descriptors.
const (
	slack       = 48 << 20
	descriptors = 8
)

// confine bounds this process for good.
func confine(l Limits) error {
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return err
	}
	if err := alone(); err != nil {
		return err
	}
	data, err := held()
	if err != nil {
		return err
	}
	cpu := uint64(l.CPU/time.Second) + 2
	for what, most := range map[int]uint64{
		unix.RLIMIT_DATA: data + uint64(l.Memory) + slack, unix.RLIMIT_NOFILE: descriptors, unix.RLIMIT_FSIZE: 0, unix.RLIMIT_CORE: 0, unix.RLIMIT_CPU: cpu,
	} {
		if err := unix.Setrlimit(what, &unix.Rlimit{Cur: most, Max: most}); err != nil {
			return fmt.Errorf("limit %d: %w", what, err)
		}
	}
	return nil
}

// alone closes what was inherited beside the standard streams; the Go runtime's own stay.
func alone() error {
	all, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		return err
	}
	for _, e := range all {
		n, err := strconv.Atoi(e.Name())
		to, gone := os.Readlink("/proc/self/fd/" + e.Name())
		if err != nil || gone != nil || n <= 2 || strings.HasPrefix(to, "anon_inode:") || strings.HasPrefix(to, "/sys/fs/cgroup/") {
			continue
		}
		if err := unix.Close(n); err != nil {
			return err
		}
	}
	return nil
}

// held is what counts against RLIMIT_DATA of this process already.
func held() (uint64, error) {
	b, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0, err
	}
	for line := range bytes.Lines(b) {
		if rest, ok := bytes.CutPrefix(line, []byte("VmData:")); ok {
			kib, err := strconv.ParseUint(string(bytes.TrimSpace(bytes.TrimSuffix(bytes.TrimSpace(rest), []byte("kB")))), 10, 64)
			return kib << 10, err
		}
	}
	return 0, errors.New("the kernel does not tell what the process holds")
}

// spent is how long this process used the processor.
func spent() time.Duration {
	var u unix.Rusage
	if unix.Getrusage(unix.RUSAGE_SELF, &u) != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// apart has a process start in a group of its own that dies with this one and, where the kernel allows it, in namespaces without
// anything in them.
func apart(c *exec.Cmd, namespaces bool) {
	c.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	if namespaces {
		c.SysProcAttr.Cloneflags = syscall.CLONE_NEWUSER | syscall.CLONE_NEWNET | syscall.CLONE_NEWIPC | syscall.CLONE_NEWUTS | syscall.CLONE_NEWPID | syscall.CLONE_NEWNS
	}
}

// kill ends a process and whatever it has started.
func kill(c *exec.Cmd) {
	_ = syscall.Kill(-c.Process.Pid, syscall.SIGKILL)
	_ = c.Process.Kill()
}

// peak is the most that a process held that has ended, in bytes.
func peak(s *os.ProcessState) int64 {
	if u, ok := s.SysUsage().(*syscall.Rusage); ok {
		return u.Maxrss << 10
	}
	return 0
}
