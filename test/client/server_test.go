package client_test

import (
	"bufio"
	"context"
	"encoding/json"
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
	ending   = 30 * time.Second
)

// build builds the binary as it is shipped.
func build(t *testing.T) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), building)
	defer cancel()
	path := filepath.Join(t.TempDir(), "karnak")
	cmd := exec.CommandContext(ctx, "go", "build", "-buildvcs=false", "-o", path, "karnak/cmd/karnak")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("the binary cannot be built: %v\n%s", err, out)
	}
	return path
}

// server is a karnak that can be ended and started again at the same address.
type server struct {
	path, addr, log string
	args            []string

	mu     sync.Mutex
	cmd    *exec.Cmd
	exited chan struct{}
}

// newServer prepares a server with the demo; it ends with the test.
func newServer(t *testing.T, path string, args ...string) *server {
	t.Helper()
	s := &server{path: path, addr: freeAddress(t), log: filepath.Join(t.TempDir(), "log")}
	s.args = append([]string{"serve", "--seed-demo", "--log-level=warn", "--addr=" + s.addr}, args...)
	t.Cleanup(func() {
		if err := s.kill(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// freeAddress finds a port below those that the system gives to outgoing connections: it has to be free again after every end
// of the server.
func freeAddress(t *testing.T) string {
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

func (s *server) url() string { return "http://" + s.addr + "/graphql" }

// start returns when the server listens. One that runs is left alone.
func (s *server) start() error {
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
	cmd.Env, cmd.Stderr = surroundings(), log
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
		return fmt.Errorf("the server ended at once with %d\n%s", cmd.ProcessState.ExitCode(), s.logged())
	case <-time.After(starting):
		return errors.Join(fmt.Errorf("the server did not listen within %s\n%s", starting, s.logged()), s.signal(syscall.SIGKILL))
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

func (s *server) running() bool {
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

// kill ends the server by SIGKILL; one that does not run is left alone.
func (s *server) kill() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.running() {
		return nil
	}
	return s.signal(syscall.SIGKILL)
}

// drain ends the server by SIGTERM and tells its exit status and the milliseconds it took.
func (s *server) drain() ([]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.running() {
		return nil, errors.New("the server does not run")
	}
	began := time.Now()
	if err := s.signal(syscall.SIGTERM); err != nil {
		return nil, err
	}
	return json.Marshal(map[string]int64{"code": int64(s.cmd.ProcessState.ExitCode()), "ms": time.Since(began).Milliseconds()})
}

// signal sends a signal and waits for the end.
func (s *server) signal(sig syscall.Signal) error {
	if err := s.cmd.Process.Signal(sig); err != nil {
		return err
	}
	select {
	case <-s.exited:
		return nil
	case <-time.After(ending):
		_ = s.cmd.Process.Kill()
		return fmt.Errorf("the server did not end within %s of %s", ending, sig)
	}
}

// logged returns the end of what the server said.
func (s *server) logged() string {
	b, _ := os.ReadFile(s.log)
	return "the server's log ends with:\n" + string(b[max(0, len(b)-4000):])
}

// noErrors fails the test where the server logged an error.
func (s *server) noErrors(t *testing.T) {
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
