package sandbox

import (
	"bytes"
	"errors"
	"os"
	"strconv"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// nobody is who a child is in its own namespace, so that it has no capability there.
const nobody = 65534

func attributes(apart bool) *syscall.SysProcAttr {
	a := &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	if apart {
		a.Cloneflags = unix.CLONE_NEWUSER | unix.CLONE_NEWPID | unix.CLONE_NEWNET | unix.CLONE_NEWNS | unix.CLONE_NEWIPC | unix.CLONE_NEWUTS
		a.UidMappings = []syscall.SysProcIDMap{{ContainerID: nobody, HostID: os.Getuid(), Size: 1}}
		a.GidMappings = []syscall.SysProcIDMap{{ContainerID: nobody, HostID: os.Getgid(), Size: 1}}
	}
	return a
}

func killGroup(p *os.Process) { _ = unix.Kill(-p.Pid, unix.SIGKILL) }

// wait returns when the child is dead and reaped.
func (c *process) wait() {
	for {
		err := unix.Waitid(unix.P_PID, c.cmd.Process.Pid, nil, unix.WEXITED|unix.WNOWAIT, nil)
		if !errors.Is(err, unix.EINTR) {
			break
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	killGroup(c.cmd.Process)
	_ = c.cmd.Wait()
	c.gone = true
}

// cpu is the processor time of a living child.
func (c *process) cpu() time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	var t unix.Timespec
	// The number of another process's clock is made of its own number: clock_getcpuclockid(3).
	if c.gone || unix.ClockGettime(int32(^c.cmd.Process.Pid)<<3|2, &t) != nil {
		return 0
	}
	return time.Duration(t.Nano())
}

// memory is what a living child has resident, now and at most.
func (c *process) memory() (now, peak int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.gone {
		return 0, 0
	}
	b, err := os.ReadFile("/proc/" + strconv.Itoa(c.cmd.Process.Pid) + "/status")
	if err != nil {
		return 0, 0
	}
	return field(b, "\nVmRSS:"), field(b, "\nVmHWM:")
}

func field(b []byte, name string) int64 {
	_, rest, _ := bytes.Cut(b, []byte(name))
	if f := bytes.Fields(rest[:min(len(rest), 40)]); len(f) > 0 {
		n, _ := strconv.ParseInt(string(f[0]), 10, 64)
		return n << 10
	}
	return 0
}
