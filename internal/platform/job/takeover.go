package job

import (
	"context"
	"encoding/json"
	"time"

	"github.com/riverqueue/river/riverdriver"
	"github.com/riverqueue/river/rivertype"
)

// batch bounds how many jobs a statement moves.
const batch = 1000

// takeOver frees the jobs and the leadership of a process that has ended without letting go of them. Nobody but the holder
// of the SQLite file may do so: there it is certain that no other process runs them.
func (q *Queue) takeOver(ctx context.Context) error {
	exec, now := q.driver.GetExecutor(), q.clock.Now()
	forever := now.AddDate(100, 0, 0)
	if _, err := exec.LeaderDeleteExpired(ctx, &riverdriver.LeaderDeleteExpiredParams{Now: &forever}); err != nil {
		return err
	}
	for after := int64(0); ; {
		jobs, err := exec.JobGetStuck(ctx, &riverdriver.JobGetStuckParams{AfterID: after, Max: batch, StuckHorizon: forever})
		if err != nil || len(jobs) == 0 {
			return err
		}
		after = jobs[len(jobs)-1].ID
		p := &riverdriver.JobRescueManyParams{StuckHorizon: forever}
		for _, j := range jobs {
			if err := q.free(p, j, now); err != nil {
				return err
			}
		}
		if _, err := exec.JobRescueMany(ctx, p); err != nil {
			return err
		}
	}
}

// free adds a job to those that are let go: it is tried again later, as after a failure, unless that was its last attempt.
// A job that takes the process down with it is so not the first thing the next one does, for ever.
func (q *Queue) free(p *riverdriver.JobRescueManyParams, j *rivertype.JobRow, now time.Time) error {
	why, err := json.Marshal(rivertype.AttemptError{At: now, Attempt: j.Attempt, Error: "the process ended while the job ran"})
	if err != nil {
		return err
	}
	state, at, ended := rivertype.JobStateRetryable, q.retry.NextRetry(j), (*time.Time)(nil)
	switch {
	case j.Attempt >= j.MaxAttempts:
		state, at, ended = rivertype.JobStateDiscarded, j.ScheduledAt, &now
	case at.Before(now.Add(near)):
		state = rivertype.JobStateAvailable
	}
	p.ID = append(p.ID, j.ID)
	p.Error = append(p.Error, why)
	p.FinalizedAt = append(p.FinalizedAt, ended)
	p.ScheduledAt = append(p.ScheduledAt, at)
	p.State = append(p.State, string(state))
	return nil
}
