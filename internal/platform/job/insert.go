package job

import (
	"context"
	"fmt"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"

	"karnak/internal/platform/store"
)

// InsertTx inserts a job in a running transaction: it runs once that is committed, and never when it is not. The workers of
// this node hear of it right after the commit. A kind that is not registered is an error.
func (q *Queue) InsertTx(ctx context.Context, tx *store.Tx, a Args, o Opts) error {
	opts := &river.InsertOpts{ScheduledAt: o.ScheduledAt, MaxAttempts: o.Attempts}
	if o.UniqueKey != "" {
		opts.UniqueOpts = river.UniqueOpts{ByArgs: true}
	}
	res, err := q.client.InsertTx(ctx, tx.SQL(), envelope[Args]{Key: o.UniqueKey, Args: a}, opts)
	if err != nil {
		return fmt.Errorf("job: insert %s: %w", a.Kind(), err)
	}
	if !res.UniqueSkippedAsDuplicate && res.Job.State == rivertype.JobStateAvailable {
		tx.AfterCommit(q.driver.wake.wake)
	}
	return nil
}

// soon makes a job that is due before the scheduler looks again one that the workers see by themselves, when its time has
// come. River does the same with retries.
func (q *Queue) soon(_ context.Context, p *rivertype.JobInsertParams) error {
	if p.State == rivertype.JobStateScheduled && p.ScheduledAt.Before(q.clock.Now().Add(near)) {
		p.State = rivertype.JobStateAvailable
	}
	return nil
}
