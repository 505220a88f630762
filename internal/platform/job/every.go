package job

import (
	"errors"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"
)

// waiting are the states in which a recurring job is not inserted again.
var waiting = []rivertype.JobState{
	rivertype.JobStateAvailable, rivertype.JobStatePending, rivertype.JobStateRetryable, rivertype.JobStateRunning, rivertype.JobStateScheduled,
}

// Every makes a job recur: soon after the start, and then at an interval of at least a second, on one node of all at a time.
// While one has not ended no other is begun. It is tried once; the next one is its repetition. Its kind is registered before.
func (q *Queue) Every(interval time.Duration, a Args) error {
	if interval < time.Second {
		return errors.New("job: " + a.Kind() + " recurs too often")
	}
	opts := river.InsertOpts{MaxAttempts: 1, UniqueOpts: river.UniqueOpts{ByArgs: true, ByState: waiting}}
	_, err := q.client.PeriodicJobs().AddSafely(river.NewPeriodicJob(river.PeriodicInterval(interval), func() (river.JobArgs, *river.InsertOpts) {
		o := opts
		return envelope[Args]{Args: a}, &o
	}, &river.PeriodicJobOpts{ID: a.Kind(), RunOnStart: true}))
	return err
}
