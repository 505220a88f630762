// Package rig runs karnak's binary for tests that take away what it stands on: its life, its disk, its database, its bus.
package rig

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"
)

const (
	startWithin = 60 * time.Second
	stopWithin  = 30 * time.Second
	askEvery    = 3 * time.Millisecond
	askWithin   = 5 * time.Second
)

// Build builds the binary as it is shipped into a folder and returns its path. Arguments are further flags of go build.
func Build(ctx context.Context, folder string, args ...string) (string, error) {
	return build(ctx, filepath.Join(folder, "karnak"), "karnak/cmd/karnak", args...)
}

func build(ctx context.Context, path, pkg string, args ...string) (string, error) {
	args = append(append([]string{"build", "-buildvcs=false", "-o", path}, args...), pkg)
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("%s cannot be built: %w\n%s", pkg, err, out)
	}
	return path, nil
}

// Server is a karnak that is ended and started again at one address.
type Server struct {
	// Addr is host:port.
	Addr string
	// Env are further variables of its environment.
	Env    []string
	binary string
	args   []string
	log    string
	cmd    *exec.Cmd
	gone   chan struct{}
}

// secret is the key of every run: tokens and cursors have to outlive the process.
const secret = "fb54459ef79ddcc845a366843446d87a40dc6ad0d0c9a221c2736792f57e50b5"

// NewServer prepares a server; its log goes to a file that is kept over restarts. Args are those of karnak serve.
func NewServer(binary, log string, args ...string) (*Server, error) {
	addr, err := freeAddress()
	if err != nil {
		return nil, err
	}
	return &Server{Addr: addr, binary: binary, log: log, args: append([]string{"serve", "--addr=" + addr}, args...)}, nil
}

// freeAddress finds a port below those that the system gives to outgoing connections: it has to be free again after every
// end of the server.
func freeAddress() (string, error) {
	var err error
	for range 200 {
		var l net.Listener
		if l, err = net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", 10_000+rand.IntN(20_000))); err == nil {
			return l.Addr().String(), l.Close()
		}
	}
	return "", err
}

// Start starts the process and returns at once.
func (s *Server) Start() error {
	log, err := os.OpenFile(s.log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer func() { _ = log.Close() }() // the process has its own
	cmd := exec.Command(s.binary, s.args...)
	cmd.Env = append([]string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + os.Getenv("HOME"), "KARNAK_PROFILE=production", "KARNAK_LOG_LEVEL=warn", "KARNAK_SECRET=" + secret,
		"KARNAK_TRUSTED_PROXIES=127.0.0.1/32", "KARNAK_ACCESS_TTL=24h",
	}, s.Env...)
	cmd.Stderr = log
	gone := make(chan struct{})
	if err := cmd.Start(); err != nil {
		return err
	}
	go func() {
		_ = cmd.Wait() // it is ended by a signal
		close(gone)
	}()
	s.cmd, s.gone = cmd, gone
	return nil
}

// Ready waits until the server takes requests.
func (s *Server) Ready(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, startWithin)
	defer cancel()
	for {
		if status, err := s.Ask(ctx, "/readyz"); err == nil && status == http.StatusOK {
			return nil
		}
		select {
		case <-s.gone:
			return fmt.Errorf("karnak ended: %s\n%s", s.cmd.ProcessState, s.Logged())
		case <-ctx.Done():
			return fmt.Errorf("karnak is not ready: %w\n%s", context.Cause(ctx), s.Logged())
		case <-time.After(askEvery):
		}
	}
}

// Ask requests a page by GET and returns its status.
func (s *Server) Ask(ctx context.Context, path string) (int, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+s.Addr+path, nil)
	if err != nil {
		return 0, err
	}
	client := &http.Client{Timeout: askWithin, Transport: &http.Transport{DisableKeepAlives: true}}
	res, err := client.Do(r)
	if err != nil {
		return 0, err
	}
	return res.StatusCode, res.Body.Close()
}

// Alive reports whether the process runs.
func (s *Server) Alive() bool {
	if s.cmd == nil {
		return false
	}
	select {
	case <-s.gone:
		return false
	default:
		return true
	}
}

// Fallen waits until the process has ended by itself, and demands that it was by SIGKILL.
func (s *Server) Fallen(ctx context.Context) error {
	select {
	case <-s.gone:
	case <-ctx.Done():
		return fmt.Errorf("karnak goes on: %w", context.Cause(ctx))
	}
	if status, ok := s.cmd.ProcessState.Sys().(syscall.WaitStatus); !ok || status.Signal() != syscall.SIGKILL {
		return fmt.Errorf("karnak ended: %s\n%s", s.cmd.ProcessState, s.Logged())
	}
	return nil
}

// PID is the process's id.
func (s *Server) PID() int { return s.cmd.Process.Pid }

// Kill ends the process by SIGKILL and waits for its end. One that does not run is left alone.
func (s *Server) Kill() error {
	if !s.Alive() {
		return nil
	}
	return s.signal(syscall.SIGKILL)
}

// Pause stops the process where it stands: its connections stay open and nothing answers. Resume lets it go on.
func (s *Server) Pause() error { return s.cmd.Process.Signal(syscall.SIGSTOP) }

// Resume lets the process go on after Pause.
func (s *Server) Resume() error { return s.cmd.Process.Signal(syscall.SIGCONT) }

// Stop ends the process in order.
func (s *Server) Stop() error {
	if !s.Alive() {
		return nil
	}
	if err := s.signal(syscall.SIGTERM); err != nil {
		return err
	}
	if !s.cmd.ProcessState.Success() {
		return fmt.Errorf("karnak ended with %s\n%s", s.cmd.ProcessState, s.Logged())
	}
	return nil
}

func (s *Server) signal(sig syscall.Signal) error {
	_ = s.cmd.Process.Signal(sig) // it may have ended in this moment
	select {
	case <-s.gone:
		return nil
	case <-time.After(stopWithin):
		return errors.Join(fmt.Errorf("karnak did not end within %s of %s", stopWithin, sig), s.cmd.Process.Kill())
	}
}

// Logged returns the end of what the server logged.
func (s *Server) Logged() string {
	b, _ := os.ReadFile(s.log)
	return "the server's log ends with:\n" + string(b[max(0, len(b)-4000):])
}
