package store_test

import (
	"context"
	"errors"
	"sync"
	"testing"

	"entgo.io/ent/dialect/sql"

	"karnak/ent/enttest"
	"karnak/internal/platform/store"
)

type scopeKey struct{}

func under(ctx context.Context, scope string) context.Context {
	return context.WithValue(ctx, scopeKey{}, scope)
}

func scopeOf(ctx context.Context) string {
	s, _ := ctx.Value(scopeKey{}).(string)
	return s
}

// connected returns a store on a fresh PostgreSQL database; with one connection every statement meets the same session.
func connected(t *testing.T, c store.Config) *store.Store {
	t.Helper()
	c.URL = enttest.Postgres(t)
	s, err := store.Open(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func exec(t *testing.T, s *store.Store, query string, args ...any) {
	t.Helper()
	if _, err := s.DB().ExecContext(under(t.Context(), "*"), query, args...); err != nil {
		t.Fatal(err)
	}
}

func texts(ctx context.Context, t *testing.T, s *store.Store, query string, args ...any) (out []string) {
	t.Helper()
	rows := &sql.Rows{}
	if err := s.Reader().Query(ctx, query, args, rows); err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var v string
		if err := rows.Scan(&v); err != nil {
			t.Fatal(err)
		}
		out = append(out, v)
	}
	return out
}

func do(ctx context.Context, tx *store.Tx, query string, args ...any) error {
	return tx.Exec(ctx, query, append([]any{}, args...), nil)
}

func TestPostgresRunsAgainWhatItRefused(t *testing.T) {
	t.Parallel()
	s := connected(t, store.Config{Pool: 4})
	exec(t, s, "CREATE TABLE n (v int PRIMARY KEY)")
	conflict := func(ctx context.Context, tx *store.Tx) error {
		return do(ctx, tx, "DO $$ BEGIN RAISE EXCEPTION 'once more' USING ERRCODE = '40001'; END $$")
	}
	runs, hooks := 0, 0
	err := s.InTx(t.Context(), func(ctx context.Context, tx *store.Tx) error {
		runs++
		tx.AfterCommit(func() { hooks++ })
		if err := do(ctx, tx, "INSERT INTO n VALUES ($1)", runs); err != nil {
			return err
		}
		if runs < 3 {
			return conflict(ctx, tx)
		}
		return nil
	})
	if got := texts(t.Context(), t, s, "SELECT v::text FROM n"); err != nil || runs != 3 || hooks != 1 || len(got) != 1 || got[0] != "3" {
		t.Errorf("%d runs, %d hooks, rows %v: %v", runs, hooks, got, err)
	}
	runs = 0
	err = s.InTx(t.Context(), func(ctx context.Context, tx *store.Tx) error { runs++; return conflict(ctx, tx) })
	if err == nil || runs != 5 {
		t.Errorf("a conflict that stays was tried %d times: %v", runs, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	runs = 0
	err = s.InTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		runs++
		err := conflict(ctx, tx)
		cancel()
		return err
	})
	if err == nil || runs != 1 {
		t.Errorf("given up, yet tried %d times: %v", runs, err)
	}
	runs = 0
	own := errors.New("own")
	if err := s.InTx(t.Context(), func(context.Context, *store.Tx) error { runs++; return own }); !errors.Is(err, own) || runs != 1 {
		t.Errorf("an error of its own: %d runs, %v", runs, err)
	}
}

// TestPostgresWriteSkew lets two transactions read what the other writes: both end, and as if one after the other.
func TestPostgresWriteSkew(t *testing.T) {
	t.Parallel()
	s := connected(t, store.Config{Pool: 4})
	exec(t, s, "CREATE TABLE seats (v int PRIMARY KEY, free bool)")
	exec(t, s, "INSERT INTO seats VALUES (1, true), (2, true)")
	meet := make(chan struct{}, 2)
	ready := sync.OnceFunc(func() { <-meet; <-meet })
	var wg sync.WaitGroup
	for seat := 1; seat <= 2; seat++ {
		wg.Go(func() {
			first := true
			err := s.InTx(t.Context(), func(ctx context.Context, tx *store.Tx) error {
				if err := do(ctx, tx, "SET TRANSACTION ISOLATION LEVEL SERIALIZABLE"); err != nil {
					return err
				}
				var free int
				if err := tx.SQL().QueryRowContext(ctx, "SELECT count(*) FROM seats WHERE free").Scan(&free); err != nil {
					return err
				}
				if first {
					first = false
					meet <- struct{}{}
					ready()
				}
				if free < 2 {
					return nil
				}
				return do(ctx, tx, "UPDATE seats SET free = false WHERE v = $1", seat)
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if got := texts(t.Context(), t, s, "SELECT count(*)::text FROM seats WHERE free"); got[0] != "1" {
		t.Errorf("%s seats are free, want 1", got[0])
	}
}

func TestPostgresFailuresLeaveNothing(t *testing.T) {
	t.Parallel()
	s := connected(t, store.Config{Pool: 1})
	exec(t, s, "CREATE TABLE n (v int PRIMARY KEY)")
	exec(t, s, "CREATE TABLE child (v int REFERENCES n DEFERRABLE INITIALLY DEFERRED)")
	hooks := 0
	put := func(ctx context.Context, tx *store.Tx) error {
		tx.AfterCommit(func() { hooks++ })
		return do(ctx, tx, "INSERT INTO n VALUES ($1)", 1)
	}
	for name, fn := range map[string]func(context.Context, *store.Tx) error{
		"panic": func(ctx context.Context, tx *store.Tx) error { _ = put(ctx, tx); panic("boom") },
		"hook": func(ctx context.Context, tx *store.Tx) error {
			tx.BeforeCommit(func(context.Context) error { return errors.New("late") })
			return put(ctx, tx)
		},
		"commit": func(ctx context.Context, tx *store.Tx) error {
			return errors.Join(put(ctx, tx), do(ctx, tx, "INSERT INTO child VALUES ($1)", 7))
		},
		"statement": func(ctx context.Context, tx *store.Tx) error { _ = put(ctx, tx); return do(ctx, tx, "SELECT 1/0") },
		"nested":    func(ctx context.Context, tx *store.Tx) error { _ = put(ctx, tx); return s.InTx(ctx, put) },
		"swallowed": func(ctx context.Context, tx *store.Tx) error { _ = do(ctx, tx, "SELECT 1/0"); return nil },
		"switch, bad": func(ctx context.Context, tx *store.Tx) error {
			return errors.Join(put(ctx, tx), do(ctx, tx, "nonsense"))
		},
	} {
		if err := s.InTx(t.Context(), fn); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	if got := texts(t.Context(), t, s, "SELECT v::text FROM n"); len(got) != 0 || hooks != 0 {
		t.Errorf("rows %v, %d hooks after the commit", got, hooks)
	}
	ctx, cancel := context.WithCancel(t.Context())
	err := s.InTx(ctx, func(ctx context.Context, tx *store.Tx) error { cancel(); return put(ctx, tx) })
	if err == nil || len(texts(t.Context(), t, s, "SELECT v::text FROM n")) != 0 {
		t.Errorf("given up inside: %v", err)
	}
	if err := s.InTx(t.Context(), put); err != nil || hooks != 1 {
		t.Errorf("afterwards: %v, %d hooks", err, hooks)
	}
}
