// Package binary builds karnak as it is shipped and runs it as a process of its own, for tests where the process matters.
package binary

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

const (
	building = 5 * time.Minute
	starting = 30 * time.Second
	// Ending is how long a server may take to end.
	Ending = 30 * time.Second
)

// Build builds the binary into a folder and returns its path.
func Build(ctx context.Context, folder string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, building)
	defer cancel()
	path := filepath.Join(folder, "karnak")
	cmd := exec.CommandContext(ctx, "go", "build", "-buildvcs=false", "-o", path, "karnak/cmd/karnak")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("the binary cannot be built: %w\n%s", err, out)
	}
	return path, nil
}

// Server is a karnak that can be ended and started again at the same address.
type Server struct {
	// Addr is where it listens.
	Addr string
	path string
	log  string
	args []string

	mu     sync.Mutex
	cmd    *exec.Cmd
	exited chan struct{}
}

// New prepares a server: karnak serve with these arguments, at an address of its own. It ends with the test.
func New(t testing.TB, path string, args ...string) *Server {
	t.Helper()
	s := &Server{path: path, Addr: FreeAddress(t), log: filepath.Join(t.TempDir(), "log")}
	s.args = append([]string{"serve", "--log-level=warn", "--addr=" + s.Addr}, args...)
	t.Cleanup(func() {
		if err := s.Kill(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// FreeAddress finds a port below those that the system gives to outgoing connections: it has to be free again after every end
// of a server.
func FreeAddress(t testing.TB) string {
	t.Helper()
	for range 100 {
		l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", 20_000+rand.IntN(12_000)))
		if err != nil {
			continue
		}
		addr := l.Addr().String()
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
		return addr
	}
	t.Fatal("there is no free port")
	return ""
}

// URL is the address of /graphql.
func (s *Server) URL() string { return "http://" + s.Addr + "/graphql" }

// Start returns when the server listens. One that runs is left alone.
func (s *Server) Start() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.running() {
		return nil
	}
	log, err := os.OpenFile(s.log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer func() { _ = log.Close() }()
	cmd := exec.Command(s.path, s.args...)
	cmd.Env, cmd.Stderr = Surroundings(), log
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	exited, greeted := make(chan struct{}), make(chan struct{})
	go func() {
		greet(out, greeted)
		_ = cmd.Wait()
		close(exited)
	}()
	s.cmd, s.exited = cmd, exited
	select {
	case <-greeted:
		return nil
	case <-exited:
		return fmt.Errorf("the server ended at once with %d\n%s", cmd.ProcessState.ExitCode(), s.Logged())
	case <-time.After(starting):
		return errors.Join(fmt.Errorf("the server did not listen within %s\n%s", starting, s.Logged()), s.signal(syscall.SIGKILL))
	}
}

// greet reads to the end, and closes a channel at the line that tells where the API is.
func greet(out io.Reader, greeted chan<- struct{}) {
	lines := bufio.NewScanner(out)
	for heard := false; lines.Scan(); {
		if !heard && strings.Contains(lines.Text(), "/graphql ") {
			heard = true
			close(greeted)
		}
	}
}

// Run runs another command of the same binary to its end, and returns what it said and its exit status.
func (s *Server) Run(ctx context.Context, args ...string) (said string, code int) {
	cmd := exec.CommandContext(ctx, s.path, args...)
	cmd.Env = Surroundings()
	out, _ := cmd.CombinedOutput() // the exit status tells
	return string(out), cmd.ProcessState.ExitCode()
}

// Ended waits until the server has ended by itself, and returns its exit status.
func (s *Server) Ended(ctx context.Context) (code int, err error) {
	select {
	case <-s.exited:
		return s.cmd.ProcessState.ExitCode(), nil
	case <-ctx.Done():
		return 0, fmt.Errorf("the server goes on: %w", context.Cause(ctx))
	}
}

// Running reports whether the process is there.
func (s *Server) Running() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.running()
}

func (s *Server) running() bool {
	if s.exited == nil {
		return false
	}
	select {
	case <-s.exited:
		return false
	default:
		return true
	}
}

// Kill ends the server by SIGKILL; one that does not run is left alone.
func (s *Server) Kill() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.running() {
		return nil
	}
	return s.signal(syscall.SIGKILL)
}

// Drain ends the server by SIGTERM and tells its exit status and the time it took.
func (s *Server) Drain() (code int, took time.Duration, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.running() {
		return 0, 0, errors.New("the server does not run")
	}
	began := time.Now()
	if err := s.signal(syscall.SIGTERM); err != nil {
		return 0, 0, err
	}
	return s.cmd.ProcessState.ExitCode(), time.Since(began), nil
}

// signal sends a signal and waits for the end.
func (s *Server) signal(sig syscall.Signal) error {
	if err := s.cmd.Process.Signal(sig); err != nil {
		return err
	}
	select {
	case <-s.exited:
		return nil
	case <-time.After(Ending):
		_ = s.cmd.Process.Kill()
		return fmt.Errorf("the server did not end within %s of %s", Ending, sig)
	}
}

// Logged returns the end of what the server said.
func (s *Server) Logged() string {
	b, _ := os.ReadFile(s.log)
	return "the server's log ends with:\n" + string(b[max(0, len(b)-4000):])
}

// NoErrors fails the test where the server logged an error.
func (s *Server) NoErrors(t testing.TB) {
	t.Helper()
	b, err := os.ReadFile(s.log)
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(b)) {
		if !strings.Contains(line, `"level":"WARN"`) {
			t.Errorf("the server's log has: %s", line)
		}
	}
}

// Surroundings are what every program needs of the environment; settings of karnak are not among it.
func Surroundings() []string {
	var out []string
	for _, name := range []string{"PATH", "HOME", "TMPDIR"} {
		if v, ok := os.LookupEnv(name); ok {
			out = append(out, name+"="+v)
		}
	}
	return out
}
