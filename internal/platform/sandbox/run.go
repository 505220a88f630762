package sandbox

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync/atomic"
	"time"
)

// beat is how often a running child is looked at; grace is what it may be over before that costs its life, so that it has
// time to say so itself.
const (
	beat        = 10 * time.Millisecond
	graceCPU    = 100 * time.Millisecond
	graceMemory = 32 << 20
)

// Run runs a program to its end. The error is a *Fault where the program is at fault, of context.Cause where ctx ended, or
// ErrClosed; the usage is there in any case.
func (p *Pool) Run(ctx context.Context, g Program, h Host) (Result, error) {
	if err := g.check(); err != nil {
		return Result{}, err
	}
	t := task{Source: g.Source, Input: g.Input, Output: g.Limits.Output, Now: g.Now, Calls: g.Calls}
	return p.serve(ctx, t, g.Limits, h)
}

func (p *Pool) serve(ctx context.Context, t task, l Limits, h Host) (Result, error) {
	leave, err := p.enter(ctx)
	if err != nil {
		return Result{}, err
	}
	c, err := p.take()
	if err != nil {
		leave()
		return Result{}, err
	}
	// The kernel takes some milliseconds to clear a child away, for which nobody has to wait but the next run.
	defer func() {
		c.kill()
		p.refill()
		go func() {
			c.end()
			leave()
		}()
	}()
	inner, cancel := context.WithCancel(ctx)
	defer cancel()
	r := &run{c: c, clock: p.c.Clock, task: t, limits: l, host: h, began: p.c.Clock.Now(), cpu: c.cpu(), cancel: cancel, refill: p.refill}
	r.resident, _ = c.memory()
	return r.all(ctx, inner, p)
}

// run is one child's service.
type run struct {
	c      *process
	clock  interface{ Now() time.Time }
	task   task
	limits Limits
	host   Host
	cancel context.CancelFunc
	// refill starts spare children. A quick run is over before they would take the processor from it.
	refill func()

	began          time.Time
	cpu            time.Duration
	resident, peak int64
	// over is why the child was killed.
	over atomic.Pointer[Fault]

	compiled     bool
	calls, lines int
	logged       int
}

// all serves the child; calls are made with inner, which ends when the child does.
func (r *run) all(ctx, inner context.Context, p *Pool) (Result, error) {
	stop, watched := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(watched)
		r.watch(ctx, stop, p.c.Clock.After)
	}()
	// Also where the host panics.
	defer func() {
		select {
		case <-stop:
		default:
			close(stop)
		}
	}()
	out, err := r.talk(inner)
	close(stop)
	<-watched
	u := r.usage()
	if err != nil {
		err = r.reason(ctx, p, err, u)
	}
	return Result{Output: out, Usage: u}, err
}

// watch kills the child when it is over a limit or nobody wants its result any more.
func (r *run) watch(ctx context.Context, stop <-chan struct{}, after func(time.Duration) <-chan time.Time) {
	wall := after(r.limits.Wall)
	for {
		select {
		case <-stop:
			return
		case <-r.c.exited:
			r.cancel()
			return
		case <-ctx.Done():
			r.c.kill()
			return
		case <-wall:
			r.end(faultOf(OverTime, fmt.Sprintf("it took longer than %s", r.limits.Wall)))
			return
		case <-after(beat):
			r.refill()
			if f := r.look(); f != nil {
				r.end(f)
				return
			}
		}
	}
}

func (r *run) end(f *Fault) {
	r.over.Store(f)
	r.c.kill()
	r.cancel()
}

func (r *run) look() *Fault {
	_, peak := r.c.memory()
	r.peak = max(r.peak, peak)
	switch {
	case r.c.cpu()-r.cpu > r.limits.CPU+graceCPU:
		return overCPU(r.limits)
	case r.resident > 0 && r.peak-r.resident > r.limits.Memory+graceMemory:
		return overMemory(r.limits)
	}
	return nil
}

func overCPU(l Limits) *Fault {
	return faultOf(OverCPU, fmt.Sprintf("it took more than %s of processor time", l.CPU))
}

func overMemory(l Limits) *Fault {
	return faultOf(OverMemory, fmt.Sprintf("it took more than %d bytes of memory", l.Memory))
}

// usage measures a child that has said its last word and waits, or one that is dead or dying.
func (r *run) usage() Usage {
	_ = r.look()
	cpu := r.c.cpu()
	if cpu == 0 || r.over.Load() != nil {
		r.c.kill()
		<-r.c.exited
		cpu = r.c.cmd.ProcessState.UserTime() + r.c.cmd.ProcessState.SystemTime()
	}
	return Usage{CPU: max(0, cpu-r.cpu), Wall: max(0, r.clock.Now().Sub(r.began)), Memory: max(0, r.peak-r.resident)}
}

// talk hands the program over and hears the child until its result.
func (r *run) talk(ctx context.Context) (json.RawMessage, error) {
	w := &writer{to: r.c.in}
	if err := errors.Join(w.send(order{Limits: &r.limits}), w.send(order{Program: &r.task})); err != nil {
		return nil, err
	}
	for {
		line, err := readLine(r.c.out, int(max(r.limits.Output, maxArguments+maxLine))+maxMessage*8)
		if errors.Is(err, errLong) {
			return nil, overOutput(r.limits.Output)
		}
		if err != nil {
			return nil, err
		}
		var m report
		if err := json.Unmarshal(line, &m); err != nil {
			return nil, faultOf(Broken, "the child does not keep to the protocol")
		}
		if done, err := r.hear(ctx, w, m); done || err != nil {
			return m.Result, err
		}
	}
}

func overOutput(limit int64) *Fault {
	return faultOf(OverOutput, fmt.Sprintf("the result has more than %d bytes", limit))
}

// hear takes a message of the child for hostile.
func (r *run) hear(ctx context.Context, w *writer, m report) (done bool, err error) {
	switch {
	case m.Fault != nil:
		if !m.Fault.Kind.known() {
			return false, faultOf(Broken, "the child does not keep to the protocol")
		}
		return false, faultOf(m.Fault.Kind, m.Fault.Message)
	case m.Result != nil:
		if int64(len(m.Result)) > r.limits.Output {
			return false, overOutput(r.limits.Output)
		}
		return true, nil
	case m.Compiled && !r.compiled:
		r.compiled = true
		return false, nil
	case m.Log != nil:
		return false, r.log(*m.Log)
	case m.Call != nil:
		return false, r.call(ctx, w, m.Call)
	}
	return false, faultOf(Broken, "the child does not keep to the protocol")
}

func (r *run) log(line string) error {
	r.lines++
	r.logged += len(line)
	if r.lines > maxLines || r.logged > maxLog || len(line) > maxLine {
		return faultOf(Broken, "the child says more than it may")
	}
	if r.host.Log != nil {
		r.host.Log(oneLine(line))
	}
	return nil
}

func (r *run) call(ctx context.Context, w *writer, c *call) error {
	r.calls++
	allowed := false
	for _, name := range r.task.Calls {
		allowed = allowed || name == c.Name
	}
	if !allowed || r.calls > maxCalls || len(c.Arguments) > maxArguments {
		return faultOf(Broken, "the child asks for more than it may")
	}
	if r.host.Call == nil {
		return w.send(order{Answer: &answer{Error: "the host does not answer calls"}})
	}
	data, err := r.host.Call(ctx, c.Name, c.Arguments)
	a := answer{Data: data}
	switch {
	case err != nil:
		a = answer{Error: clip(err.Error(), maxMessage)}
		if a.Error == "" {
			a.Error = "the call failed"
		}
	case len(data) == 0:
		a.Data = json.RawMessage("null")
	case len(data) > maxAnswer || !json.Valid(data):
		a = answer{Error: "the host's answer is no JSON, or too large"}
	}
	return w.send(order{Answer: &a})
}

// reason says why there is no result, of several reasons the one that came first.
func (r *run) reason(ctx context.Context, p *Pool, err error, u Usage) error {
	var f *Fault
	if errors.As(err, &f) {
		return f
	}
	if f = r.over.Load(); f != nil {
		return f
	}
	switch {
	case p.closed():
		return ErrClosed
	case ctx.Err() != nil:
		return fmt.Errorf("sandbox: %w", context.Cause(ctx))
	case r.limits.CPU < u.CPU:
		return overCPU(r.limits)
	}
	return r.autopsy(err)
}

// autopsy reads what the child's runtime wrote when it died.
func (r *run) autopsy(err error) *Fault {
	last := r.c.errs.String()
	switch {
	case strings.Contains(last, "out of memory") || strings.Contains(last, "cannot allocate"):
		return overMemory(r.limits)
	case strings.Contains(last, "stack exceeds") && !r.compiled:
		return faultOf(Syntax, "it is nested too deeply")
	case strings.Contains(last, "stack exceeds"):
		return faultOf(Thrown, tooDeep)
	case errors.Is(err, io.EOF) && last == "":
		return faultOf(Broken, "the child died")
	}
	return faultOf(Broken, "the child died: "+strings.TrimSpace(oneLine(last)))
}

const tooDeep = "RangeError: too much recursion"

func oneLine(s string) string {
	return strings.Map(func(c rune) rune {
		if c == '\n' || c == '\r' || c == '\u2028' || c == '\u2029' || c == '\u0085' {
			return ' '
		}
		return c
	}, s)
}
