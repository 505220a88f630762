package store_test

import (
	"context"
	databasesql "database/sql"
	"errors"
	"fmt"
	"net/url"
	"runtime"
	"strings"
	"testing"
	"time"

	"entgo.io/ent/dialect/sql"

	"karnak/ent/enttest"
	"karnak/internal/platform/store"
)

func TestPostgresKeepsAndEvictsStatements(t *testing.T) {
	t.Parallel()
	s := connected(t, store.Config{Pool: 1})
	ask := func(i int) string {
		return texts(t.Context(), t, s, fmt.Sprintf("SELECT ($1::int + %d)::text", i), 1)[0]
	}
	prepared := func() string { return texts(t.Context(), t, s, "SELECT count(*)::text FROM pg_prepared_statements")[0] }
	for range 3 {
		ask(0)
	}
	if n := prepared(); n != "1" {
		t.Errorf("one query asked three times left %s prepared statements", n)
	}
	for i := range 600 {
		if got, want := ask(i), fmt.Sprint(i+1); got != want {
			t.Fatalf("query %d answered %s, want %s", i, got, want)
		}
	}
	if n := prepared(); n != "256" {
		t.Errorf("%s prepared statements, want the 256 that are kept", n)
	}
	for _, i := range []int{0, 599, 1} {
		if got, want := ask(i), fmt.Sprint(i+1); got != want {
			t.Errorf("query %d answered %s after it was evicted, want %s", i, got, want)
		}
	}
	err := s.InTx(t.Context(), func(ctx context.Context, tx *store.Tx) error {
		for i := range 300 {
			if err := do(ctx, tx, fmt.Sprintf("SELECT $1::int + %d", 1000+i), 1); err != nil {
				return err
			}
		}
		return errors.New("back")
	})
	if err == nil || err.Error() != "back" || prepared() != "256" {
		t.Errorf("inside a transaction that rolls back: %v, %s statements", err, prepared())
	}
	if got := ask(1); got != "2" {
		t.Errorf("afterwards: %s", got)
	}
}

// TestPostgresSurvivesMigrationByAnother changes a table under a prepared statement, as another node's migration does.
func TestPostgresSurvivesMigrationByAnother(t *testing.T) {
	t.Parallel()
	s := connected(t, store.Config{Pool: 1})
	exec(t, s, "CREATE TABLE n (v int)")
	exec(t, s, "INSERT INTO n VALUES (7)")
	query := "SELECT v FROM n WHERE v = $1"
	if got := texts(t.Context(), t, s, query, 7); len(got) != 1 {
		t.Fatal(got)
	}
	exec(t, s, "ALTER TABLE n ALTER COLUMN v TYPE bigint")
	rows := &sql.Rows{}
	if err := s.Reader().Query(t.Context(), query, []any{7}, rows); err == nil {
		rows.Close()
	}
	if got := texts(t.Context(), t, s, query, 7); len(got) != 1 {
		t.Errorf("the statement stays broken: %v", got)
	}
}

func TestPostgresLostConnectionIsToldAndHeals(t *testing.T) {
	t.Parallel()
	s := connected(t, store.Config{Pool: 2})
	exec(t, s, "CREATE TABLE n (v int)")
	err := s.InTx(t.Context(), func(ctx context.Context, tx *store.Tx) error {
		var pid int
		if err := tx.SQL().QueryRowContext(ctx, "SELECT pg_backend_pid()").Scan(&pid); err != nil {
			return err
		}
		if err := do(ctx, tx, "INSERT INTO n VALUES (1)"); err != nil {
			return err
		}
		exec(t, s, "SELECT pg_terminate_backend($1, 5000)", pid)
		return do(ctx, tx, "INSERT INTO n VALUES (2)")
	})
	if !store.Unavailable(err) {
		t.Errorf("a lost connection is told as %v", err)
	}
	if err := s.InTx(t.Context(), func(ctx context.Context, tx *store.Tx) error { return do(ctx, tx, "INSERT INTO n VALUES (3)") }); err != nil {
		t.Error(err)
	}
	if got := texts(t.Context(), t, s, "SELECT v::text FROM n"); len(got) != 1 || got[0] != "3" {
		t.Errorf("rows %v, want 3 alone", got)
	}
}

// TestPostgresTransactionThatTakesTooLong ends while it is at work, and before its commit: both times that is why it fails.
func TestPostgresTransactionThatTakesTooLong(t *testing.T) {
	t.Parallel()
	s := connected(t, store.Config{Pool: 2})
	for name, last := range map[string]func(error) error{
		"at work":           func(err error) error { return err },
		"before its commit": func(error) error { return nil },
	} {
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
		err := s.InTx(ctx, func(ctx context.Context, tx *store.Tx) error {
			for {
				if err := do(context.WithoutCancel(ctx), tx, "SELECT $1::int", 1); errors.Is(err, databasesql.ErrTxDone) {
					return last(err)
				}
			}
		})
		cancel()
		if !errors.Is(err, context.DeadlineExceeded) || !store.Unavailable(err) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestPostgresStoppedQueryFreesItsConnection(t *testing.T) {
	t.Parallel()
	s := connected(t, store.Config{Pool: 2})
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() {
		rows := &sql.Rows{}
		err := s.Reader().Query(ctx, "SELECT pg_sleep($1)", []any{60}, rows)
		if err == nil {
			for rows.Next() {
				err = errors.New("it slept its time")
			}
			err = errors.Join(err, rows.Err(), rows.Close())
		}
		done <- err
	}()
	for len(texts(t.Context(), t, s, "SELECT pid::text FROM pg_stat_activity WHERE datname = current_database() AND state = 'active' AND query LIKE '%pg_sleep($1)%' AND pid <> pg_backend_pid()")) == 0 {
		runtime.Gosched()
	}
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) && !store.Unavailable(err) {
		t.Errorf("a query that was given up: %v", err)
	}
	if got := texts(t.Context(), t, s, "SELECT $1::text", "next"); got[0] != "next" {
		t.Error(got)
	}
	if err := s.Ping(t.Context()); err != nil {
		t.Error(err)
	}
}

// TestPostgresEncryptsAsTheEnvironmentSays opens a server without TLS by a URL that says nothing of it. It is not parallel: it
// sets the environment.
func TestPostgresEncryptsAsTheEnvironmentSays(t *testing.T) {
	u, err := url.Parse(enttest.Postgres(t))
	if err != nil {
		t.Fatal(err)
	}
	q := u.Query()
	q.Del("sslmode")
	u.RawQuery = q.Encode()
	if s, err := store.Open(t.Context(), store.Config{URL: u.String(), Pool: 4}); err == nil {
		t.Error("without a word TLS is not required", s.Close())
	}
	t.Setenv("PGSSLMODE", "disable")
	s, err := store.Open(t.Context(), store.Config{URL: u.String(), Pool: 4})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	if got := texts(t.Context(), t, s, "SELECT coalesce(min(name), '') FROM pg_prepared_statements WHERE $1::text <> ''", "x")[0]; !strings.HasPrefix(got, "stmtcache_") {
		t.Errorf("reads are made by the driver of %q", got)
	}
}
