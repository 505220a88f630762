package store

import (
	"database/sql/driver"
	"errors"
	"net"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/lib/pq"
	"modernc.org/sqlite"
	sqlitelib "modernc.org/sqlite/lib"
)

// Unavailable reports whether an error says that the database cannot be reached or written for now: a lost connection, a
// server that stops, a full disk, no connection free, a statement that was stopped. The same call may succeed later.
func Unavailable(err error) bool {
	if code := state(err); code != "" {
		return slices.Contains([]string{"57014", "57P01", "57P02", "57P03", "25006"}, code) || code[:2] == "08" || code[:2] == "53"
	}
	var l *sqlite.Error
	if errors.As(err, &l) {
		switch l.Code() & 0xff {
		case sqlitelib.SQLITE_FULL, sqlitelib.SQLITE_IOERR, sqlitelib.SQLITE_CANTOPEN, sqlitelib.SQLITE_BUSY, sqlitelib.SQLITE_READONLY:
			return true
		}
		return false
	}
	var n net.Error
	return errors.As(err, &n) || errors.Is(err, driver.ErrBadConn) || errors.Is(err, errClosed) || errors.Is(err, errBroken) ||
		(err != nil && strings.HasSuffix(err.Error(), "EOF"))
}

// Duplicate reports whether an error says that a unique key is taken.
func Duplicate(err error) bool {
	if code := state(err); code != "" {
		return code == "23505"
	}
	var l *sqlite.Error
	return errors.As(err, &l) && (l.Code() == sqlitelib.SQLITE_CONSTRAINT_UNIQUE || l.Code() == sqlitelib.SQLITE_CONSTRAINT_PRIMARYKEY)
}

// state returns the five characters by which PostgreSQL says what is wrong, "" for any other error.
func state(err error) string {
	var p *pq.Error
	var x *pgconn.PgError
	switch {
	case errors.As(err, &p):
		return string(p.Code)
	case errors.As(err, &x):
		return x.Code
	}
	return ""
}
