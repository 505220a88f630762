package main

import (
	"bufio"
	"bytes"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
)

// node is a running karnak.
type node struct {
	addr string
	cmd  *exec.Cmd
	// ready is closed when it listens, gone when it has ended.
	ready, gone chan struct{}
	failed      error

	mu   sync.Mutex
	said bytes.Buffer
}

// startNode starts a node; the one that seeds fills the empty database with the demo.
func startNode(binary, addr string, env []string, seed bool) (*node, error) {
	args := []string{"serve", "--addr=" + addr, "--log-level=warn"}
	if seed {
		args = append(args, "--seed-demo")
	}
	n := &node{addr: addr, cmd: exec.Command(binary, args...), ready: make(chan struct{}), gone: make(chan struct{})}
	n.cmd.Env = append([]string{"PATH=" + os.Getenv("PATH"), "HOME=" + os.Getenv("HOME")}, env...)
	n.cmd.Stderr = os.Stderr
	// A group of its own keeps the terminal's signals away: nodes are drained by this process alone, once.
	n.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	out, err := n.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := n.cmd.Start(); err != nil {
		return nil, err
	}
	go func() {
		n.listen(out)
		n.failed = n.cmd.Wait()
		close(n.gone)
	}()
	return n, nil
}

// listen keeps what the node says when it greets, up to the empty line that ends it.
func (n *node) listen(out io.Reader) {
	lines := bufio.NewScanner(out)
	greeted := false
	for lines.Scan() {
		n.mu.Lock()
		n.said.WriteString(lines.Text() + "\n")
		n.mu.Unlock()
		if !greeted && strings.Contains(lines.Text(), "/graphql ") {
			greeted = true
			close(n.ready)
		}
	}
}

// signIns is what the node said of the demo's.
func (n *node) signIns() string {
	n.mu.Lock()
	defer n.mu.Unlock()
	_, list, found := strings.Cut(n.said.String(), "  Sign-ins")
	if !found {
		return ""
	}
	return "  Sign-ins" + list
}

func (n *node) drain() { _ = n.cmd.Process.Signal(syscall.SIGTERM) } // it may have ended

func (n *node) wait() error {
	<-n.gone
	return n.failed
}

// first tells which node ends first.
func first(nodes []*node) <-chan int {
	ended := make(chan int, len(nodes))
	for i, n := range nodes {
		go func() {
			<-n.gone
			ended <- i
		}()
	}
	return ended
}
