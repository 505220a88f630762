// Package combine runs calls that come at the same time together: those that come while others run wait, and are run as one.
package combine

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"
)

// Config says what a Combiner runs.
type Config[T any] struct {
	// Run does the work of all items; each item holds its own result. The context ends with the last caller's deadline, and after
	// Within; it is not cancelled when a caller goes away, and but for that it is the first caller's.
	Run func(ctx context.Context, items []T)
	// Most bounds the items of one run, Flights how many runs there are at the same time, Queue the calls that wait.
	Most, Flights, Queue int
	// Within bounds the time of a run.
	Within time.Duration
	// Rest is called between two runs of a flight, where it is given: what comes until it returns is in the next one.
	Rest func()
}

// Combiner gathers calls. It is safe for concurrent use; it has no goroutine while nobody calls.
type Combiner[T any] struct {
	Config[T]
	mu      sync.Mutex
	waiting []*call[T]
	flying  int
}

type call[T any] struct {
	ctx  context.Context
	item T
	done chan struct{}
	err  error
}

// New returns a Combiner.
func New[T any](c Config[T]) (*Combiner[T], error) {
	if c.Run == nil || c.Most < 1 || c.Flights < 1 || c.Queue < 1 || c.Within <= 0 {
		return nil, errors.New("combine: Run, Most, Flights, Queue and Within are needed")
	}
	return &Combiner[T]{Config: c}, nil
}

// ErrFull says that too many calls wait.
var ErrFull = errors.New("too many calls wait to be run together")

// Do has an item run, and returns when that is done. An error says that it was not: the context ended while the item waited, too
// many wait, which is ErrFull, or the run panicked. Once a run has the item, its end is waited for.
func (c *Combiner[T]) Do(ctx context.Context, item T) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	x := &call[T]{ctx: ctx, item: item, done: make(chan struct{})}
	if !c.enter(x) {
		return ErrFull
	}
	select {
	case <-x.done:
		return x.err
	case <-ctx.Done():
	}
	if c.withdraw(x) {
		return ctx.Err()
	}
	<-x.done
	return x.err
}

func (c *Combiner[T]) enter(x *call[T]) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.waiting) >= c.Queue {
		return false
	}
	c.waiting = append(c.waiting, x)
	if c.flying < c.Flights {
		c.flying++
		go c.fly()
	}
	return true
}

// withdraw takes a call back that no run has.
func (c *Combiner[T]) withdraw(x *call[T]) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	i := slices.Index(c.waiting, x)
	if i < 0 {
		return false
	}
	c.waiting = slices.Delete(c.waiting, i, i+1)
	return true
}

// fly runs what waits until nothing does.
func (c *Combiner[T]) fly() {
	for calls := c.board(); calls != nil; calls = c.board() {
		err := c.run(calls)
		for _, x := range calls {
			x.err = err
			close(x.done)
		}
		if c.Rest != nil {
			c.Rest()
		}
	}
}

// board takes the calls of the next run; nil ends the flight.
func (c *Combiner[T]) board() []*call[T] {
	c.mu.Lock()
	defer c.mu.Unlock()
	n := min(len(c.waiting), c.Most)
	if n == 0 {
		c.flying--
		return nil
	}
	calls := slices.Clone(c.waiting[:n])
	c.waiting = slices.Delete(c.waiting, 0, n)
	return calls
}

func (c *Combiner[T]) run(calls []*call[T]) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic in calls that were run together: %v", p)
		}
	}()
	ctx, cancel := c.shared(calls)
	defer cancel()
	items := make([]T, len(calls))
	for i, x := range calls {
		items[i] = x.item
	}
	c.Run(ctx, items)
	return nil
}

// shared returns the context of a run.
func (c *Combiner[T]) shared(calls []*call[T]) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(calls[0].ctx), c.Within)
	var last time.Time
	for _, x := range calls {
		d, ok := x.ctx.Deadline()
		if !ok {
			return ctx, cancel
		}
		if d.After(last) {
			last = d
		}
	}
	end, stop := context.WithDeadline(ctx, last)
	return end, func() { stop(); cancel() }
}
