package batch_test

import (
	"context"
	"reflect"
	"testing"

	"karnak/internal/platform/batch"
)

func TestExpect(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name  string
		run   func(t *testing.T, ctx context.Context, s *source)
		calls [][]int
	}{
		{"nothing is fetched that nobody asks for", func(_ *testing.T, ctx context.Context, _ *source) {
			batch.Expect(ctx, "kind", []int{1, 2})
		}, nil},
		{"the first look-up fetches all", func(t *testing.T, ctx context.Context, s *source) {
			batch.Expect(ctx, "kind", []int{1, 2, 3})
			s.load(ctx, t, "kind", 2)
			s.load(ctx, t, "kind", 1, 3, 1)
		}, [][]int{{1, 2, 3}}},
		{"lists told before a look-up share its fetch", func(t *testing.T, ctx context.Context, s *source) {
			batch.Expect(ctx, "kind", []int{1, 2, 2})
			batch.Expect(ctx, "kind", []int{2, 4})
			s.load(ctx, t, "kind", 4)
			s.load(ctx, t, "kind", 1, 2)
		}, [][]int{{1, 2, 4}}},
		{"a list told later asks only for what is new", func(t *testing.T, ctx context.Context, s *source) {
			batch.Expect(ctx, "kind", []int{1, 2})
			s.load(ctx, t, "kind", 1)
			batch.Expect(ctx, "kind", []int{2, 3})
			s.load(ctx, t, "kind", 2)
			s.load(ctx, t, "kind", 3)
		}, [][]int{{1, 2}, {3}}},
		{"a key that nobody expected is asked for apart", func(t *testing.T, ctx context.Context, s *source) {
			batch.Expect(ctx, "kind", []int{1, 2})
			s.load(ctx, t, "kind", 9)
			s.load(ctx, t, "kind", 1)
		}, [][]int{{9}, {1, 2}}},
		{"another kind is not concerned", func(t *testing.T, ctx context.Context, s *source) {
			batch.Expect(ctx, "another", []int{1, 2})
			s.load(ctx, t, "kind", 1)
		}, [][]int{{1}}},
		{"what is known is not asked for", func(t *testing.T, ctx context.Context, s *source) {
			batch.Know(ctx, "kind", 2, "value 2")
			batch.Expect(ctx, "kind", []int{1, 2, 3})
			s.load(ctx, t, "kind", 2, 3)
		}, [][]int{{1, 3}}},
		{"what was asked for keeps its answer", func(t *testing.T, ctx context.Context, s *source) {
			batch.Expect(ctx, "kind", []int{1, 2})
			s.load(ctx, t, "kind", 1)
			batch.Know(ctx, "kind", 2, "another value")
			s.load(ctx, t, "kind", 2)
		}, [][]int{{1, 2}}},
		{"no keys", func(t *testing.T, ctx context.Context, s *source) {
			batch.Expect(ctx, "kind", []int{})
			s.load(ctx, t, "kind", 1)
		}, [][]int{{1}}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			for name, ctx := range map[string]context.Context{"many": batch.WithScope(t.Context()), "single": batch.WithSingle(t.Context())} {
				var s source
				if c.run(t, ctx, &s); !reflect.DeepEqual(s.calls, c.calls) {
					t.Errorf("%s: calls %v, not %v", name, s.calls, c.calls)
				}
			}
		})
	}
}

// TestAPanicReachesOnlyWhoFetched checks that the others are not left with an empty answer that looks like a good one.
func TestAPanicReachesOnlyWhoFetched(t *testing.T) {
	t.Parallel()
	ctx := batch.WithScope(t.Context())
	batch.Expect(ctx, "kind", []int{1, 2})
	func() {
		defer func() {
			if recover() == nil {
				t.Error("the panic did not reach the caller")
			}
		}()
		_, _ = batch.Load(ctx, "kind", 1, func(context.Context, []int) (map[int]string, error) { panic("broken") })
	}()
	var s source
	if got, err := batch.Load(ctx, "kind", 2, s.fetch); err == nil || len(s.calls) != 0 {
		t.Errorf("%q, %v, calls %v", got, err, s.calls)
	}
}
