package eventlog_test

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"karnak/internal/core/eventlog"
	"karnak/internal/platform/fault"
)

// keyed makes a change under an idempotency key that appends one event and returns what it is told.
func (b *bench) keyed(ctx context.Context, user, key, fingerprint, workspaceID, object string, runs *atomic.Int64) (*eventlog.Done, error) {
	ctx = eventlog.WithMutation(as(ctx, user), eventlog.Mutation{Key: key, Fingerprint: fingerprint})
	return b.Change(ctx, func(ctx context.Context, tx *eventlog.Tx) (string, error) {
		runs.Add(1)
		return object, tx.Append(ctx, workspaceID, eventlog.Draft{Type: posted, ObjectID: object})
	})
}

func TestIdempotencyKey(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b *bench) {
		w := workspace()
		var runs atomic.Int64
		first, err := b.keyed(t.Context(), "user_a", "k", "f", w, "one", &runs)
		if err != nil || first.Replayed || first.ObjectID != "one" {
			t.Fatalf("%+v: %v", first, err)
		}
		again, err := b.keyed(t.Context(), "user_a", "k", "f", w, "two", &runs)
		if err != nil || !again.Replayed || again.ObjectID != "one" || again.Cursor == nil || *again.Cursor != *first.Cursor {
			t.Errorf("again: %+v: %v", again, err)
		}
		if _, err := b.keyed(t.Context(), "user_a", "k", "other", w, "three", &runs); fault.CodeOf(err) != fault.IdempotencyConflict {
			t.Errorf("another input: %v", err)
		}
		if n := runs.Load(); n != 1 || len(b.all(t, w)) != 1 {
			t.Errorf("%d runs, %d events", n, len(b.all(t, w)))
		}
		for _, x := range [][2]string{{"user_b", "k"}, {"user_a", "k2"}, {"", "k"}, {"user_", "a\x00k"}} {
			done, err := b.keyed(t.Context(), x[0], x[1], "f", w, "own", &runs)
			if err != nil || done.Replayed {
				t.Errorf("actor %q, key %q: %+v: %v", x[0], x[1], done, err)
			}
		}
		done, err := b.Change(eventlog.Unkeyed(eventlog.WithMutation(as(t.Context(), "user_a"), eventlog.Mutation{Key: "k", Fingerprint: "other"})),
			func(context.Context, *eventlog.Tx) (string, error) { return "unkeyed", nil })
		if err != nil || done.Replayed || done.ObjectID != "unkeyed" {
			t.Errorf("without its key: %+v: %v", done, err)
		}
	})
}

func TestIdempotencyKeyOfAFailedChangeIsFree(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b *bench) {
		w := workspace()
		ctx := eventlog.WithMutation(as(t.Context(), "user_a"), eventlog.Mutation{Key: "k", Fingerprint: "f"})
		if _, err := b.Change(ctx, func(context.Context, *eventlog.Tx) (string, error) { return "", errMeant }); err == nil {
			t.Fatal("no error")
		}
		var runs atomic.Int64
		if done, err := b.keyed(t.Context(), "user_a", "k", "another input", w, "one", &runs); err != nil || done.Replayed {
			t.Errorf("%+v: %v", done, err)
		}
	})
}

func TestConcurrentDuplicatesHaveOneEffect(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b *bench) {
		const keys, tries = 6, 8
		w := workspace()
		var runs atomic.Int64
		var mu sync.Mutex
		objects, cursors := map[string]map[string]int{}, map[string]map[string]int{}
		var wg sync.WaitGroup
		for n := range keys * tries {
			wg.Go(func() {
				key := fmt.Sprint("k", n%keys)
				done, err := b.keyed(t.Context(), "user_a", key, "f", w, fmt.Sprint("try", n), &runs)
				if err != nil {
					t.Error(err)
					return
				}
				mu.Lock()
				defer mu.Unlock()
				if objects[key] == nil {
					objects[key], cursors[key] = map[string]int{}, map[string]int{}
				}
				objects[key][done.ObjectID]++
				cursors[key][*done.Cursor]++
			})
		}
		wg.Wait()
		if len(b.all(t, w)) != keys || runs.Load() != keys {
			t.Errorf("%d keys had %d effects in %d runs", keys, len(b.all(t, w)), runs.Load())
		}
		for k := range objects {
			if len(objects[k]) != 1 || len(cursors[k]) != 1 {
				t.Errorf("key %s answered %v at %v", k, objects[k], cursors[k])
			}
		}
	})
}

func TestForget(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b *bench) {
		w := workspace()
		var runs atomic.Int64
		for _, step := range []struct {
			pass     time.Duration
			replayed bool
		}{{0, false}, {0, true}, {23 * time.Hour, true}, {time.Hour, true}, {time.Second, false}} {
			b.clock.Advance(step.pass)
			if err := b.Forget(t.Context()); err != nil {
				t.Fatal(err)
			}
			done, err := b.keyed(t.Context(), "user_a", "k", "f", w, "x", &runs)
			if err != nil || done.Replayed != step.replayed {
				t.Errorf("after %s more: %+v: %v", step.pass, done, err)
			}
		}
	})
}

func TestReplayTellsWhatWasDone(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b *bench) {
		w, mutation := workspace(), "m"
		var runs atomic.Int64
		with := func(user, key, fingerprint string) context.Context {
			return eventlog.WithMutation(as(t.Context(), user), eventlog.Mutation{ClientMutationID: &mutation, Key: key, Fingerprint: fingerprint})
		}
		if done, err := b.Replay(with("user_a", "k", "f")); done != nil || err != nil {
			t.Errorf("before anything was done: %+v: %v", done, err)
		}
		first, err := b.keyed(t.Context(), "user_a", "k", "f", w, "one", &runs)
		if err != nil {
			t.Fatal(err)
		}
		done, err := b.Replay(with("user_a", "k", "f"))
		if err != nil || !done.Replayed || done.ObjectID != "one" || *done.Cursor != *first.Cursor || *done.ClientMutationID != mutation {
			t.Errorf("%+v: %v", done, err)
		}
		if _, err := b.Replay(with("user_a", "k", "other")); fault.CodeOf(err) != fault.IdempotencyConflict {
			t.Errorf("another input: %v", err)
		}
		for _, ctx := range []context.Context{with("user_b", "k", "f"), with("user_a", "", "f"), as(t.Context(), "user_a")} {
			if done, err := b.Replay(ctx); done != nil || err != nil {
				t.Errorf("%+v: %v", done, err)
			}
		}
	})
}
