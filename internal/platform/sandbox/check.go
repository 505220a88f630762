package sandbox

import (
	"context"
	"errors"
	"time"
)

// Check compiles a source in a child and does not run it. The error is a *Fault of Syntax, with line and column, where the
// source is at fault, and so it is where the source takes too much to compile: two seconds, 256 MiB or 32 MiB of stack.
func (p *Pool) Check(ctx context.Context, source string) error {
	if err := checkSource(source); err != nil {
		return err
	}
	l := Limits{CPU: 2 * time.Second, Wall: 10 * time.Second, Memory: 256 << 20, Output: 16}
	_, err := p.serve(ctx, task{Source: source, Output: l.Output, Check: true}, l, Host{})
	var f *Fault
	if errors.As(err, &f) {
		switch f.Kind {
		case OverCPU, OverTime, OverMemory:
			return faultOf(Syntax, "it takes too much to compile: "+f.Message)
		}
	}
	return err
}
