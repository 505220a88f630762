package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// kept returns the statements that the writer's connection keeps.
func kept(t *testing.T, db *sql.DB) (out []string) {
	t.Helper()
	c, err := db.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close() }()
	err = c.Raw(func(driver any) error {
		out = driver.(*fileSession).Statements()
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestSQLiteKeepsAndEvictsStatements(t *testing.T) {
	t.Parallel()
	s := opened(t)
	s.read.SetMaxOpenConns(1)
	const query = "SELECT v FROM n WHERE v = ?"
	for range 3 {
		var v int
		if err := s.read.QueryRow(query, 1).Scan(&v); !errors.Is(err, sql.ErrNoRows) {
			t.Fatal(err)
		}
	}
	if got := kept(t, s.read); !slices.Equal(got, []string{query}) {
		t.Errorf("kept: %q", got)
	}
	for i := range statementsKept {
		var v int
		if err := s.read.QueryRow(fmt.Sprintf("SELECT %d WHERE 1 = ?", i), 1).Scan(&v); err != nil || v != i {
			t.Fatal(v, err)
		}
	}
	if got := kept(t, s.read); len(got) != statementsKept || slices.Contains(got, query) || got[0] != "SELECT 0 WHERE 1 = ?" {
		t.Errorf("%d are kept, the first is %q", len(got), got[0])
	}
	if _, err := s.read.Exec("PRAGMA cache_size = 100; PRAGMA cache_size = 200"); err != nil {
		t.Error(err)
	}
	if got := kept(t, s.read); slices.ContainsFunc(got, func(q string) bool { return q[:6] == "PRAGMA" }) {
		t.Errorf("a script is kept: %q", got)
	}
}

// TestSQLiteStatementTwiceAtOnce runs a statement while rows of the same one are open, inside a change, where both share a
// connection.
func TestSQLiteStatementTwiceAtOnce(t *testing.T) {
	t.Parallel()
	s := opened(t)
	err := s.InTx(t.Context(), func(ctx context.Context, tx *Tx) error {
		for v := range 5 {
			if err := insert(v)(ctx, tx); err != nil {
				return err
			}
		}
		const query = "SELECT v FROM n WHERE v >= ? ORDER BY v"
		outer, err := tx.SQL().Query(query, 1)
		if err != nil {
			return err
		}
		defer func() { _ = outer.Close() }()
		var seen []int
		for outer.Next() {
			var v, w int
			if err := outer.Scan(&v); err != nil {
				return err
			}
			if err := tx.SQL().QueryRow(query, 3).Scan(&w); err != nil || w != 3 {
				return fmt.Errorf("the inner one gives %d: %w", w, err)
			}
			seen = append(seen, v)
		}
		if !slices.Equal(seen, []int{1, 2, 3, 4}) {
			t.Errorf("the outer one gives %v", seen)
		}
		return outer.Err()
	})
	if err != nil {
		t.Fatal(err)
	}
	if got := kept(t, s.write); len(got) != 4 { // the savepoint, its release, the insert and the query
		t.Errorf("kept: %q", got)
	}
}

// TestSQLiteCloseLeavesNothingOpen looks for the log of the file, which the last connection takes away when it really closes.
func TestSQLiteCloseLeavesNothingOpen(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "k.db")
	s, err := Open(t.Context(), Config{Path: path})
	if err != nil {
		t.Fatal(err)
	}
	for _, db := range []*sql.DB{s.write, s.read} {
		var v int
		if err := db.QueryRow("SELECT ?", 7).Scan(&v); err != nil || v != 7 {
			t.Fatal(v, err)
		}
	}
	if err := s.InTx(t.Context(), func(ctx context.Context, tx *Tx) error {
		return tx.Exec(ctx, "CREATE TABLE n (v integer)", []any{}, nil)
	}); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(path + "-wal"); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(path + "-wal"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the log is still there: %v", err)
	}
}

func TestSQLiteKeptStatementAfterItsFailure(t *testing.T) {
	t.Parallel()
	s := opened(t)
	for range 2 {
		if err := s.InTx(t.Context(), insert(1)); err != nil && !Duplicate(err) {
			t.Fatal(err)
		}
	}
	if err := s.InTx(t.Context(), insert(2)); err != nil {
		t.Errorf("after a failure: %v", err)
	}
	if _, err := s.DB().Exec("ALTER TABLE n ADD COLUMN more text"); err != nil {
		t.Fatal(err)
	}
	if err := s.InTx(t.Context(), insert(3)); err != nil {
		t.Errorf("after a change of the table: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := s.InTx(ctx, insert(4)); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	if got := rows(t, s); !slices.Equal(got, []int{1, 2, 3}) {
		t.Errorf("rows %v", got)
	}
}
