package sandbox

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os/exec"
	"runtime"
	"sync"
	"sync/atomic"

	"karnak/internal/platform/clock"
)

// ErrClosed is of a run that the pool's end cut off, or that came after it.
var ErrClosed = errors.New("sandbox: the pool is closed")

// Config says how children are made.
type Config struct {
	// Command starts a process that calls Child with its standard input and output and ends with its answer, before it does
	// anything else: it gets no environment and "/" to work in.
	Command []string
	Clock   clock.Clock
	Logger  *slog.Logger
	// Spare children are kept ready once the first run was asked for. Most run at a time, further runs wait.
	Spare, Most int
}

// Pool runs programs. It is safe for concurrent use.
type Pool struct {
	c      Config
	slots  chan struct{}
	starts chan start
	over   chan struct{}
	// plain is set once the kernel refused namespaces.
	plain atomic.Bool
	// work counts children and what is about to start one.
	work sync.WaitGroup

	mu     sync.Mutex
	spare  []*process
	making int
	live   map[*process]struct{}
	shut   bool
}

type start struct {
	cmd  *exec.Cmd
	done chan<- error
}

// New returns a pool without children.
func New(c Config) (*Pool, error) {
	switch {
	case len(c.Command) == 0 || c.Command[0] == "":
		return nil, errors.New("sandbox: no command to start a child with")
	case c.Clock == nil:
		return nil, errors.New("sandbox: no clock")
	case c.Logger == nil:
		return nil, errors.New("sandbox: no logger")
	case c.Most < 1 || c.Spare < 0:
		return nil, fmt.Errorf("sandbox: %d runs at a time and %d spare children cannot be", c.Most, c.Spare)
	}
	p := &Pool{c: c, slots: make(chan struct{}, c.Most), starts: make(chan start), over: make(chan struct{}), live: map[*process]struct{}{}}
	go p.startAll()
	return p, nil
}

// startAll starts every child from one thread that lives as long as they do: the kernel takes the end of the thread that
// started a child for the death of its parent.
func (p *Pool) startAll() {
	runtime.LockOSThread()
	for s := range p.starts {
		s.done <- s.cmd.Start()
	}
}

// Close kills all children, running ones too, and waits until none is left and no run goes on. It may not be called from
// within a run.
func (p *Pool) Close() {
	p.mu.Lock()
	first := !p.shut
	if first {
		close(p.over)
	}
	spare := p.spare
	p.shut, p.spare = true, nil
	for c := range p.live {
		c.kill()
	}
	p.mu.Unlock()
	for _, c := range spare {
		c.end()
	}
	p.work.Wait()
	if first {
		for range cap(p.slots) {
			p.slots <- struct{}{}
		}
		close(p.starts)
	}
}

func (p *Pool) closed() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.shut
}

// enter waits for a slot.
func (p *Pool) enter(ctx context.Context) (leave func(), err error) {
	if p.closed() {
		return nil, ErrClosed
	}
	select {
	case p.slots <- struct{}{}:
		return func() { <-p.slots }, nil
	case <-p.over:
		return nil, ErrClosed
	case <-ctx.Done():
		return nil, fmt.Errorf("sandbox: %w", context.Cause(ctx))
	}
}

// take returns a child of its own to the caller, who has to end it.
func (p *Pool) take() (*process, error) {
	for {
		c := p.pop()
		if c == nil {
			return p.launch()
		}
		if !c.dead() {
			return c, nil
		}
		c.end()
	}
}

func (p *Pool) pop() *process {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.spare) == 0 {
		return nil
	}
	c := p.spare[0]
	p.spare = p.spare[1:]
	return c
}

// refill starts what is missing of the spare children, and does not wait for them.
func (p *Pool) refill() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for !p.shut && len(p.spare)+p.making < p.c.Spare {
		p.making++
		p.work.Go(p.addSpare)
	}
}

func (p *Pool) addSpare() {
	c, err := p.launch()
	if err != nil && !errors.Is(err, ErrClosed) {
		p.c.Logger.Warn("no spare sandbox", "error", err)
	}
	p.mu.Lock()
	p.making--
	kept := err == nil && !p.shut
	if kept {
		p.spare = append(p.spare, c)
	}
	p.mu.Unlock()
	if err == nil && !kept {
		c.end()
	}
}
