package store

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net"
	"testing"

	"github.com/lib/pq"
)

func TestUnavailable(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		err  error
		want bool
	}{
		"nothing":               {nil, false},
		"another error":         {errors.New("x"), false},
		"connection refused":    {&net.OpError{Op: "dial", Err: errors.New("refused")}, true},
		"bad connection":        {fmt.Errorf("query: %w", driver.ErrBadConn), true},
		"end of file":           {io.EOF, true},
		"cut answer":            {fmt.Errorf("read: %w", io.ErrUnexpectedEOF), true},
		"closed":                {errClosed, true},
		"rolled back":           {fmt.Errorf("x: %w", errBroken), true},
		"connection failure":    {&pq.Error{Code: "08006"}, true},
		"too many connections":  {&pq.Error{Code: "53300"}, true},
		"disk full":             {&pq.Error{Code: "53100"}, true},
		"admin shutdown":        {fmt.Errorf("x: %w", &pq.Error{Code: "57P01"}), true},
		"crash":                 {&pq.Error{Code: "57P02"}, true},
		"starting":              {&pq.Error{Code: "57P03"}, true},
		"read only":             {&pq.Error{Code: "25006"}, true},
		"unique violation":      {&pq.Error{Code: "23505"}, false},
		"statement stopped":     {&pq.Error{Code: "57014"}, true},
		"serialization failure": {&pq.Error{Code: "40001"}, false},
		"given up":              {context.Canceled, false},
	} {
		if got := Unavailable(c.err); got != c.want {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}

func TestDuplicate(t *testing.T) {
	t.Parallel()
	s := opened(t)
	if err := s.InTx(t.Context(), insert(1)); err != nil {
		t.Fatal(err)
	}
	err := s.InTx(t.Context(), insert(1))
	if !Duplicate(err) || Unavailable(err) {
		t.Errorf("a taken key: duplicate %v, unavailable %v: %v", Duplicate(err), Unavailable(err), err)
	}
	if !Duplicate(fmt.Errorf("x: %w", &pq.Error{Code: "23505"})) || Duplicate(&pq.Error{Code: "23503"}) || Duplicate(nil) || Duplicate(errors.New("x")) {
		t.Error("codes of PostgreSQL are not told apart")
	}
	_, err = s.read.Exec("INSERT INTO n (v) VALUES (2)")
	if Duplicate(err) || !Unavailable(err) {
		t.Errorf("a write to a read-only connection: %v", err)
	}
}
