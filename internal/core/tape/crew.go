package tape

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"sync"
	"time"

	"karnak/ent"
	"karnak/internal/platform/store"
)

// Work is what is done about one tape, by one goroutine.
type Work interface {
	// Run does what there is to do, and ends the tape or parks it. An error gives it back, and Fail is called before where this
	// node goes on.
	Run(ctx context.Context) error
	// Fail ends the tape of work that cannot be done.
	Fail(ctx context.Context) error
}

// CrewConfig says what a Crew does.
type CrewConfig struct {
	// Kind is that of the tapes, Most how many are worked on here at a time.
	Kind string
	Most int
	// Begin returns the work about a tape that is held here.
	Begin func(*Hold) Work
	// Idle does nothing here but what Sweep is asked for.
	Idle bool
	// Running hears of how many are worked on, by the difference; it may be nil.
	Running func(more int)
}

// Crew works on the tapes of a kind on this node: those that are begun here, and those that nobody works on. It is safe for
// concurrent use.
type Crew struct {
	CrewConfig
	engine *Engine

	mu       sync.Mutex
	running  int
	draining bool
	work     sync.WaitGroup
	life     context.Context
	end      context.CancelCauseFunc
}

const (
	// look is how often it is looked for what nobody works on.
	look = time.Second
	// claims bounds how many are taken over at a look.
	claims = 100
)

var errDrain = errors.New("tape: this node ends")

// NewCrew returns a crew; Work has it look for work, Drain ends it.
func (e *Engine) NewCrew(c CrewConfig) (*Crew, error) {
	if c.Kind == "" || c.Most < 1 || c.Begin == nil {
		return nil, errors.New("tape: Kind, Most and Begin of a crew are needed")
	}
	if c.Running == nil {
		c.Running = func(int) {}
	}
	w := &Crew{CrewConfig: c, engine: e}
	w.life, w.end = context.WithCancelCause(context.Background())
	return w, nil
}

// Create makes a tape in a transaction, for the caller of ctx; this node works on it after the commit where it has room.
func (c *Crew) Create(ctx context.Context, tx *ent.Tx, workspaceID, id string) error {
	var begin func(*Hold)
	if !c.Idle && c.room() > 0 {
		begin = c.launch
	}
	return c.engine.Create(ctx, tx, workspaceID, id, c.Kind, begin)
}

// Work looks for work until the context ends.
func (c *Crew) Work(ctx context.Context) {
	freed := c.engine.signal(c.Kind)
	for {
		if err := c.claim(ctx); err != nil && ctx.Err() == nil {
			c.engine.Logger.Warn("it could not be looked for work; trying again", "kind", c.Kind, "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-freed:
		case <-c.engine.Clock.After(look):
		}
	}
}

// claim takes over what nobody works on.
func (c *Crew) claim(ctx context.Context) error {
	room := c.room()
	if room == 0 {
		return nil
	}
	if free, err := c.engine.Free(ctx, c.Kind); !free || err != nil {
		return err
	}
	held, err := c.engine.Claim(ctx, c.Kind, min(room, claims))
	for _, h := range held {
		c.launch(h)
	}
	return err
}

// Sweep does the work that nobody does, and returns when it is done: how much there was.
func (c *Crew) Sweep(ctx context.Context) (int, error) {
	held, err := c.engine.Claim(ctx, c.Kind, claims)
	for _, h := range held {
		c.do(h)
	}
	return len(held), err
}

// Drain takes no more work, and gives what is worked on to other nodes.
func (c *Crew) Drain(ctx context.Context) error {
	c.mu.Lock()
	c.draining = true
	c.mu.Unlock()
	c.end(errDrain)
	ended := make(chan struct{})
	go func() { c.work.Wait(); close(ended) }()
	select {
	case <-ended:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("tape: work of the kind %s has not ended: %w", c.Kind, ctx.Err())
	}
}

// room is how much more may be worked on here.
func (c *Crew) room() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.draining {
		return 0
	}
	return max(0, c.Most-c.running)
}

// launch works on a tape beside what else is done here.
func (c *Crew) launch(h *Hold) {
	c.mu.Lock()
	draining := c.draining
	if !draining {
		c.running++
		c.work.Add(1)
		c.Running(1)
	}
	c.mu.Unlock()
	if draining {
		go c.release(h)
		return
	}
	go func() {
		defer func() {
			c.mu.Lock()
			c.running--
			c.Running(-1)
			c.mu.Unlock()
			c.work.Done()
		}()
		c.do(h)
	}()
}

func (c *Crew) release(h *Hold) {
	ctx, cancel := context.WithTimeout(context.Background(), Lease)
	defer cancel()
	if err := h.Release(ctx); err != nil {
		c.engine.Logger.Warn("work could not be given back; its lease runs out", "id", h.ID, "error", err)
	}
}

// do works on a tape until it has ended or waits, or gives it back.
func (c *Crew) do(h *Hold) {
	w := c.Begin(h)
	log := c.engine.Logger.With("id", h.ID)
	err := safely(func() error { return w.Run(c.life) })
	switch {
	case err == nil:
		return
	case errors.Is(err, ErrLost):
		log.Info("work is done elsewhere")
		return
	case store.Unavailable(err):
		log.Warn("work waits for the database", "error", err)
	case c.life.Err() == nil:
		log.Error("work could not be done", "error", err)
		if err := safely(func() error { return w.Fail(c.life) }); err == nil || errors.Is(err, ErrLost) {
			return
		}
	}
	c.release(h)
}

// safely makes an error of a panic.
func safely(do func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
		}
	}()
	return do()
}
