package sandbox

import (
	"bufio"
	"encoding/json"
	"io"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"time"

	"karnak/internal/platform/clock"
)

// maxStack bounds the stack of Go, which the compiler and built-in functions use; a program's own calls are bounded by maxDepth.
const (
	maxStack = 32 << 20
	maxDepth = 4000
)

// glance is how often a child looks at itself; last is the time it gives the interpreter to stop when asked.
const (
	glance = 2 * time.Millisecond
	last   = 20 * time.Millisecond
)

// Argument has this program be a child, where it is the only one.
const Argument = "sandbox-process"

// Asked reports whether a command line is that of a child: whoever starts with it calls Child, and nothing else.
func Asked(args []string) bool { return len(args) == 2 && args[1] == Argument }

// Child is what the command's process runs: one program, which the parent hands over by in. It changes settings of the whole
// process, and the process has to end at once with its answer.
func Child(in io.Reader, out io.Writer) int {
	c := &child{out: &writer{to: out}, orders: make(chan order, 1), gone: make(chan struct{})}
	if err := settle(); err != nil {
		return c.give(err)
	}
	e, err := newEngine(c)
	if err != nil {
		return c.give(err)
	}
	if c.out.send(report{Ready: true}) != nil {
		return 1
	}
	go c.read(in)
	limits, ok := <-c.orders
	if !ok || limits.Limits == nil {
		return 1
	}
	c.limits = *limits.Limits
	c.watch = newSelf(c.limits)
	if err := confine(c.limits); err != nil {
		return c.give(err)
	}
	program, ok := <-c.orders
	if !ok || program.Program == nil {
		return 1
	}
	return c.run(e, program.Program)
}

// give gives up.
func (c *child) give(err error) int {
	_ = c.out.send(report{Fault: faultOf(Broken, err.Error())})
	return 1
}

func settle() error {
	runtime.GOMAXPROCS(2)
	debug.SetTraceback("none")
	debug.SetMaxStack(maxStack)
	// The machine's own zone would make results differ from machine to machine.
	time.Local = time.UTC
	// A timer makes the runtime open what it will need, while it can.
	<-clock.System{}.After(time.Microsecond)
	return shut()
}

type child struct {
	out    *writer
	orders chan order
	// gone is closed when the parent is, or speaks another protocol.
	gone   chan struct{}
	limits Limits
	watch  *self
}

// read hands orders on. One that nobody waits for any more must not keep it from seeing the end.
func (c *child) read(in io.Reader) {
	defer close(c.gone)
	defer close(c.orders)
	r := bufio.NewReader(in)
	for {
		line, err := readLine(r, maxOrder)
		if err != nil {
			return
		}
		var o order
		if json.Unmarshal(line, &o) != nil {
			return
		}
		c.orders <- o
	}
}

// run returns when there is a result, or the program is over a limit and could not be stopped, or the parent is gone.
func (c *child) run(e *engine, t *task) int {
	done := make(chan report, 1)
	go func() { done <- e.run(t) }()
	var over *Fault
	for after := (clock.System{}).After; ; {
		select {
		case m := <-done:
			if over != nil {
				m = report{Fault: over}
			}
			return c.finish(m)
		case <-c.gone:
			return 1
		case <-after(c.pause(over)):
			if over != nil {
				return c.finish(report{Fault: over})
			}
			if over = c.watch.look(); over != nil {
				e.js.Interrupt(over)
			}
		}
	}
}

func (c *child) pause(over *Fault) time.Duration {
	if over != nil {
		return last
	}
	return glance
}

// finish says the last word and stays to be measured: the parent kills.
func (c *child) finish(m report) int {
	if c.out.send(m) != nil {
		return 1
	}
	<-c.gone
	return 0
}

// self is how a child measures itself.
type self struct {
	limits Limits
	cpu    time.Duration
	memory int64
	sample []metrics.Sample
}

func newSelf(l Limits) *self {
	s := &self{limits: l, cpu: ownCPU(), sample: []metrics.Sample{{Name: "/memory/classes/total:bytes"}, {Name: "/memory/classes/heap/released:bytes"}}}
	s.memory = s.taken()
	// The collector works harder near this, so that garbage does not count as long as there is time.
	debug.SetMemoryLimit(s.memory + l.Memory*7/8)
	return s
}

func (s *self) taken() int64 {
	metrics.Read(s.sample)
	return int64(s.sample[0].Value.Uint64() - s.sample[1].Value.Uint64())
}

func (s *self) look() *Fault {
	switch {
	case ownCPU()-s.cpu > s.limits.CPU:
		return overCPU(s.limits)
	case s.taken()-s.memory > s.limits.Memory:
		return overMemory(s.limits)
	}
	return nil
}
