package store

import (
	"encoding/json"

	"entgo.io/ent/dialect"
	"entgo.io/ent/dialect/sql"
	"github.com/lib/pq"
)

// In keeps the rows whose column is one of the values. The statement is the same for two values and for hundreds, so that it
// is prepared once and its plan is kept.
func In(column string, values []string) func(*sql.Selector) {
	return func(s *sql.Selector) {
		if len(values) == 1 {
			s.Where(sql.EQ(s.C(column), values[0]))
			return
		}
		s.Where(sql.P(func(b *sql.Builder) {
			b.Ident(s.C(column))
			if b.Dialect() == dialect.Postgres {
				b.WriteString(" = ANY(").Arg(pq.Array(values)).WriteByte(')')
				return
			}
			list, err := json.Marshal(values)
			if err != nil {
				b.AddError(err)
				return
			}
			b.WriteString(" IN (SELECT value FROM json_each(").Arg(string(list)).WriteString("))")
		}))
	}
}
