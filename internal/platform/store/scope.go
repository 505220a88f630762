package store

import (
	"context"
	"database/sql/driver"
	"errors"
	"slices"
	"time"

	"github.com/lib/pq"
)

// connector opens connections that keep their prepared statements, and that tell row-level security which workspaces the
// context of a statement may see.
type connector struct {
	base  *pq.Connector
	scope func(context.Context) string
	role  string
}

// Driver is asked for by database/sql.
func (c *connector) Driver() driver.Driver { return c.base.Driver() }

// Connect opens a connection and takes on the role.
func (c *connector) Connect(ctx context.Context) (driver.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, connectWithin)
	defer cancel()
	l := &leash{}
	l.bind(ctx)
	defer l.free()
	raw, err := c.base.Connect(context.WithValue(ctx, leashKey{}, l))
	if err != nil {
		return nil, err
	}
	full, ok := raw.(pqConn)
	if !ok {
		return nil, errors.Join(errors.New("the driver lacks what karnak needs"), raw.Close())
	}
	s := &session{pqConn: full, leash: l, want: c.scope, statements: map[string]driver.Stmt{}}
	if c.role != "" {
		if _, err := full.ExecContext(ctx, "SET ROLE "+pq.QuoteIdentifier(c.role), nil); err != nil {
			return nil, errors.Join(err, raw.Close())
		}
	}
	return s, nil
}

// connectWithin is how long a server may take until a connection to it can be used.
const connectWithin = 10 * time.Second

// pqConn is what a connection of lib/pq can do.
type pqConn interface {
	driver.Conn
	driver.ConnBeginTx
	driver.ConnPrepareContext
	driver.ExecerContext
	driver.QueryerContext
	driver.Pinger
	driver.SessionResetter
	driver.Validator
	driver.NamedValueChecker
}

// session is a connection; database/sql lets one caller at a time use it.
type session struct {
	pqConn
	leash      *leash
	want       func(context.Context) string
	scope      string
	unknown    bool
	statements map[string]driver.Stmt
	order      []string
}

// statementsKept bounds the prepared statements of a connection.
const statementsKept = 256

const setScope = "SELECT set_config('karnak.scope', $1, false)"

// sync tells the connection the scope of the context, when that is another than last time.
func (s *session) sync(ctx context.Context) error {
	if s.want == nil {
		return nil
	}
	scope := s.want(ctx)
	if scope == s.scope && !s.unknown {
		return nil
	}
	st, err := s.prepared(ctx, setScope)
	if err != nil {
		return err
	}
	rows, err := st.QueryContext(ctx, []driver.NamedValue{{Ordinal: 1, Value: scope}})
	if err != nil {
		return err
	}
	if err := rows.Close(); err != nil {
		return err
	}
	s.scope, s.unknown = scope, false
	return nil
}

// statement is what a prepared statement of lib/pq can do.
type statement interface {
	driver.Stmt
	driver.StmtExecContext
	driver.StmtQueryContext
}

func (s *session) prepared(ctx context.Context, query string) (statement, error) {
	if st, ok := s.statements[query]; ok {
		return st.(statement), nil
	}
	if len(s.order) >= statementsKept {
		oldest := s.order[0]
		if err := s.statements[oldest].Close(); err != nil {
			return nil, err
		}
		delete(s.statements, oldest)
		s.order = s.order[1:]
	}
	raw, err := s.PrepareContext(ctx, query)
	if err != nil {
		return nil, err
	}
	st, ok := raw.(statement)
	if !ok {
		return nil, errors.Join(errors.New("the driver's statements lack what karnak needs"), raw.Close())
	}
	s.statements[query] = st
	s.order = append(s.order, query)
	return st, nil
}

// QueryContext runs a query under the scope of the context.
func (s *session) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	s.leash.bind(ctx)
	if err := s.sync(ctx); err != nil {
		return nil, err
	}
	if len(args) == 0 {
		return s.pqConn.QueryContext(ctx, query, args)
	}
	st, err := s.prepared(ctx, query)
	if err != nil {
		return nil, err
	}
	rows, err := st.QueryContext(ctx, sought(query, args))
	return rows, s.outdated(query, err)
}

// ExecContext runs a statement under the scope of the context.
func (s *session) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	s.leash.bind(ctx)
	if err := s.sync(ctx); err != nil {
		return nil, err
	}
	if len(args) == 0 {
		return s.pqConn.ExecContext(ctx, query, args)
	}
	st, err := s.prepared(ctx, query)
	if err != nil {
		return nil, err
	}
	result, err := st.ExecContext(ctx, sought(query, args))
	return result, s.outdated(query, err)
}

// outdated forgets a statement that a migration has made impossible, as of a newer node, so that it is prepared anew.
func (s *session) outdated(query string, err error) error {
	var e *pq.Error
	if errors.As(err, &e) && (e.Code == "0A000" || e.Code == "26000") && s.statements[query] != nil {
		_ = s.statements[query].Close()
		delete(s.statements, query)
		s.order = slices.DeleteFunc(s.order, func(q string) bool { return q == query })
	}
	return err
}

// Ping asks the server whether it is there.
func (s *session) Ping(ctx context.Context) error {
	s.leash.bind(ctx)
	return s.pqConn.Ping(ctx)
}

// IsValid is asked when the connection is given back, which ends its turn.
func (s *session) IsValid() bool {
	s.leash.free()
	return s.pqConn.IsValid()
}

// Close closes the connection.
func (s *session) Close() error {
	s.leash.free()
	return s.pqConn.Close()
}

// BeginTx begins a transaction. A rollback takes a scope set within it back, so that it is unknown afterwards.
func (s *session) BeginTx(ctx context.Context, opts driver.TxOptions) (driver.Tx, error) {
	s.leash.bind(ctx)
	tx, err := s.pqConn.BeginTx(ctx, opts)
	if err != nil {
		return nil, err
	}
	return &scopedTx{tx, s}, nil
}

type scopedTx struct {
	driver.Tx
	s *session
}

// Commit commits; a failed one leaves the scope unknown.
func (t *scopedTx) Commit() error {
	err := t.Tx.Commit()
	t.s.unknown = t.s.unknown || err != nil
	return err
}

// Rollback rolls back.
func (t *scopedTx) Rollback() error {
	t.s.unknown = true
	return t.Tx.Rollback()
}
