package store_test

import (
	"errors"
	"testing"

	"entgo.io/ent/dialect/sql"

	"karnak/internal/platform/store"
)

func TestReusedMakesDestinationsOnce(t *testing.T) {
	t.Parallel()
	made := 0
	of := func(v func() any, err error) func([]string) ([]any, error) {
		return store.Reused(func([]string) ([]any, error) {
			made++
			return []any{v()}, err
		})
	}
	for _, tt := range []struct {
		name string
		get  func([]string) ([]any, error)
		want int
	}{
		{"fields", of(func() any { return new(sql.NullString) }, nil), 1},
		{"something else", of(func() any { return new(sql.UnknownType) }, nil), 3},
		{"an error", of(func() any { return new(sql.NullString) }, errors.New("meant")), 3},
	} {
		made = 0
		for range 3 {
			_, _ = tt.get([]string{"x"})
		}
		if made != tt.want {
			t.Errorf("%s: made %d times, want %d", tt.name, made, tt.want)
		}
	}
}
