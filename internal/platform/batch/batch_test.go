package batch_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"

	"karnak/internal/platform/batch"
)

// source answers look-ups of even numbers, and keeps the keys of every call.
type source struct {
	mu    sync.Mutex
	calls [][]int
	err   error
}

func (s *source) fetch(_ context.Context, keys []int) (map[int]string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls = append(s.calls, slices.Sorted(slices.Values(keys)))
	found := map[int]string{}
	for _, k := range keys {
		if k%2 == 0 {
			found[k] = fmt.Sprint("value ", k)
		}
	}
	return found, s.err
}

// load looks keys up, all at the same time, and checks what comes back.
func (s *source) load(ctx context.Context, t *testing.T, kind any, keys ...int) {
	t.Helper()
	var wg sync.WaitGroup
	for _, k := range keys {
		wg.Go(func() {
			got, err := batch.Load(ctx, kind, k, s.fetch)
			want := ""
			if k%2 == 0 {
				want = fmt.Sprint("value ", k)
			}
			if !errors.Is(err, s.err) || (err == nil && got != want) {
				t.Errorf("%d: %q, %v", k, got, err)
			}
		})
	}
	wg.Wait()
}

// asked is every key that was fetched, in order.
func (s *source) asked() []int { return slices.Sorted(slices.Values(slices.Concat(s.calls...))) }

func TestWithoutAScopeEachLookUpFetches(t *testing.T) {
	t.Parallel()
	var s source
	batch.Expect(t.Context(), "kind", []int{1, 2})
	s.load(t.Context(), t, "kind", 2)
	s.load(t.Context(), t, "kind", 2)
	if len(s.calls) != 2 {
		t.Errorf("calls: %v", s.calls)
	}
}

func TestAScopeAsksForAKeyOnce(t *testing.T) {
	t.Parallel()
	for name, scope := range map[string]func(context.Context) context.Context{"many": batch.WithScope, "single": batch.WithSingle} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var s, other source
			ctx := scope(t.Context())
			keys := []int{1, 2, 3, 4, 5, 6}
			s.load(ctx, t, "kind", keys[0])
			s.load(ctx, t, "kind", slices.Concat(keys, keys)...)
			s.load(ctx, t, "kind", keys...)
			if !slices.Equal(s.asked(), keys) {
				t.Errorf("calls: %v", s.calls)
			}
			other.load(ctx, t, "another kind", keys[0])
			if !slices.Equal(other.asked(), keys[:1]) {
				t.Errorf("another kind: %v", other.calls)
			}
			s.load(scope(t.Context()), t, "kind", keys[0])
			if last := s.calls[len(s.calls)-1]; !slices.Equal(last, keys[:1]) {
				t.Errorf("another scope was answered from the first: %v", s.calls)
			}
		})
	}
}

func TestErrorsReachEverybodyWhoAsked(t *testing.T) {
	t.Parallel()
	s := source{err: errors.New("meant")}
	s.load(batch.WithScope(t.Context()), t, "kind", 1, 2, 3)
	s.load(batch.WithSingle(t.Context()), t, "kind", 1)
	ctx := batch.WithScope(t.Context())
	batch.Expect(ctx, "kind", []int{1, 2})
	s.load(ctx, t, "kind", 1, 2)
	s.load(t.Context(), t, "kind", 1)
}

func TestManyKeysAreAskedForInBoundedCalls(t *testing.T) {
	t.Parallel()
	keys := make([]int, 1203)
	for i := range keys {
		keys[i] = i
	}
	for _, expect := range []bool{false, true} {
		var s source
		ctx := batch.WithScope(t.Context())
		if expect {
			batch.Expect(ctx, "kind", keys)
		}
		s.load(ctx, t, "kind", keys...)
		for _, c := range s.calls {
			if len(c) > 500 {
				t.Errorf("expected %v: a call for %d keys", expect, len(c))
			}
		}
		if !slices.Equal(s.asked(), keys) || (expect && len(s.calls) != 3) {
			t.Errorf("expected %v: %d calls", expect, len(s.calls))
		}
	}
}
