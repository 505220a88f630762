package batch_test

import (
	"context"
	"testing"

	"karnak/internal/platform/batch"
)

func TestForgetLooksUpAnew(t *testing.T) {
	t.Parallel()
	type kind struct{}
	n := 0
	look := func(ctx context.Context) int {
		t.Helper()
		v, err := batch.Load(ctx, kind{}, "key", func(context.Context, []string) (map[string]int, error) {
			n++
			return map[string]int{"key": n}, nil
		})
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	for name, ctx := range map[string]context.Context{"many": batch.WithScope(t.Context()), "single": batch.WithSingle(t.Context())} {
		n = 0
		batch.Expect(ctx, kind{}, []string{"key"})
		if first, again := look(ctx), look(ctx); first != 1 || again != 1 {
			t.Errorf("%s: the scope does not remember", name)
		}
		batch.Forget(ctx)
		if first, again := look(ctx), look(ctx); first != 2 || again != 2 {
			t.Errorf("%s: the scope remembers what it was to forget", name)
		}
	}
	batch.Forget(t.Context())
}
