package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

const (
	startTimeout = 60 * time.Second
	stopTimeout  = 15 * time.Second
)

// cluster is a running PostgreSQL of our own.
type cluster struct {
	URL string
	// bin is the folder of PostgreSQL's programs.
	bin      string
	dir      string
	server   *exec.Cmd
	exited   chan struct{}
	watchdog io.Closer
	log      *lastLines
}

func start(ctx context.Context, durable bool) (*cluster, error) {
	bin, err := findServer(ctx)
	if err != nil {
		return nil, err
	}
	who, err := serverUser()
	if err != nil {
		return nil, err
	}
	dir, err := makeDir(who)
	if err != nil {
		return nil, err
	}
	c := &cluster{bin: bin, dir: dir, log: &lastLines{}}
	if c.watchdog, err = startJanitor(dir); err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	password := rand.Text()
	if err = c.initialise(ctx, bin, who, password); err == nil {
		err = c.launch(ctx, bin, who, durable, password)
	}
	if err != nil {
		return nil, errors.Join(err, c.Stop())
	}
	return c, nil
}

func (c *cluster) data() string { return filepath.Join(c.dir, "data") }

func (c *cluster) initialise(ctx context.Context, bin string, who *account, password string) error {
	file := filepath.Join(c.dir, "password")
	if err := os.WriteFile(file, []byte(password), 0o600); err != nil {
		return err
	}
	if err := who.own(file); err != nil {
		return err
	}
	cmd := who.command(filepath.Join(bin, "initdb"), c.dir,
		"--pgdata="+c.data(), "--username=postgres", "--pwfile="+file, "--auth=scram-sha-256",
		"--locale=C", "--encoding=UTF8", "--no-sync")
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := runOrKill(ctx, cmd); err != nil {
		return fmt.Errorf("initdb: %w: %s", err, tail(out.String(), 5))
	}
	return nil
}

// launch starts the server on a free port; another process may take the port first, so it is tried a few times.
func (c *cluster) launch(ctx context.Context, bin string, who *account, durable bool, password string) error {
	var err error
	for range 5 {
		var port int
		if port, err = freePort(ctx); err != nil {
			return err
		}
		if err = c.serve(ctx, bin, who, durable, port); err == nil {
			c.URL = fmt.Sprintf("postgres://postgres:%s@127.0.0.1:%d/postgres?sslmode=disable", password, port)
			return nil
		}
		if !strings.Contains(c.log.String(), "Address already in use") {
			return err
		}
	}
	return err
}

func (c *cluster) serve(ctx context.Context, bin string, who *account, durable bool, port int) error {
	args := []string{"-D", c.data()}
	for _, setting := range settings(durable, port) {
		args = append(args, "-c", setting)
	}
	cmd := who.command(filepath.Join(bin, "postgres"), c.dir, args...)
	stderr, err := cmd.StderrPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	exited, ready := make(chan struct{}), make(chan struct{})
	c.server, c.exited = cmd, exited
	go func() {
		c.log.follow(stderr, "ready to accept connections", ready)
		_ = cmd.Wait() // the log says why it ended
		close(exited)
	}()
	select {
	case <-ready:
		return nil
	case <-exited:
		return fmt.Errorf("postgres ended at once: %s", c.log)
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(startTimeout):
		return fmt.Errorf("postgres is not ready after %s: %s", startTimeout, c.log)
	}
}

func settings(durable bool, port int) []string {
	sync := "off"
	if durable {
		sync = "on"
	}
	return []string{
		"listen_addresses=127.0.0.1", "port=" + strconv.Itoa(port), "unix_socket_directories=", "max_connections=200",
		"fsync=" + sync, "full_page_writes=" + sync, "synchronous_commit=on", "shared_buffers=128MB",
		"timezone=UTC", "log_timezone=UTC", "log_min_messages=error", "logging_collector=off", "log_destination=stderr",
	}
}

// Stop ends the server and removes the directory.
func (c *cluster) Stop() error {
	var errs []error
	if c.server != nil {
		_ = c.server.Process.Signal(syscall.SIGINT) // a fast shutdown; it may have ended already
		select {
		case <-c.exited:
		case <-time.After(stopTimeout):
			_ = c.server.Process.Signal(syscall.SIGQUIT)
			<-c.exited
		}
	}
	errs = append(errs, os.RemoveAll(c.dir), c.watchdog.Close())
	return errors.Join(errs...)
}

func freePort(ctx context.Context) (int, error) {
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	return l.Addr().(*net.TCPAddr).Port, l.Close()
}

// runOrKill runs a command to its end, or kills it with the context.
func runOrKill(ctx context.Context, cmd *exec.Cmd) error {
	if err := cmd.Start(); err != nil {
		return err
	}
	stop := context.AfterFunc(ctx, func() { _ = cmd.Process.Kill() })
	defer stop()
	return cmd.Wait()
}

// lastLines keeps the end of the server's log.
type lastLines struct {
	mu    sync.Mutex
	lines []string
}

func (l *lastLines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Join(l.lines, "\n")
}

// follow reads until the end and closes found at the first line that holds the mark.
func (l *lastLines) follow(r io.Reader, mark string, found chan<- struct{}) {
	const keep = 20
	seen := false
	s := bufio.NewScanner(r)
	s.Buffer(nil, 1<<20)
	for s.Scan() {
		l.mu.Lock()
		l.lines = append(l.lines[max(0, len(l.lines)-keep):], s.Text())
		l.mu.Unlock()
		if !seen && strings.Contains(s.Text(), mark) {
			seen = true
			close(found)
		}
	}
	_, _ = io.Copy(io.Discard, r)
}
