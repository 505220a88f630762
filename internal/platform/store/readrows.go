package store

import (
	"cmp"
	"database/sql"
	"errors"

	"github.com/jackc/pgx/v5"
)

// readRows are the rows of a read through pgx, as ent reads them.
type readRows struct {
	pgx.Rows
	// batch is what the scope was sent in; nil where it was known.
	batch pgx.BatchResults
	// ahead says that the first row was reached and not asked for yet.
	ahead bool
	// failed is what the rows ended with.
	failed error
	done   func()
}

// Next goes to the next row. After the last one the rows are closed, as those of database/sql are.
func (r *readRows) Next() bool {
	if r.ahead {
		r.ahead = false
		return true
	}
	if r.Rows.Next() {
		return true
	}
	r.failed = errors.Join(r.Rows.Err(), r.Close())
	return false
}

// Err is what ended the rows too early.
func (r *readRows) Err() error { return cmp.Or(r.failed, r.Rows.Err()) }

// Close ends the reading, and gives the connection back.
func (r *readRows) Close() error {
	err := r.close()
	if r.done != nil {
		r.done()
		r.done = nil
	}
	return err
}

func (r *readRows) close() error {
	if r.Rows != nil {
		r.Rows.Close()
	}
	if r.batch == nil {
		return nil
	}
	err := r.batch.Close()
	r.batch = nil
	return err
}

// Columns are the names of the columns.
func (r *readRows) Columns() ([]string, error) {
	fields := r.FieldDescriptions()
	names := make([]string, len(fields))
	for i := range fields {
		names[i] = fields[i].Name
	}
	return names, nil
}

// ColumnTypes is not asked for.
func (*readRows) ColumnTypes() ([]*sql.ColumnType, error) { return nil, errors.ErrUnsupported }

// NextResultSet has none: a read is one statement.
func (*readRows) NextResultSet() bool { return false }
