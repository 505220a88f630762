package sandbox

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"karnak/internal/platform/clock"
)

// Config is what a Pool stands on.
type Config struct {
	// Command starts a process that calls Child with its standard input and output.
	Command []string
	Clock   clock.Clock
	Logger  *slog.Logger
	// Most bounds the runs at a time, more wait; Spare is how many processes are kept ready for the next, once the first was asked.
	Most, Spare int
}

// Pool runs programs. It is safe for concurrent use.
type Pool struct {
	Config
	turns chan struct{}
	// plain says that the kernel allows no namespaces.
	plain atomic.Bool

	mu     sync.Mutex
	spare  []*process
	closed bool
	work   sync.WaitGroup
}

// New returns a pool. Close ends it.
func New(c Config) (*Pool, error) {
	if len(c.Command) == 0 || c.Clock == nil || c.Logger == nil || c.Most < 1 || c.Spare < 0 {
		return nil, errors.New("sandbox: Command, Clock, Logger and Most are needed")
	}
	return &Pool{Config: c, turns: make(chan struct{}, c.Most)}, nil
}

// ErrClosed says that the pool was closed.
var ErrClosed = errors.New("sandbox: closed")

// Close ends every process, and waits for that.
func (p *Pool) Close() {
	p.mu.Lock()
	p.closed = true
	spare := p.spare
	p.spare = nil
	p.mu.Unlock()
	for _, x := range spare {
		x.end()
	}
	p.work.Wait()
}

// Host is what a program may call. Both are called by the goroutine of Run; an error of Call is thrown in the program, with its text.
type Host struct {
	Call func(ctx context.Context, name string, arguments json.RawMessage) (json.RawMessage, error)
	Log  func(line string)
}

// checking are the limits of reading a program.
func checking() Limits {
	return Limits{CPU: 2 * time.Second, Wall: 10 * time.Second, Memory: 64 << 20, Output: 1 << 10}
}

// Check reads a program and does not run it; a *Fault says why it cannot be read.
func (p *Pool) Check(ctx context.Context, source string) error {
	_, err := p.do(ctx, order{Check: true, Source: source, Limits: checking()}, Host{})
	var f *Fault
	if errors.As(err, &f) && f.Kind != Syntax {
		return &Fault{Syntax, "It takes too much to read this: it is nested too deep, or far too long."}
	}
	return err
}

// Run runs a program. Where that fails, a *Fault says why, and the result has the usage; any other error is of the machine, or that
// of ctx.
func (p *Pool) Run(ctx context.Context, g Program, h Host) (Result, error) {
	if h.Log == nil {
		h.Log = func(string) {}
	}
	return p.do(ctx, order{Source: g.Source, Input: g.Input, Limits: g.Limits, Now: g.Now, Calls: g.Calls}, h)
}

func (p *Pool) do(ctx context.Context, o order, h Host) (r Result, err error) {
	select {
	case p.turns <- struct{}{}:
	case <-ctx.Done():
		return r, ctx.Err()
	}
	defer func() { <-p.turns }()
	x, err := p.take()
	if err != nil {
		return r, err
	}
	defer p.work.Done()
	since := p.Clock.Now()
	running, cancel := context.WithTimeout(ctx, o.Limits.Wall)
	defer cancel()
	stop := context.AfterFunc(running, x.kill)
	w, err := x.converse(running, o, h)
	stop()
	state := x.end()
	r.Usage = Usage{CPU: state.UserTime() + state.SystemTime(), Wall: p.Clock.Now().Sub(since), Memory: peak(state)}
	switch {
	case ctx.Err() != nil:
		return r, context.Cause(ctx)
	case running.Err() != nil:
		return r, &Fault{OverTime, fmt.Sprintf("The program took longer than %s.", o.Limits.Wall)}
	case err != nil:
		return r, x.died(err)
	}
	r.Output, r.Usage.CPU = w.Output, w.CPU
	if w.Fault != nil {
		return r, w.Fault
	}
	return r, nil
}

// take returns a process, and has the next ones started. The caller calls work.Done once it has ended.
func (p *Pool) take() (*process, error) {
	p.mu.Lock()
	if p.closed {
		p.mu.Unlock()
		return nil, ErrClosed
	}
	p.work.Add(1)
	var x *process
	if n := len(p.spare); n > 0 {
		x, p.spare = p.spare[n-1], p.spare[:n-1]
	}
	missing := p.Spare - len(p.spare)
	p.work.Add(1)
	p.mu.Unlock()
	go func() {
		defer p.work.Done()
		p.fill(missing)
	}()
	if x != nil {
		return x, nil
	}
	x, err := p.start()
	if err != nil {
		p.work.Done()
	}
	return x, err
}

// fill starts processes ahead.
func (p *Pool) fill(n int) {
	for range n {
		x, err := p.start()
		if err != nil {
			p.Logger.Warn("a process for programs could not be started ahead", "error", err)
			return
		}
		p.mu.Lock()
		enough := p.closed || len(p.spare) >= p.Spare
		if !enough {
			p.spare = append(p.spare, x)
		}
		p.mu.Unlock()
		if enough {
			x.end()
			return
		}
	}
}

func (p *Pool) start() (*process, error) {
	if !p.plain.Load() {
		x, err := begin(p.Command, true)
		if err == nil {
			return x, nil
		}
		p.plain.Store(true)
		p.Logger.Info("programs run without namespaces of their own, which the kernel does not allow here", "error", err)
	}
	return begin(p.Command, false)
}

// process is a process that runs a program.
type process struct {
	command *exec.Cmd
	in      io.WriteCloser
	out     *bufio.Reader
	errors  *beginning
}

// beginning keeps the beginning of what is written to it.
type beginning struct {
	mu   sync.Mutex
	text []byte
}

const mostKept = 4 << 10

// Write keeps what there is room for.
func (b *beginning) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.text = append(b.text, p[:min(len(p), mostKept-len(b.text))]...)
	return len(p), nil
}

func begin(command []string, namespaces bool) (*process, error) {
	x := &process{command: exec.Command(command[0], command[1:]...), errors: &beginning{}} //nolint:gosec,noctx // this program; it is ended by its pool
	x.command.Env, x.command.Dir, x.command.Stderr = []string{}, "/", x.errors
	apart(x.command, namespaces)
	var err error
	if x.in, err = x.command.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := x.command.StdoutPipe()
	if err != nil {
		return nil, err
	}
	x.out = bufio.NewReaderSize(out, 64<<10)
	return x, x.command.Start()
}

func (x *process) kill() { kill(x.command) }

// end ends the process, whatever it does, and waits for that.
func (x *process) end() *os.ProcessState {
	x.kill()
	_ = x.command.Wait() // it was killed
	return x.command.ProcessState
}

// longestWord bounds a line of a process beyond its output, in bytes.
const longestWord = 2 << 20

// converse tells a process what to do, does what it calls, and returns its last word.
func (x *process) converse(ctx context.Context, o order, h Host) (*word, error) {
	to := json.NewEncoder(x.in)
	if err := to.Encode(o); err != nil {
		return nil, err
	}
	for {
		line, err := x.line(o.Limits.Output*2 + longestWord)
		if err != nil {
			return nil, err
		}
		var w word
		if err := json.Unmarshal(line, &w); err != nil {
			return nil, err
		}
		switch {
		case w.Over:
			return &w, nil
		case w.Log != nil:
			h.Log(*w.Log)
			continue
		}
		var a answer
		if a.Value, err = h.Call(ctx, w.Call, w.Args); err != nil {
			a = answer{Error: err.Error()}
		}
		if err := to.Encode(a); err != nil {
			return nil, err
		}
	}
}

// line reads a line of at most so many bytes.
func (x *process) line(most int64) (out []byte, err error) {
	for {
		part, err := x.out.ReadSlice('\n')
		if int64(len(out)+len(part)) > most {
			return nil, errors.New("sandbox: a line is too long")
		}
		out = append(out, part...)
		if !errors.Is(err, bufio.ErrBufferFull) {
			return out, err
		}
	}
}

// died tells why a process ended without a last word.
func (x *process) died(err error) error {
	x.errors.mu.Lock()
	text := string(x.errors.text)
	x.errors.mu.Unlock()
	switch {
	// The runtime does not always survive a refusal of the kernel until it can say so.
	case strings.Contains(text, "out of memory") || strings.Contains(text, "cannot allocate memory") || strings.Contains(text, "SIGSEGV"):
		return tooLarge()
	case strings.Contains(text, "stack overflow") || strings.Contains(text, "goroutine stack exceeds"):
		return &Fault{OverMemory, "The program nests too deep."}
	}
	return fmt.Errorf("sandbox: a process ended: %w: %s", err, text)
}
