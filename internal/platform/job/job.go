package job

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"time"

	"github.com/riverqueue/river"
)

// Args is what a job is given; it is kept as JSON. It holds ids rather than copies of what they name, which may have changed
// when the job runs.
type Args interface {
	// Kind names the worker: domain.noun.verb. It is a constant of the type, also of its zero value.
	Kind() string
}

// Opts say when a job runs and when it is one too many. The zero value runs it once, now.
type Opts struct {
	// ScheduledAt is when it runs; the zero time and times past stand for now.
	ScheduledAt time.Time
	// UniqueKey makes a second job of the same kind and key vanish, from when the first is inserted until a day after it was
	// done. It may come again once the first was given up.
	UniqueKey string
	// Attempts is how often it is tried; 0 stands for 25.
	Attempts int
}

// Spec says how jobs of a kind are worked.
type Spec struct {
	// Timeout ends the worker's context; 0 stands for the queue's.
	Timeout time.Duration
}

// Later makes a job run again after d. It is no failure and counts as no attempt.
func Later(d time.Duration) error { return river.JobSnooze(max(d, 0)) }

// Never makes a job fail for good.
func Never(err error) error { return river.JobCancel(err) }

// envelope is what River keeps of a job.
type envelope[A Args] struct {
	Key  string `json:"key,omitempty" river:"unique"`
	Args A      `json:"args"`
}

// Kind is asked for by River.
func (e envelope[A]) Kind() string { return e.Args.Kind() }

var kinds = regexp.MustCompile(`^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)+$`)

// Register hands jobs of a kind to a function, several at a time. All workers are registered before Start; a job is only
// inserted where its kind is registered.
func Register[A Args](q *Queue, s Spec, work func(context.Context, A) error) error {
	var zero A
	kind := zero.Kind()
	switch {
	case !kinds.MatchString(kind):
		return fmt.Errorf("job: the kind %q is not of the form domain.noun.verb", kind)
	case s.Timeout < 0:
		return fmt.Errorf("job: %s: a timeout is not negative", kind)
	case work == nil:
		return fmt.Errorf("job: %s: there is no function", kind)
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.started {
		return errors.New("job: " + kind + " is registered after the start")
	}
	return river.AddWorkerSafely(q.workers, &worker[A]{queue: q, kind: kind, timeout: s.Timeout, work: work})
}

type worker[A Args] struct {
	river.WorkerDefaults[envelope[A]]
	queue   *Queue
	kind    string
	timeout time.Duration
	work    func(context.Context, A) error
}

// Timeout is asked for by River; 0 leaves it to the queue.
func (w *worker[A]) Timeout(*river.Job[envelope[A]]) time.Duration { return w.timeout }

// Work runs the function and counts how it went. A panic is River's to catch.
func (w *worker[A]) Work(ctx context.Context, j *river.Job[envelope[A]]) (err error) {
	done := w.queue.metrics.begin(w.kind)
	finished := false
	defer func() { done(finished, err) }()
	err = w.work(ctx, j.Args.Args)
	finished = true
	return err
}
