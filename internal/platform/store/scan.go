package store

import "entgo.io/ent/dialect/sql"

// Reused makes the destinations that the rows of one query are scanned into once instead of once a row: what is found in them
// is copied out before the next row. It is for one query, which reads its rows one after another.
func Reused(values func(columns []string) ([]any, error)) func(columns []string) ([]any, error) {
	var kept []any
	return func(columns []string) ([]any, error) {
		if kept != nil {
			return kept, nil
		}
		v, err := values(columns)
		if err == nil && known(v) {
			kept = v
		}
		return v, err
	}
}

// known tells whether all columns are fields of an entity: others are kept by the row as they are.
func known(values []any) bool {
	for _, v := range values {
		if _, ok := v.(*sql.UnknownType); ok {
			return false
		}
	}
	return true
}
