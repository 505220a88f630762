package sandbox

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"sync"
	"time"

	"karnak/internal/platform/clock"
)

const (
	// mostStack bounds the stack of the interpreter, which a program can have grow, in bytes.
	mostStack = 128 << 20
	// deepestCalls bounds the calls within each other of a program.
	deepestCalls = 2000
	// watching is how often the processor's time is looked at, grace how long a program has to heed that it is over.
	watching, grace = 5 * time.Millisecond, 100 * time.Millisecond
)

// Argument has this program be a process that runs one program, where it is the only one.
const Argument = "sandbox-process"

// Asked reports whether a command line is that of such a process: whoever starts with it calls Child, and nothing else.
func Asked(args []string) bool { return len(args) == 2 && args[1] == Argument }

// Child is what the process does: it reads an order, runs the program, and tells what came of it. It returns the status to exit with.
func Child(in io.Reader, out io.Writer) int {
	debug.SetMaxStack(mostStack)
	runtime.GOMAXPROCS(2)
	time.Local = time.UTC //nolint:gosmopolitan // the machine's is none of a program's business
	c := &child{in: bufio.NewReader(in), out: json.NewEncoder(out)}
	var o order
	if err := c.read(&o); err != nil {
		return 1 // whoever started it has gone, or needs it no more
	}
	if err := confine(o.Limits); err != nil {
		c.end(nil, &Fault{Broken, "the process could not be confined: " + err.Error()})
		return 1
	}
	debug.SetMemoryLimit(o.Limits.Memory)
	c.since = spent()
	stop := c.watch(o.Limits)
	output, err := c.run(&o)
	stop()
	var f *Fault
	if err != nil && !errors.As(err, &f) {
		f = &Fault{Broken, err.Error()}
	}
	c.end(output, f)
	return 0
}

// child is the process that runs a program.
type child struct {
	in    *bufio.Reader
	since time.Duration

	mu   sync.Mutex
	out  *json.Encoder
	over bool
	// interrupt has the program stop as soon as it can; nil before it runs.
	interrupt func()
}

func (c *child) read(into any) error {
	line, err := c.in.ReadBytes('\n')
	if err != nil {
		return err
	}
	return json.Unmarshal(line, into)
}

func (c *child) write(w word) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.over {
		return errors.New("sandbox: the run is over")
	}
	return c.out.Encode(w)
}

// end says the last word; there is one.
func (c *child) end(output json.RawMessage, f *Fault) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.over {
		return
	}
	c.over = true
	_ = c.out.Encode(word{Over: true, Output: output, Fault: f, CPU: spent() - c.since})
}

// watch ends a program that takes more of the processor or of memory than it may.
func (c *child) watch(l Limits) (stop func()) {
	ended := make(chan struct{})
	go func() {
		var since time.Duration
		heap := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
		for {
			select {
			case <-ended:
				return
			case <-clock.System{}.After(watching):
			}
			if metrics.Read(heap); heap[0].Value.Uint64() > uint64(l.Memory) {
				c.end(nil, tooLarge())
				os.Exit(1) //nolint:forbidigo // the only way out of a native function
			}
			used := spent() - c.since
			if used < l.CPU {
				continue
			}
			if since == 0 {
				since = used
				c.halt()
			}
			if used-since > grace { // it is in a native function, which heeds nothing
				c.end(nil, tooMuch(l.CPU))
				os.Exit(1) //nolint:forbidigo // the only way out of a native function
			}
		}
	}()
	return func() { close(ended) }
}

func tooLarge() *Fault { return &Fault{OverMemory, "The program took more memory than it may."} }

func tooMuch(limit time.Duration) *Fault {
	return &Fault{OverCPU, fmt.Sprintf("The program used the processor for longer than %s.", limit)}
}

func (c *child) halt() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.interrupt != nil {
		c.interrupt()
	}
}

func (c *child) interruptBy(f func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.interrupt = f
}
