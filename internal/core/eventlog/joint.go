package eventlog

import (
	"context"
	"errors"

	"karnak/internal/platform/id"
)

// Joint is one of several changes that are made in one transaction.
type Joint struct {
	ctx      context.Context
	mutation Mutation
	key      string
	done     Done
	err      error
	drafts   []draft
	last     *Event
	// used says that the idempotency key was used before, tried that only the commit was missing.
	used, tried bool
}

// draft is an event with what the table holds beyond it.
type draft struct {
	*Event
	source, dedupe string
}

// ErrAlone says of a Joint that nothing was done: it has to be made by a change of its own.
var ErrAlone = errors.New("eventlog: this change has to be made alone")

// NewJoint returns a change for the mutation of a context.
func NewJoint(ctx context.Context) *Joint {
	m := mutationOf(ctx)
	j := &Joint{ctx: ctx, mutation: m}
	if m.Key != "" {
		j.key = idempotencyID(ctx, m.Key)
	}
	j.begin()
	return j
}

// begin forgets what an attempt left.
func (j *Joint) begin() {
	j.done = Done{Receipt: Receipt{ClientMutationID: j.mutation.ClientMutationID}}
	j.err, j.drafts, j.last, j.used, j.tried = nil, nil, nil, false, false
}

// Over reports whether there is nothing to do any more: the change was made before under its idempotency key, or was refused.
func (j *Joint) Over() bool { return j.used || j.err != nil }

// Refuse ends the change with an error of its own; the others go on. Nothing may have been written for it.
func (j *Joint) Refuse(err error) { j.err = err }

// Made tells what the change made.
func (j *Joint) Made(objectID string) { j.done.ObjectID = objectID }

// Result is what became of the change, once Together has returned.
func (j *Joint) Result() (*Done, error) {
	if j.err != nil {
		return nil, j.err
	}
	return &j.done, nil
}

// place tells where the change is in the log: at its last event of a workspace.
func (j *Joint) place() {
	for _, d := range j.drafts {
		if d.WorkspaceID != id.Platform {
			j.last = d.Event
		}
	}
	if j.last != nil {
		j.done.Cursor = &j.last.Cursor
	}
}

// Of returns the transaction for one of its changes, whose events it appends.
func (t *Tx) Of(j *Joint) *Tx { return &Tx{t.Tx, t.log, j} }

// Together makes several changes in one transaction, for the actor of ctx, who has to reach the workspaces of all of them. fn
// writes those that are not Over, and refuses or tells what was made of each. It returns once that is durable. One change is not
// lost for another: where the transaction fails before its commit, or two changes have the same idempotency key, the result is
// ErrAlone. An error of the commit itself is everybody's, since nobody knows whether it was made.
func (l *Log) Together(ctx context.Context, of []*Joint, fn func(context.Context, *Tx) error) {
	first := apart(of)
	err := l.commit(WithMutation(ctx, Mutation{}), first, fn)
	if err == nil {
		return
	}
	for _, j := range first {
		j.err = ErrAlone
		if j.tried {
			j.err = err
		}
	}
}

// apart leaves out the changes whose idempotency key another one has.
func apart(of []*Joint) []*Joint {
	seen := map[string]bool{}
	first := make([]*Joint, 0, len(of))
	for _, j := range of {
		if j.key != "" && seen[j.key] {
			j.err = ErrAlone
			continue
		}
		seen[j.key] = true
		first = append(first, j)
	}
	return first
}
