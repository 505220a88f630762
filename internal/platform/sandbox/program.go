package sandbox

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// Limits bounds a run. All are needed.
type Limits struct {
	// CPU is the processor time of all threads of the child, Wall the time from handing the program over, calls included.
	CPU  time.Duration `json:"cpu"`
	Wall time.Duration `json:"wall"`
	// Memory is what the child may take more than one that has nothing to do, in bytes, its source and input included; at
	// least MinMemory. It is looked at every 2 ms: for moments a child can have a quarter and 128 MiB more, where the kernel
	// stops it.
	Memory int64 `json:"memory"`
	// Output bounds the result in bytes of JSON.
	Output int64 `json:"output"`
}

// MinMemory is the least that a program can be given.
const MinMemory = 8 << 20

const maxOutput = 64 << 20

func (l Limits) check() error {
	switch {
	case l.CPU <= 0 || l.Wall <= 0:
		return errors.New("sandbox: a run needs limits of its CPU and wall time")
	case l.Memory < MinMemory:
		return fmt.Errorf("sandbox: a run needs at least %d bytes of memory", MinMemory)
	case l.Output <= 0 || l.Output > maxOutput:
		return fmt.Errorf("sandbox: the output has to be bounded, and by %d bytes at most", maxOutput)
	}
	return nil
}

// Program is one run.
type Program struct {
	// Source defines run(input), in at most 256 KiB.
	Source string
	// Input is JSON, of at most 8 MiB; nothing is null.
	Input  json.RawMessage
	Limits Limits
	// Now is what the program takes for the time. Without it Date has a fixed time and Math.random a fixed seed.
	Now *time.Time
	// Calls names the functions of the host that it may call, 1,000 times in all.
	Calls []string
}

func (g Program) check() error {
	if err := g.Limits.check(); err != nil {
		return err
	}
	if err := checkSource(g.Source); err != nil {
		return err
	}
	switch {
	case len(g.Input) > maxInput:
		return fmt.Errorf("sandbox: the input has %d bytes, more than %d", len(g.Input), maxInput)
	case len(g.Input) > 0 && !json.Valid(g.Input):
		return errors.New("sandbox: the input is not JSON")
	}
	return nil
}

func checkSource(source string) error {
	if len(source) > maxSource {
		return faultOf(Syntax, fmt.Sprintf("the source has %d bytes, more than %d", len(source), maxSource))
	}
	return nil
}

// Host is what a program may reach of the world. Both are called from the goroutine of Run, one at a time; nil is none.
type Host struct {
	// Call answers karnak.call with JSON of at most 8 MiB; its error's message is thrown in the program. Its context ends with
	// the run, and Run waits for it. The arguments are JSON of at most 1 MiB that a stranger wrote.
	Call func(ctx context.Context, name string, arguments json.RawMessage) (json.RawMessage, error)
	// Log takes what the program writes to its console: at most 1,000 lines of 2 KiB and 256 KiB in all, the rest is dropped.
	// A line has no line break.
	Log func(line string)
}

// Usage is what a run took, as far as the system tells.
type Usage struct {
	CPU, Wall time.Duration
	// Memory is the peak in bytes beyond what the child had before.
	Memory int64
}

// Result is what a run came to.
type Result struct {
	// Output is compact JSON that a stranger wrote.
	Output json.RawMessage
	Usage  Usage
}
