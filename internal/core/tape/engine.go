package tape

import (
	"encoding/json"
	"errors"
	"log/slog"
	"sync"
	"time"

	"karnak/ent"
	"karnak/internal/core/stream"
	"karnak/internal/platform/bus"
	"karnak/internal/platform/clock"
	"karnak/internal/platform/combine"
)

// Config is what an Engine stands on.
type Config struct {
	DB     *ent.DB
	Hub    *stream.Hub
	Bus    bus.Bus
	Clock  clock.Clock
	Logger *slog.Logger
	// Node tells this process from the others on the bus.
	Node string
	// Alone says that there is no other node, to be told of anything.
	Alone bool
	// Secret authenticates the cursors.
	Secret []byte
}

// Step is a step of a tape.
type Step struct {
	TapeID      string          `json:"tapeId"`
	WorkspaceID string          `json:"workspaceId"`
	Seq         int64           `json:"seq"`
	Kind        string          `json:"kind"`
	At          time.Time       `json:"at"`
	Data        json.RawMessage `json:"data,omitempty"`
	// LogSeq is how far the workspace's log went when the step was written.
	LogSeq int64 `json:"logSeq"`
	// Cursor is the step's position, for clients.
	Cursor string `json:"-"`
}

// Draft is a step to be written. Data is encoded as JSON.
type Draft struct {
	Kind string
	Data any
}

// Bounds of the engine.
const (
	// Lease is how long a tape stays its holder's after the last sign of life.
	Lease = 5 * time.Second
	// renewal is how often the leases are renewed, and how late a holder hears that it is to stop where the bus loses that.
	renewal = 500 * time.Millisecond
	// every is how often what is read here is compared with the database.
	every = time.Second
	// gather is how long steps are waited for after a transaction of several tapes.
	gather = 15 * time.Millisecond
	// within bounds a transaction of several tapes, together how many there are in one.
	within, together, waiting = 5 * time.Second, 512, 8192
)

// rest lets steps gather between two transactions: those cost more than what is in them.
func rest() {
	time.Sleep(gather) //nolint:forbidigo // spares the machine; nothing hangs on it
}

// Engine keeps tapes. It is safe for concurrent use.
type Engine struct {
	Config
	writes *combine.Combiner[*write]
	cancel func()
	closed chan struct{}
	once   sync.Once
	work   sync.WaitGroup

	// turn is that of the transactions that lock several tapes: two would wait for each other.
	turn sync.Mutex

	mu     sync.Mutex
	held   map[string]*Hold
	topics map[string]*topic
	// signals tell of tapes that became free, by their kind.
	signals map[string]chan struct{}
}

// ErrLost says that a tape is held by another, or has ended.
var ErrLost = errors.New("tape: held by another, or ended")

// New starts an engine. Close ends it.
func New(c Config) (*Engine, error) {
	if c.DB == nil || c.Hub == nil || c.Bus == nil || c.Clock == nil || c.Logger == nil || c.Node == "" || len(c.Secret) < 32 {
		return nil, errors.New("tape: DB, Hub, Bus, Clock, Logger, Node and a Secret of 32 bytes are needed")
	}
	e := &Engine{Config: c, closed: make(chan struct{}), held: map[string]*Hold{}, topics: map[string]*topic{}, signals: map[string]chan struct{}{}}
	var err error
	e.writes, err = combine.New(combine.Config[*write]{Run: e.together, Most: together, Flights: 1, Queue: waiting, Within: within, Rest: rest})
	if err != nil {
		return nil, err
	}
	if e.cancel, err = c.Bus.Subscribe(subject+">", e.heard); err != nil {
		return nil, err
	}
	e.work.Go(func() { e.each(renewal, e.renew) })
	e.work.Go(func() { e.each(every, e.compare) })
	return e, nil
}

// Close ends the engine; followers end with stream.ErrClosed.
func (e *Engine) Close() {
	e.once.Do(func() {
		e.cancel()
		close(e.closed)
	})
	e.work.Wait()
}

// each calls do at an interval until the engine is closed.
func (e *Engine) each(interval time.Duration, do func()) {
	for {
		select {
		case <-e.closed:
			return
		case <-e.Clock.After(interval):
		}
		do()
	}
}
