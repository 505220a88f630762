package rig

import (
	"bufio"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// Cluster is a PostgreSQL of a test's own, which it may stop and pause. tools/testpg makes it and tidies up behind it.
type Cluster struct {
	// URL is that of its database postgres.
	URL  string
	data string
	args []string
	pid  int
	tool *exec.Cmd
	keep io.Closer
	// again is the server after the first stop.
	again *exec.Cmd
}

const variable = "KARNAK_TEST_POSTGRES"

// NewCluster starts a server; flags are those of testpg. Close ends it; it ends, too, when this process does.
func NewCluster(ctx context.Context, folder string, flags ...string) (c *Cluster, err error) {
	testpg, err := build(ctx, filepath.Join(folder, "testpg"), "karnak/tools/testpg")
	if err != nil {
		return nil, err
	}
	// The command of testpg tells the address, and then waits for the end of its input.
	cmd := exec.Command(testpg, append(flags, "--", "sh", "-c", `echo "$`+variable+`"; exec cat`)...)
	for _, v := range os.Environ() {
		if !strings.HasPrefix(v, variable+"=") {
			cmd.Env = append(cmd.Env, v)
		}
	}
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	c = &Cluster{tool: cmd, keep: in}
	if c.URL, err = bufio.NewReader(out).ReadString('\n'); err != nil {
		return nil, errors.Join(fmt.Errorf("testpg has no PostgreSQL: %w", err), c.Close())
	}
	c.URL = strings.TrimSpace(c.URL)
	if err := c.find(ctx); err != nil {
		return nil, errors.Join(err, c.Close())
	}
	return c, nil
}

// find finds the server's process and how it was started.
func (c *Cluster) find(ctx context.Context) (err error) {
	db, err := sql.Open(Postgres, c.URL)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	if err := db.QueryRowContext(ctx, "SELECT current_setting('data_directory')").Scan(&c.data); err != nil {
		return err
	}
	if c.pid, err = c.postmaster(); err != nil {
		return err
	}
	line, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", c.pid))
	c.args = strings.Split(strings.TrimSuffix(string(line), "\x00"), "\x00")
	return err
}

func (c *Cluster) postmaster() (int, error) {
	b, err := os.ReadFile(filepath.Join(c.data, "postmaster.pid"))
	if err != nil {
		return 0, err
	}
	first, _, _ := strings.Cut(string(b), "\n")
	return strconv.Atoi(first)
}

// Stop ends the server as its operator does in a hurry: clients are cut off.
func (c *Cluster) Stop() error {
	if err := syscall.Kill(c.pid, syscall.SIGINT); err != nil {
		return err
	}
	if c.again != nil {
		_ = c.again.Wait() // it was told to end
		return nil
	}
	for end := time.Now().Add(stopWithin); time.Now().Before(end); time.Sleep(askEvery) { // it is no child, whose end could be waited for
		if errors.Is(syscall.Kill(c.pid, 0), syscall.ESRCH) {
			return nil
		}
	}
	return fmt.Errorf("PostgreSQL did not end within %s", stopWithin)
}

// Start starts the server again, at the same address, and returns at once.
func (c *Cluster) Start() error {
	info, err := os.Stat(c.data)
	if err != nil {
		return err
	}
	cmd := exec.Command(c.args[0], c.args[1:]...)
	cmd.Dir, cmd.Env = filepath.Dir(c.data), []string{"PATH=" + os.Getenv("PATH"), "LC_ALL=C", "TZ=UTC"}
	if owner, ok := info.Sys().(*syscall.Stat_t); ok && os.Geteuid() == 0 {
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: owner.Uid, Gid: owner.Gid}}
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	c.again, c.pid = cmd, cmd.Process.Pid
	return nil
}

// Ready waits until the server takes connections.
func (c *Cluster) Ready(ctx context.Context) (err error) {
	db, err := sql.Open(Postgres, c.URL)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	ctx, cancel := context.WithTimeout(ctx, startWithin)
	defer cancel()
	for {
		err := db.PingContext(ctx)
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("PostgreSQL takes no connections: %w", err)
		case <-time.After(askEvery):
		}
	}
}

// Pause stops every process of the server where it stands; connections stay open and nothing answers. Resume lets them go on.
func (c *Cluster) Pause() error { return c.tell(syscall.SIGSTOP) }

// Resume lets the server go on after Pause.
func (c *Cluster) Resume() error { return c.tell(syscall.SIGCONT) }

func (c *Cluster) tell(sig syscall.Signal) error {
	if err := syscall.Kill(c.pid, sig); err != nil {
		return err
	}
	stats, err := filepath.Glob("/proc/[0-9]*/stat")
	for _, path := range stats {
		b, e := os.ReadFile(path)
		if e != nil {
			continue // it has ended
		}
		// The name, in brackets, may hold anything; then come the state and the parent.
		rest := strings.Fields(string(b[strings.LastIndexByte(string(b), ')')+1:]))
		if len(rest) > 1 && rest[1] == strconv.Itoa(c.pid) {
			pid, _ := strconv.Atoi(filepath.Base(filepath.Dir(path)))
			if e := syscall.Kill(pid, sig); e != nil && !errors.Is(e, syscall.ESRCH) {
				err = errors.Join(err, e)
			}
		}
	}
	return err
}

// Close ends the server and removes what it wrote.
func (c *Cluster) Close() error {
	var err error
	if c.again != nil && c.again.ProcessState == nil {
		err = c.Stop()
	}
	return errors.Join(err, c.keep.Close(), c.tool.Wait())
}
