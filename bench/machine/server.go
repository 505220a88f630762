package machine

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"syscall"
	"time"
)

// Server is a server's process.
type Server struct {
	// Addr is where it serves.
	Addr string
	cmd  *exec.Cmd
	out  bytes.Buffer
	gone chan struct{}
}

const (
	startWithin = 30 * time.Second
	stopWithin  = 20 * time.Second
)

// Start runs a program that serves at an address, and waits until it is ready.
func Start(ctx context.Context, cores Cores, addr, name string, env []string, args ...string) (*Server, error) {
	s := &Server{Addr: addr, cmd: cores.Command(name, args...), gone: make(chan struct{})}
	s.cmd.Env = append(os.Environ(), env...)
	s.cmd.Stdout, s.cmd.Stderr = &s.out, &s.out
	s.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // the terminal's signals are handed on in order
	if err := s.cmd.Start(); err != nil {
		return nil, err
	}
	go func() {
		_ = s.cmd.Wait() // what it printed says why it ended
		close(s.gone)
	}()
	if err := s.ready(ctx); err != nil {
		return nil, errors.Join(err, s.Stop())
	}
	return s, nil
}

func (s *Server) ready(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, startWithin)
	defer cancel()
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	for {
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+s.Addr+"/readyz", nil)
		if err != nil {
			return err
		}
		if res, err := client.Do(r); err == nil {
			_ = res.Body.Close() // it has been read
			if res.StatusCode == http.StatusOK {
				return nil
			}
		}
		select {
		case <-s.gone:
			return fmt.Errorf("%s ended: %s", s.cmd.Path, s.out.String())
		case <-ctx.Done():
			return fmt.Errorf("%s is not ready: %w: %s", s.cmd.Path, ctx.Err(), s.out.String())
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// Stop ends the process in order.
func (s *Server) Stop() error {
	_ = s.cmd.Process.Signal(syscall.SIGTERM) // it may have ended already
	select {
	case <-s.gone:
	case <-time.After(stopWithin):
		_ = s.cmd.Process.Kill()
		<-s.gone
		return fmt.Errorf("%s did not end: %s", s.cmd.Path, s.out.String())
	}
	return nil
}

// CPU returns a reading of the CPU times of this process and of the others given.
func (s *Server) CPU(others ...int) func() ([]time.Duration, error) {
	return func() ([]time.Duration, error) {
		var out []time.Duration
		for _, pid := range append([]int{s.cmd.Process.Pid}, others...) {
			t, err := CPU(pid)
			if err != nil {
				return nil, err
			}
			out = append(out, t)
		}
		return out, nil
	}
}

// FreeAddr returns an address of loopback that nothing listens on.
func FreeAddr(ctx context.Context) (string, error) {
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return l.Addr().String(), l.Close()
}

// PID is that of the process.
func (s *Server) PID() int { return s.cmd.Process.Pid }
