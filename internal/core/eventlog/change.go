package eventlog

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"karnak/authz"
	"karnak/ent"
	"karnak/internal/platform/failpoint"
	"karnak/internal/platform/id"
)

// Tx is a running change.
type Tx struct {
	*ent.Tx
	log   *Log
	joint *Joint
}

// Append adds an event to the log of a workspace. It is numbered when the change commits.
func (t *Tx) Append(ctx context.Context, workspaceID string, d Draft) error {
	e := &Event{
		ID: id.New(id.Event), WorkspaceID: workspaceID, Type: d.Type.Name, SubjectID: d.SubjectID, ObjectID: d.ObjectID,
		ChannelID: d.ChannelID, OccurredAt: t.log.clock.Now(), ClientMutationID: t.joint.mutation.ClientMutationID,
	}
	if !d.At.IsZero() {
		e.OccurredAt = d.At
	}
	if a := authz.ActorOf(ctx); a != nil {
		e.ActorID = a.UserID
	}
	if d.Data != nil {
		b, err := json.Marshal(d.Data)
		if err != nil {
			return fmt.Errorf("data of %s: %w", d.Type.Name, err)
		}
		e.Data = b
	}
	source := d.Source
	if source == "" {
		source = "karnak"
	}
	t.joint.drafts = append(t.joint.drafts, draft{e, source, d.DedupeKey})
	if d.Type.Access && workspaceID != id.Platform {
		return t.Append(ctx, id.Platform, Draft{Type: changed, SubjectID: d.SubjectID, ObjectID: workspaceID})
	}
	return nil
}

// Change runs fn in one transaction together with the events it appends, and returns once that is durable. fn returns the
// id of what it made or changed. Under an idempotency key that was used before with the same input nothing runs and that
// id comes back; with another input it is IDEMPOTENCY_CONFLICT.
func (l *Log) Change(ctx context.Context, fn func(context.Context, *Tx) (string, error)) (*Done, error) {
	j := NewJoint(ctx)
	err := l.commit(ctx, []*Joint{j}, func(ctx context.Context, tx *Tx) (err error) {
		if j.Over() {
			return j.err
		}
		j.done.ObjectID, err = fn(ctx, tx.Of(j))
		return err
	})
	if err != nil {
		return nil, err
	}
	return j.Result()
}

// commit runs fn in a transaction with the events of the changes, and tells the listeners when it is durable.
func (l *Log) commit(ctx context.Context, of []*Joint, fn func(context.Context, *Tx) error) error {
	err := l.db.InTx(ctx, func(ctx context.Context, raw *ent.Tx) error {
		tx := &Tx{Tx: raw, log: l}
		for _, j := range of {
			j.begin()
		}
		failpoint.At(failpoint.Begun)
		if err := l.claim(ctx, tx, of); err != nil {
			return err
		}
		failpoint.At(failpoint.Claimed)
		if err := fn(ctx, tx); err != nil {
			return err
		}
		failpoint.At(failpoint.Made)
		raw.BeforeCommit(func(ctx context.Context) error { return l.flush(ctx, tx, of) })
		raw.AfterCommit(func() { l.tell(of) })
		return nil
	})
	failpoint.At(failpoint.Returned)
	return err
}

func (l *Log) tell(of []*Joint) {
	var events []*Event
	for _, j := range of {
		for _, d := range j.drafts {
			events = append(events, d.Event)
		}
	}
	if len(events) == 0 {
		return
	}
	for _, f := range l.listeners {
		f(events)
	}
	failpoint.At(failpoint.Told)
}

// flush numbers the events and writes them. The heads are locked here, last of all and in one order, so that the lock is
// held for the commit alone and no two changes wait for each other.
func (l *Log) flush(ctx context.Context, tx *Tx, of []*Joint) error {
	var drafts []draft
	for _, j := range of {
		drafts = append(drafts, j.drafts...)
	}
	if len(drafts) > 0 {
		if err := l.write(ctx, tx, drafts); err != nil {
			return err
		}
	}
	failpoint.At(failpoint.Logged)
	for _, j := range of {
		j.place()
	}
	if err := l.remember(ctx, tx, of); err != nil {
		return err
	}
	failpoint.At(failpoint.Remembered)
	for _, j := range of {
		j.tried = true
	}
	return nil
}

// Kept is how long an idempotency key is remembered.
const Kept = 24 * time.Hour
