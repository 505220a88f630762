package eventlog_test

import (
	"context"
	"errors"
	"testing"

	"karnak/authz"
	"karnak/internal/core/eventlog"
	"karnak/internal/platform/fault"
)

// wish is one change of several: an event of a workspace, made by somebody under an idempotency key, or refused.
type wish struct {
	user, key, fingerprint string
	workspaceID, object    string
	refuse                 error
}

// together makes changes in one transaction and returns them; end is what the transaction comes to.
func (b *bench) together(ctx context.Context, wishes []wish, end error) []*eventlog.Joint {
	joints := make([]*eventlog.Joint, len(wishes))
	reached := []string{}
	for i, w := range wishes {
		joints[i] = eventlog.NewJoint(eventlog.WithMutation(as(ctx, w.user), eventlog.Mutation{Key: w.key, Fingerprint: w.fingerprint}))
		reached = append(reached, w.workspaceID)
	}
	b.Together(authz.WithActor(ctx, authz.NewActor("", "", false, reached)), joints, func(ctx context.Context, tx *eventlog.Tx) error {
		for i, w := range wishes {
			switch j := joints[i]; {
			case j.Over():
			case w.refuse != nil:
				j.Refuse(w.refuse)
			default:
				j.Made(w.object)
				if err := tx.Of(j).Append(as(ctx, w.user), w.workspaceID, eventlog.Draft{Type: posted, ObjectID: w.object}); err != nil {
					return err
				}
			}
		}
		return end
	})
	return joints
}

func TestChangesOfSeveralWorkspacesAreMadeTogether(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b *bench) {
		var told []*eventlog.Event
		b.OnCommit(func(events []*eventlog.Event) { told = append(told, events...) })
		w, v := workspace(), workspace()
		b.write(t.Context(), t, w, eventlog.Draft{Type: posted})
		told = nil
		joints := b.together(t.Context(), []wish{
			{user: "user_a", workspaceID: w, object: "one"},
			{user: "user_b", workspaceID: v, object: "two"},
			{user: "user_c", workspaceID: w, object: "three"},
		}, nil)
		for i, want := range []struct {
			workspaceID, actor, object string
			seq                        int64
		}{{w, "user_a", "one", 2}, {v, "user_b", "two", 1}, {w, "user_c", "three", 3}} {
			done, err := joints[i].Result()
			if err != nil {
				t.Fatal(err)
			}
			if done.ObjectID != want.object || done.Replayed || done.Cursor == nil || *done.Cursor != b.Cursor(want.workspaceID, want.seq) {
				t.Errorf("change %d: %+v", i, done)
			}
			e := b.all(t, want.workspaceID)[want.seq-1]
			if e.ActorID != want.actor || e.ObjectID != want.object || e.Seq != want.seq {
				t.Errorf("event of change %d: %+v", i, e)
			}
		}
		contiguous(t, b.all(t, w), 1)
		contiguous(t, b.all(t, v), 1)
		if len(told) != 3 {
			t.Errorf("%d events were told, want 3", len(told))
		}
	})
}

func TestOneRefusedChangeLeavesTheOthers(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b *bench) {
		w := workspace()
		joints := b.together(t.Context(), []wish{
			{user: "user_a", key: "a", workspaceID: w, object: "one"},
			{user: "user_b", key: "b", workspaceID: w, object: "two", refuse: errMeant},
			{user: "user_c", workspaceID: w, object: "three"},
		}, nil)
		if _, err := joints[1].Result(); !errors.Is(err, errMeant) {
			t.Errorf("the refused one: %v", err)
		}
		for _, i := range []int{0, 2} {
			if _, err := joints[i].Result(); err != nil {
				t.Errorf("change %d: %v", i, err)
			}
		}
		if events := b.all(t, w); len(events) != 2 {
			t.Fatalf("%d events, want 2", len(events))
		} else {
			contiguous(t, events, 1)
		}
		again := b.together(t.Context(), []wish{{user: "user_b", key: "b", fingerprint: "another input", workspaceID: w, object: "two"}}, nil)
		if done, err := again[0].Result(); err != nil || done.Replayed {
			t.Errorf("the key of the refused change is not free: %+v: %v", done, err)
		}
	})
}

func TestRepeatedChangesAmongOthers(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b *bench) {
		w := workspace()
		first, err := b.together(t.Context(), []wish{{user: "user_a", key: "k", fingerprint: "f", workspaceID: w, object: "one"}}, nil)[0].Result()
		if err != nil {
			t.Fatal(err)
		}
		joints := b.together(t.Context(), []wish{
			{user: "user_a", key: "k", fingerprint: "f", workspaceID: w, object: "other"},
			{user: "user_b", key: "k", fingerprint: "f", workspaceID: w, object: "two"},
			{user: "user_a", key: "k2", fingerprint: "f", workspaceID: w, object: "three"},
		}, nil)
		done, err := joints[0].Result()
		if err != nil || !done.Replayed || done.ObjectID != "one" || done.Cursor == nil || *done.Cursor != *first.Cursor {
			t.Errorf("the repeated one: %+v: %v", done, err)
		}
		for _, i := range []int{1, 2} {
			if done, err := joints[i].Result(); err != nil || done.Replayed {
				t.Errorf("change %d: %+v: %v", i, done, err)
			}
		}
		other := b.together(t.Context(), []wish{{user: "user_a", key: "k", fingerprint: "g", workspaceID: w, object: "one"}}, nil)
		if _, err := other[0].Result(); fault.CodeOf(err) != fault.IdempotencyConflict {
			t.Errorf("the key with another input: %v", err)
		}
		if events := b.all(t, w); len(events) != 3 {
			t.Errorf("%d events, want 3", len(events))
		}
	})
}

func TestTwoChangesOfOneKeyAreNotMadeTogether(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b *bench) {
		w := workspace()
		joints := b.together(t.Context(), []wish{
			{user: "user_a", key: "k", fingerprint: "f", workspaceID: w, object: "one"},
			{user: "user_a", key: "k", fingerprint: "f", workspaceID: w, object: "two"},
		}, nil)
		if done, err := joints[0].Result(); err != nil || done.ObjectID != "one" {
			t.Errorf("the first: %+v: %v", done, err)
		}
		if _, err := joints[1].Result(); !errors.Is(err, eventlog.ErrAlone) {
			t.Errorf("the second: %v", err)
		}
	})
}

func TestNothingIsWrittenOfATransactionThatFails(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b *bench) {
		w := workspace()
		wishes := []wish{
			{user: "user_a", key: "k", fingerprint: "f", workspaceID: w, object: "one"},
			{user: "user_b", workspaceID: w, object: "two"},
			{user: "user_c", workspaceID: w, object: "three", refuse: errMeant},
		}
		for i, j := range b.together(t.Context(), wishes, errors.New("broken")) {
			if _, err := j.Result(); !errors.Is(err, eventlog.ErrAlone) {
				t.Errorf("change %d: %v", i, err)
			}
		}
		if events := b.all(t, w); len(events) != 0 {
			t.Errorf("%d events of a transaction that failed", len(events))
		}
		if done, err := b.together(t.Context(), wishes[:1], nil)[0].Result(); err != nil || done.Replayed {
			t.Errorf("the key of a change that failed is not free: %+v: %v", done, err)
		}
	})
}
