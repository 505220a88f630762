package main

import (
	"bufio"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// startJanitor starts a process that cleans up when this one dies, even by SIGKILL: it waits for the end of a pipe that only
// this process holds open.
func startJanitor(dir string) (io.Closer, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	cmd := exec.Command(self, janitorFlag, dir)
	cmd.Env = []string{"PATH=" + os.Getenv("PATH")}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	pipe, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	return janitorPipe{pipe, cmd}, nil
}

type janitorPipe struct {
	pipe io.Closer
	cmd  *exec.Cmd
}

func (p janitorPipe) Close() error { return errors.Join(p.pipe.Close(), p.cmd.Wait()) }

// janitor waits for its parent's end, then ends the server, should it run, and removes the directory.
func janitor(dir string, parent io.Reader) int {
	_, _ = io.Copy(io.Discard, parent)
	if pid, ok := postmaster(filepath.Join(dir, "data", "postmaster.pid")); ok {
		_ = syscall.Kill(pid, syscall.SIGQUIT)
		for range 200 {
			if err := syscall.Kill(pid, 0); err != nil {
				break
			}
			time.Sleep(50 * time.Millisecond) // what is not a child gives no signal of its end
		}
	}
	if err := os.RemoveAll(dir); err != nil {
		return 1
	}
	return 0
}

func postmaster(path string) (int, bool) {
	f, err := os.Open(path)
	if err != nil {
		return 0, false
	}
	defer f.Close()
	s := bufio.NewScanner(f)
	s.Scan()
	pid, err := strconv.Atoi(strings.TrimSpace(s.Text()))
	return pid, err == nil && pid > 1
}
