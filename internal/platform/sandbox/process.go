package sandbox

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"sync"
	"time"
)

// patience is how long a child may take until it is ready.
const patience = 20 * time.Second

// process is a child.
type process struct {
	cmd  *exec.Cmd
	in   *os.File
	from *os.File
	out  *bufio.Reader
	errs head
	// exited is closed when the child is gone and no zombie is left of it.
	exited chan struct{}

	mu   sync.Mutex
	gone bool
}

// launch starts a child and waits until it is ready.
func (p *Pool) launch() (*process, error) {
	plain := p.plain.Load()
	c, err := p.spawn(!plain)
	if err != nil && !plain && !errors.Is(err, ErrClosed) {
		var again error
		if c, again = p.spawn(false); again == nil && !p.plain.Swap(true) {
			p.c.Logger.Info("sandboxes have no namespaces of their own", "error", err)
		}
		err = again
	}
	return c, err
}

func (p *Pool) spawn(apart bool) (*process, error) {
	c, err := p.begin(apart)
	if err != nil {
		return nil, err
	}
	ready := make(chan error, 1)
	go func() { ready <- c.awaitReady() }()
	select {
	case err = <-ready:
	case <-p.c.Clock.After(patience):
		c.kill()
		err = errors.Join(errors.New("the child is not ready in time"), <-ready)
	}
	if err != nil {
		c.end()
		if p.closed() {
			return nil, ErrClosed
		}
		return nil, fmt.Errorf("sandbox: start: %s: %s", err, c.errs.String()) //nolint:errorlint // a fault here is none of a program
	}
	return c, nil
}

// begin starts a child unless the pool is closed.
func (p *Pool) begin(apart bool) (*process, error) {
	c := &process{exited: make(chan struct{})}
	c.cmd = exec.Command(p.c.Command[0], p.c.Command[1:]...) //nolint:gosec,noctx // the operator's own command; end kills it
	c.cmd.Env, c.cmd.Dir, c.cmd.SysProcAttr = []string{}, "/", attributes(apart)
	c.cmd.Stderr = &c.errs
	theirs, err := c.pipes()
	if err == nil {
		if err = p.start(c); err != nil {
			err = errors.Join(err, c.in.Close(), c.from.Close())
		}
		for _, f := range theirs {
			err = errors.Join(err, f.Close())
		}
	}
	if err != nil {
		return nil, fmt.Errorf("sandbox: start: %w", err)
	}
	return c, nil
}

// pipes returns the child's ends. They are files, so that nothing but the reader here closes the way from the child.
func (c *process) pipes() (theirs []*os.File, err error) {
	in, toChild, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	from, out, err := os.Pipe()
	if err != nil {
		return nil, errors.Join(err, in.Close(), toChild.Close())
	}
	c.cmd.Stdin, c.cmd.Stdout, c.in, c.from = in, out, toChild, from
	c.out = bufio.NewReader(from)
	return []*os.File{in, out}, nil
}

func (p *Pool) start(c *process) error {
	p.mu.Lock()
	if p.shut {
		p.mu.Unlock()
		return ErrClosed
	}
	p.work.Add(1)
	p.mu.Unlock()
	done := make(chan error, 1)
	p.starts <- start{c.cmd, done}
	if err := <-done; err != nil {
		p.work.Done()
		return err
	}
	go p.reap(c)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.live[c] = struct{}{}
	if p.shut {
		c.kill()
	}
	return nil
}

// reap waits for the child's end and takes everything of its group along.
func (p *Pool) reap(c *process) {
	defer p.work.Done()
	// Until here the child is a zombie at least, and its number nobody else's.
	c.wait()
	p.mu.Lock()
	delete(p.live, c)
	p.mu.Unlock()
	close(c.exited)
}

func (c *process) awaitReady() error {
	line, err := readLine(c.out, maxLine)
	if err != nil {
		return err
	}
	var r report
	err = json.Unmarshal(line, &r)
	if err == nil && r.Fault != nil {
		return r.Fault
	}
	if err != nil || !r.Ready {
		return errors.New("the command does not start a sandbox")
	}
	return nil
}

// kill kills the child's group; the child is not gone until exited is closed.
func (c *process) kill() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.gone {
		killGroup(c.cmd.Process)
	}
}

// dead waits for a child that is just being buried.
func (c *process) dead() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.gone
}

// end kills the child, waits for its end and frees what it held.
func (c *process) end() {
	c.kill()
	<-c.exited
	for _, f := range []io.Closer{c.in, c.from} {
		_ = f.Close()
	}
}
