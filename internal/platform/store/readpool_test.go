package store_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"entgo.io/ent/dialect/sql"

	"karnak/internal/platform/store"
)

// TestReadsThroughBothDrivers reads the same values on a pool of which half is for reads, and on one that is too small for that.
func TestReadsThroughBothDrivers(t *testing.T) {
	t.Parallel()
	type row struct {
		text, nothing sql.NullString
		number        sql.NullInt64
		yes           sql.NullBool
		at            sql.NullTime
		list          []byte
		plain         string
		count         int
	}
	read := func(pool int) (r row) {
		s := connected(t, store.Config{Pool: pool, Scope: scopeOf})
		rows := &sql.Rows{}
		at := time.Date(2026, 11, 27, 9, 30, 0, 123456000, time.FixedZone("", 7200))
		query := "SELECT $1::varchar, $2::varchar, 9007199254740993, true, $3::timestamptz, '[\"a\"]'::jsonb, $1::text, 7 WHERE $4::varchar = ANY($5)"
		if err := s.Reader().Query(under(t.Context(), "ws_a"), query, []any{"é\x00", nil, at, "b", []string{"a", "b"}}, rows); err != nil {
			// lib/pq does not know lists
			list := "{a,b}"
			if err := s.Reader().Query(under(t.Context(), "ws_a"), query, []any{"é\x00", nil, at, "b", list}, rows); err != nil {
				t.Fatal(err)
			}
		}
		defer func() { _ = rows.Close() }()
		if names, err := rows.Columns(); err != nil || len(names) != 8 || names[0] != "varchar" {
			t.Error(names, err)
		}
		if !rows.Next() {
			t.Fatal(rows.Err())
		}
		if err := rows.Scan(&r.text, &r.nothing, &r.number, &r.yes, &r.at, &r.list, &r.plain, &r.count); err != nil {
			t.Fatal(err)
		}
		if rows.Next() || rows.Err() != nil {
			t.Error("more than a row", rows.Err())
		}
		return r
	}
	// The statements that a connection keeps are named by its driver.
	names := func(pool int) string {
		s := connected(t, store.Config{Pool: pool, Scope: scopeOf})
		return texts(under(t.Context(), "ws_a"), t, s, "SELECT coalesce(min(name), '') FROM pg_prepared_statements WHERE $1::text <> ''", "x")[0]
	}
	if x, y := names(4), names(2); !strings.HasPrefix(x, "stmtcache_") || strings.HasPrefix(y, "stmtcache_") {
		t.Errorf("reads are made by the drivers of %q and %q", x, y)
	}
	x, y := read(4), read(2)
	if fmt.Sprintf("%+v", x) != fmt.Sprintf("%+v", y) || x.text.String != "é\ufffd" || x.at.Time.Location() != time.UTC {
		t.Errorf("pgx reads %+v, lib/pq %+v", x, y)
	}
}

// TestReadsDoNotMixScopes has many read under their own scope on few connections: each sees theirs.
func TestReadsDoNotMixScopes(t *testing.T) {
	t.Parallel()
	s := connected(t, store.Config{Pool: 4, Scope: scopeOf, Role: "karnak_app"})
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			scope := fmt.Sprintf("ws_%d", i%3)
			for n := range 50 {
				query, args := "SELECT current_setting('karnak.scope')", []any{}
				if n%5 == 4 {
					query, args = "SELECT current_setting('karnak.scope') WHERE 1/$1::int = 1", []any{n % 2}
				}
				rows := &sql.Rows{}
				if err := s.Reader().Query(under(t.Context(), scope), query, args, rows); err != nil {
					if n%10 != 4 { // those divide by zero
						t.Error(err)
					}
					continue
				}
				if n%10 == 4 {
					t.Error("a division by zero is answered")
				}
				var got string
				for rows.Next() {
					if err := rows.Scan(&got); err != nil || got != scope {
						t.Errorf("%s reads under %q: %v", scope, got, err)
					}
				}
				_ = rows.Close()
			}
		})
	}
	all.Wait()
	if got := texts(under(t.Context(), "ws_9"), t, s, "SELECT current_user::text"); got[0] != "karnak_app" {
		t.Errorf("reads are %s's", got[0])
	}
}

// TestRowsThatAreLeftDoNotKeepTheStore closes a store whose rows nobody reads to their end.
func TestRowsThatAreLeftDoNotKeepTheStore(t *testing.T) {
	t.Parallel()
	s := connected(t, store.Config{Pool: 4, Scope: scopeOf})
	for range 3 {
		rows := &sql.Rows{}
		if err := s.Reader().Query(under(t.Context(), "ws_a"), "SELECT generate_series(1, 9)", []any{}, rows); err != nil {
			t.Fatal(err)
		}
		for range 9 {
			if !rows.Next() {
				t.Fatal(rows.Err())
			}
		}
		if rows.Next() {
			t.Error("a tenth row")
		}
	}
	if n := len(leased(under(t.Context(), "ws_a"), t, s, 2)); n != 2 {
		t.Errorf("rows that were read to their end keep connections: %d of 2 are there", n)
	}
}
