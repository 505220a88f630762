package store

import (
	"context"
	"errors"
	"testing"

	entsql "entgo.io/ent/dialect/sql"
)

func TestSeekGivesItsConnectionBack(t *testing.T) {
	t.Parallel()
	s := opened(t)
	s.read.SetMaxOpenConns(1)
	for range 3 {
		rows := &entsql.Rows{}
		if err := s.Seek(t.Context(), "SELECT ? UNION ALL SELECT 2", []any{1}, rows); err != nil {
			t.Fatal(err)
		}
		if !rows.Next() {
			t.Error("no row")
		}
		if err := rows.Close(); err != nil {
			t.Error(err)
		}
	}
	if err := s.Seek(t.Context(), "SELECT nothing", []any{1}, &entsql.Rows{}); err == nil {
		t.Error("a broken statement is answered")
	}
	if n := s.read.Stats().InUse; n != 0 || s.Reads() != 4 {
		t.Errorf("%d connections are kept after %d reads", n, s.Reads())
	}
	over, cancel := context.WithCancel(t.Context())
	cancel()
	if err := s.Seek(over, "SELECT ?", []any{1}, &entsql.Rows{}); !errors.Is(err, context.Canceled) {
		t.Errorf("for a request that is over: %v", err)
	}
}
