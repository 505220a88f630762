package job

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"entgo.io/ent/dialect"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"

	"karnak/internal/platform/clock"
	"karnak/internal/platform/store"
)

// Config is what a Queue stands on.
type Config struct {
	// Store is the database; Migrate was run on it.
	Store  *store.Store
	Logger *slog.Logger
	// Clock is the machine's where it is nil. Another one moves jobs by its own time, so that tests can move it; jobs that
	// recur go by the machine's all the same.
	Clock clock.Clock
	// Workers is how many jobs this node runs at a time; 0 stands for 8.
	Workers int
	// Timeout is how long a job may run unless its Spec says otherwise; 0 stands for a minute.
	Timeout time.Duration
	// Poll is how often it is looked for jobs that another node inserted or whose time has come; 0 stands for a second.
	Poll time.Duration
	// Backoff returns how long a job waits before it is tried again, by the number of its failed attempts; nil stands for the
	// fourth power of it in seconds.
	Backoff func(attempt int) time.Duration
}

// Bounds of the queue.
const (
	workers = 8
	timeout = time.Minute
	poll    = time.Second
	// rescue is how much longer than its timeout a job may run before it counts as abandoned.
	rescue = 30 * time.Second
	// cooldown is the least time between two looks for jobs; commits within it share one.
	cooldown = 10 * time.Millisecond
	// near is how soon a scheduled job may be due to need no scheduler: River's looks every five seconds, five ahead.
	near = 5 * time.Second
	// hard is how long jobs may take to heed that they are cancelled.
	hard = 5 * time.Second
)

// Queue inserts jobs and runs them. It is safe for concurrent use.
type Queue struct {
	store   *store.Store
	clock   clock.Clock
	logger  *slog.Logger
	poll    time.Duration
	retry   river.ClientRetryPolicy
	workers *river.Workers
	driver  driver
	client  *river.Client[*sql.Tx]
	metrics *metrics

	mu      sync.Mutex
	started bool
	stop    context.CancelFunc
	beside  sync.WaitGroup
}

// New returns a queue that inserts; Start makes it run jobs too.
func New(c Config) (*Queue, error) {
	if c.Store == nil || c.Logger == nil {
		return nil, errors.New("job: Store and Logger are needed")
	}
	if c.Workers < 0 || c.Timeout < 0 || c.Poll < 0 {
		return nil, errors.New("job: Workers, Timeout and Poll are not negative")
	}
	c = withDefaults(c)
	q := &Queue{
		store: c.Store, clock: c.Clock, logger: c.Logger, poll: c.Poll, workers: river.NewWorkers(),
		retry: backoff{c.Clock, c.Backoff}, stop: func() {},
		driver: newDriver(c.Store),
	}
	q.metrics = newMetrics(c.Clock)
	client, err := river.NewClient(q.driver, q.config(c))
	if err != nil {
		return nil, fmt.Errorf("job: %w", err)
	}
	q.client = client
	return q, nil
}

func withDefaults(c Config) Config {
	if c.Clock == nil {
		c.Clock = clock.System{}
	}
	if c.Workers == 0 {
		c.Workers = workers
	}
	if c.Timeout == 0 {
		c.Timeout = timeout
	}
	if c.Poll == 0 {
		c.Poll = poll
	}
	return c
}

func (q *Queue) config(c Config) *river.Config {
	out := &river.Config{
		Workers: q.workers, Queues: map[string]river.QueueConfig{river.QueueDefault: {MaxWorkers: c.Workers}},
		JobTimeout: c.Timeout, RescueStuckJobsAfter: c.Timeout + rescue, RetryPolicy: q.retry,
		FetchCooldown: min(cooldown, c.Poll), FetchPollInterval: c.Poll,
		Hooks:  []rivertype.Hook{river.HookInsertBeginFunc(q.soon)},
		Logger: slog.New(warnings{c.Logger.Handler()}), ErrorHandler: failures{c.Logger},
		// Indexes are not rebuilt at midnight: on PostgreSQL the role may not, on SQLite the writer would stand still.
		ReindexerSchedule: river.NeverSchedule(), ReindexerIndexNames: []string{},
		// The start of the maintenance is not spread over seconds where there is one node.
		TestOnly: c.Store.Dialect() == dialect.SQLite,
	}
	if q.byHand() {
		out.Test.Time = hands{q.clock}
	}
	return out
}

// Start runs jobs until Stop.
func (q *Queue) Start(ctx context.Context) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.started {
		return errors.New("job: started twice")
	}
	q.started = true
	ctx = context.WithoutCancel(ctx)
	if q.store.Dialect() == dialect.SQLite {
		if err := q.takeOver(ctx); err != nil {
			return fmt.Errorf("job: take over: %w", err)
		}
	}
	if err := q.client.Start(ctx); err != nil {
		return fmt.Errorf("job: start: %w", err)
	}
	life, stop := context.WithCancel(ctx)
	q.stop = stop
	if q.byHand() {
		q.beside.Go(func() { q.follow(life) })
	}
	return nil
}

// Stop takes no more jobs and waits for those that run. When the context ends before they do they are cancelled, and tried
// again at the next start. It is called before the store is closed, and may be called twice.
func (q *Queue) Stop(ctx context.Context) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.stop()
	q.beside.Wait()
	err := q.client.Stop(ctx)
	if err == nil || ctx.Err() == nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), hard)
	defer cancel()
	if err := q.client.StopAndCancel(ctx); err != nil {
		return fmt.Errorf("job: jobs run on although they are cancelled: %w", err)
	}
	return nil
}
