package job

import (
	"context"
	"math"
	"math/rand/v2"
	"time"

	"github.com/riverqueue/river/riverdriver"
	"github.com/riverqueue/river/rivertype"

	"karnak/internal/platform/clock"
)

// byHand reports whether the clock is another than the machine's.
func (q *Queue) byHand() bool {
	_, machine := q.clock.(clock.System)
	return !machine
}

// hands shows River a clock that is moved by hand.
type hands struct{ clock clock.Clock }

// Now returns the clock's time.
func (h hands) Now() time.Time { return h.clock.Now() }

// NowOrNil returns the time that is used in place of the database's.
func (h hands) NowOrNil() *time.Time {
	now := h.clock.Now()
	return &now
}

// follow runs what is due each time the clock was moved: River waits for the machine's time.
func (q *Queue) follow(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-q.clock.After(time.Second):
		}
		now := q.clock.Now()
		if _, err := q.driver.GetExecutor().JobSchedule(ctx, &riverdriver.JobScheduleParams{Max: batch, Now: &now}); err != nil && ctx.Err() == nil {
			q.logger.Warn("jobs that are due could not be found", "error", err)
		}
		q.driver.wake.wake()
	}
}

// backoff says when a job that has failed is tried again.
type backoff struct {
	clock clock.Clock
	after func(attempt int) time.Duration
}

// NextRetry is asked for by River. A job that was put off counts its failures alone.
func (b backoff) NextRetry(j *rivertype.JobRow) time.Time {
	n := len(j.Errors) + 1
	if b.after != nil {
		return b.clock.Now().Add(b.after(n))
	}
	seconds := math.Pow(float64(n), 4) * (0.9 + 0.2*rand.Float64()) //nolint:gosec // spreads retries, hides nothing
	return b.clock.Now().Add(time.Duration(seconds * float64(time.Second)))
}
