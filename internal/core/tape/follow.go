package tape

import (
	"context"
	"errors"
	"io"
	"time"

	"karnak/ent/entgen"
	"karnak/internal/core/eventlog"
	"karnak/internal/core/stream"
	"karnak/internal/platform/fault"
)

// Spec says what a Follower follows.
type Spec struct {
	WorkspaceID, TapeID string
	// After is the cursor to begin after; nil for the first step.
	After *string
	// Own and Allow say who may read on, as those of stream.Spec.
	Own   string
	Allow func(context.Context) (until time.Time, err error)
}

// Follower reads the steps of a tape, and then waits for more, until the tape has ended. It is for one goroutine.
type Follower struct {
	engine  *Engine
	spec    Spec
	topic   *topic
	log     *stream.Reader
	pos     int64
	pending []*Step
}

// nothing is a type of event that there is none of: a follower reads the log for what changes its rights alone.
const nothing = "none"

// Follow opens a follower. A cursor that is forged, ahead, or of another tape is BAD_USER_INPUT. Close it.
func (e *Engine) Follow(ctx context.Context, s Spec) (*Follower, error) {
	r, err := e.Hub.Read(ctx, stream.Spec{
		WorkspaceID: s.WorkspaceID, Own: s.Own, Allow: s.Allow,
		Filter: func() eventlog.Filter { return eventlog.Filter{Types: []string{nothing}} },
	})
	if err != nil {
		return nil, err
	}
	t, err := e.acquire(ctx, s.TapeID)
	if err != nil {
		r.Close()
		if entgen.IsNotFound(err) {
			err = fault.Absent()
		}
		return nil, err
	}
	f := &Follower{engine: e, spec: s, topic: t, log: r}
	if s.After != nil {
		_, last, _, _ := t.since(0)
		if f.pos, err = e.Position(s.TapeID, *s.After, last); err != nil {
			f.Close()
			return nil, err
		}
	}
	return f, nil
}

// Close gives the follower's place back.
func (f *Follower) Close() {
	f.log.Close()
	f.engine.release(f.spec.TapeID, f.topic)
}

// Next waits for the next step. It fails with io.EOF behind the last step of a tape that has ended, and with what Allow says
// when the right to read has ended.
func (f *Follower) Next(ctx context.Context) (*Step, error) {
	for {
		// Everything of the log that is known here is looked at first.
		if _, ok, err := f.log.Poll(ctx); err != nil {
			return nil, err
		} else if ok {
			continue
		}
		more, ended, err := f.fill(ctx)
		if err != nil {
			return nil, err
		}
		if len(f.pending) > 0 {
			s := f.pending[0]
			if seen, _ := f.log.Settled(); seen >= s.LogSeq {
				f.pending, f.pos = f.pending[1:], s.Seq
				return s, nil
			}
			more = nil
			f.log.Behind()
		} else if ended {
			return nil, io.EOF
		}
		if err := f.wait(ctx, more); err != nil {
			return nil, err
		}
	}
}

// More returns the step that comes right behind, where it is there already and is one of a kind; nil where it is not.
func (f *Follower) More(kind string) *Step {
	if len(f.pending) == 0 || f.pending[0].Kind != kind {
		return nil
	}
	s := f.pending[0]
	if seen, _ := f.log.Settled(); seen < s.LogSeq {
		return nil
	}
	f.pending, f.pos = f.pending[1:], s.Seq
	return s
}

// fill gets the next steps from memory, or else from the database.
func (f *Follower) fill(ctx context.Context) (more <-chan struct{}, ended bool, err error) {
	if len(f.pending) > 0 {
		return nil, false, nil
	}
	steps, last, ended, more := f.topic.since(f.pos)
	if len(steps) == 0 && f.pos < last {
		if steps, err = f.engine.After(ctx, f.spec.WorkspaceID, f.spec.TapeID, f.pos, last, page); err != nil {
			return nil, false, err
		}
		if len(steps) == 0 {
			return nil, false, errors.New("tape: steps are missing that are said to be there")
		}
	}
	f.pending = steps
	return more, ended && f.pos >= last, nil
}

func (f *Follower) wait(ctx context.Context, more <-chan struct{}) error {
	_, err := f.log.Await(ctx, more)
	return err
}
