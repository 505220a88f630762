package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"slices"

	"modernc.org/sqlite"
)

// openPool opens connections to a SQLite file that keep their prepared statements.
func openPool(dsn string) (*sql.DB, error) {
	base, err := sqlite.NewConnector(dsn)
	if err != nil {
		return nil, err
	}
	return sql.OpenDB(fileConnector{base}), nil
}

type fileConnector struct{ driver.Connector }

// Connect opens a connection.
func (c fileConnector) Connect(ctx context.Context) (driver.Conn, error) {
	raw, err := c.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	full, ok := raw.(sqliteConn)
	if !ok {
		return nil, errors.Join(errors.New("the driver lacks what karnak needs"), raw.Close())
	}
	return &fileSession{sqliteConn: full, kept: map[string]*keptStatement{}}, nil
}

// sqliteConn is what a connection of modernc's driver can do.
type sqliteConn interface {
	driver.Conn
	driver.ConnBeginTx
	driver.ConnPrepareContext
	driver.ExecerContext
	driver.QueryerContext
	driver.Pinger
	driver.SessionResetter
	driver.Validator
}

// fileSession is a connection; database/sql lets one caller at a time use it. The driver by itself parses and plans a
// statement again at each call.
type fileSession struct {
	sqliteConn
	kept  map[string]*keptStatement
	order []string
}

// keptStatement is a prepared statement. It is busy while rows of it are open: then a second use needs one of its own.
type keptStatement struct {
	statement
	busy bool
}

// QueryContext runs a query.
func (s *fileSession) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	st, err := s.take(ctx, query, args)
	if st == nil || err != nil {
		return s.direct(ctx, query, args, err)
	}
	rows, err := st.QueryContext(ctx, args)
	if err != nil {
		return nil, err
	}
	full, ok := rows.(sqliteRows)
	if !ok {
		return nil, errors.Join(errors.New("the driver's rows lack what karnak needs"), rows.Close())
	}
	st.busy = true
	return &keptRows{full, st}, nil
}

func (s *fileSession) direct(ctx context.Context, query string, args []driver.NamedValue, err error) (driver.Rows, error) {
	if err != nil {
		return nil, err
	}
	return s.sqliteConn.QueryContext(ctx, query, args)
}

// ExecContext runs a statement.
func (s *fileSession) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	st, err := s.take(ctx, query, args)
	switch {
	case err != nil:
		return nil, err
	case st == nil:
		return s.sqliteConn.ExecContext(ctx, query, args)
	}
	return st.ExecContext(ctx, args)
}

// take returns the prepared statement of a query; nil for one that is not kept: those without arguments, which are settings,
// changes of the schema and scripts, but for the savepoints of the writer.
func (s *fileSession) take(ctx context.Context, query string, args []driver.NamedValue) (*keptStatement, error) {
	if st, ok := s.kept[query]; ok {
		if st.busy {
			return nil, nil
		}
		return st, nil
	}
	if len(args) == 0 && query != savepoint && query != release {
		return nil, nil
	}
	if err := s.makeRoom(); err != nil {
		return nil, err
	}
	raw, err := s.PrepareContext(ctx, query)
	if err != nil {
		return nil, err
	}
	st, ok := raw.(statement)
	if !ok {
		return nil, errors.Join(errors.New("the driver's statements lack what karnak needs"), raw.Close())
	}
	kept := &keptStatement{statement: st}
	s.kept[query] = kept
	s.order = append(s.order, query)
	return kept, nil
}

// makeRoom closes the oldest statement that is not in use when there are too many.
func (s *fileSession) makeRoom() error {
	if len(s.order) < statementsKept {
		return nil
	}
	for i, query := range s.order {
		if st := s.kept[query]; !st.busy {
			delete(s.kept, query)
			s.order = append(s.order[:i], s.order[i+1:]...)
			return st.Close()
		}
	}
	return nil
}

// Close closes the statements, and then the connection.
func (s *fileSession) Close() error {
	var errs []error
	for _, st := range s.kept {
		errs = append(errs, st.Close())
	}
	return errors.Join(append(errs, s.sqliteConn.Close())...)
}

// sqliteRows is what the rows of modernc's driver can do.
type sqliteRows interface {
	driver.Rows
	driver.RowsColumnTypeDatabaseTypeName
	driver.RowsColumnTypeLength
	driver.RowsColumnTypeNullable
	driver.RowsColumnTypePrecisionScale
	driver.RowsColumnTypeScanType
}

// keptRows gives their statement back when they are closed.
type keptRows struct {
	sqliteRows
	st *keptStatement
}

// Close closes the rows.
func (r *keptRows) Close() error {
	r.st.busy = false
	return r.sqliteRows.Close()
}

// Statements returns the statements that the connection keeps, for whoever looks at their plans; database/sql hands the
// connection out by Raw.
func (s *fileSession) Statements() []string { return slices.Clone(s.order) }
