package store

import (
	"database/sql/driver"
	"errors"
	"net"
	"strings"

	"github.com/lib/pq"
	"modernc.org/sqlite"
	sqlitelib "modernc.org/sqlite/lib"
)

// Unavailable reports whether an error says that the database cannot be reached or written for now: a lost connection, a
// server that stops, a full disk, no connection free, a statement that was stopped. The same call may succeed later.
func Unavailable(err error) bool {
	var p *pq.Error
	if errors.As(err, &p) {
		return p.Code.Class() == "08" || p.Code.Class() == "53" || p.Code == "57014" || p.Code == "57P01" || p.Code == "57P02" || p.Code == "57P03" || p.Code == "25006"
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
	var p *pq.Error
	if errors.As(err, &p) {
		return p.Code == "23505"
	}
	var l *sqlite.Error
	return errors.As(err, &l) && (l.Code() == sqlitelib.SQLITE_CONSTRAINT_UNIQUE || l.Code() == sqlitelib.SQLITE_CONSTRAINT_PRIMARYKEY)
}
