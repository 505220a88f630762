package chat

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"entgo.io/ent/dialect"
	"entgo.io/ent/dialect/sql"
	"github.com/lib/pq"

	"karnak/ent/entgen"
	"karnak/ent/entgen/message"
	"karnak/ent/entgen/predicate"
	"karnak/internal/platform/page"
)

// parent is a channel whose page is wanted.
type parent struct{ workspaceID, channelID string }

// pages reads one page of messages for each of several channels. It walks the index (workspace, channel, number) for every
// channel and stops at the limit, so that its cost does not grow with the history.
func (s *Service) pages(ctx context.Context, of []parent, w page.Window) (map[parent][]*entgen.Message, error) {
	rows, err := s.DB.Client().Message.Query().Where(s.perChannel(of, w)).All(ctx)
	if err != nil {
		return nil, err
	}
	s.expect(ctx, rows)
	out := make(map[parent][]*entgen.Message, len(of))
	for _, m := range rows {
		p := parent{m.WorkspaceID, m.ChannelID}
		out[p] = append(out[p], m)
	}
	for _, page := range out {
		slices.SortFunc(page, func(a, b *entgen.Message) int {
			if w.Backward {
				a, b = b, a
			}
			return cmp.Compare(a.Seq, b.Seq)
		})
	}
	return out, nil
}

// perChannel puts the pages of several channels in the place of the table: on PostgreSQL by LATERAL, on SQLite one after
// another, each a walk along the index.
func (s *Service) perChannel(of []parent, w page.Window) predicate.Message {
	return func(q *sql.Selector) {
		d := sql.Dialect(q.Dialect())
		pages := d.SelectExpr(sql.Raw("x.*")).FromExpr(sql.ExprFunc(func(b *sql.Builder) {
			if b.Dialect() == dialect.Postgres {
				s.lateral(b, of, w)
			} else {
				s.union(b, of, w)
			}
			b.WriteString(" AS x")
		}))
		q.Prefix(d.With("pages").As(pages)).From(d.Table("pages").As(message.Table))
	}
}

func (s *Service) lateral(b *sql.Builder, of []parent, w page.Window) {
	workspaces := make([]string, len(of))
	for i, p := range of {
		workspaces[i] = p.workspaceID
	}
	b.WriteString("unnest(").Arg(pq.Array(workspaces)).WriteString("::varchar[], ").Arg(pq.Array(channelIDs(of))).
		WriteString("::varchar[]) AS p(w, c) CROSS JOIN LATERAL ").Wrap(func(b *sql.Builder) {
		b.Join(s.walk(b.Dialect(), w, func(m *sql.SelectTable) *sql.Predicate {
			return sql.ExprP(m.C("workspace_id") + " = p.w AND " + m.C("channel_id") + " = p.c")
		}))
	})
}

func (s *Service) union(b *sql.Builder, of []parent, w page.Window) {
	b.Wrap(func(b *sql.Builder) {
		for i, p := range of {
			if i > 0 {
				b.WriteString(" UNION ALL ")
			}
			b.WriteString("SELECT * FROM ").Wrap(func(b *sql.Builder) {
				b.Join(s.walk(b.Dialect(), w, func(m *sql.SelectTable) *sql.Predicate {
					return sql.And(sql.EQ(m.C("workspace_id"), p.workspaceID), sql.EQ(m.C("channel_id"), p.channelID))
				}))
			})
		}
	})
}

func channelIDs(of []parent) []string {
	out := make([]string, len(of))
	for i, p := range of {
		out[i] = p.channelID
	}
	return out
}

// walk selects one channel's page.
func (s *Service) walk(d string, w page.Window, of func(*sql.SelectTable) *sql.Predicate) *sql.Selector {
	m := sql.Dialect(d).Table(message.Table).As("m")
	q := sql.Dialect(d).SelectExpr(sql.Raw("m.*")).From(m).Where(of(m))
	s.messages.Where(w)(q)
	s.messages.Order(w)(q)
	return q.Limit(w.Limit + 1)
}

// matches keeps the messages that hold all of the words.
func matches(words []string) predicate.Message {
	return func(q *sql.Selector) {
		q.Where(sql.P(func(b *sql.Builder) {
			if b.Dialect() == dialect.Postgres {
				b.WriteString("to_tsvector('simple', ").Ident(q.C("body")).WriteString(") @@ plainto_tsquery('simple', ").Arg(strings.Join(words, " ")).WriteByte(')')
				return
			}
			quoted := make([]string, len(words))
			for i, x := range words {
				quoted[i] = `"` + x + `"`
			}
			b.Ident(q.C("rowid")).WriteString(" IN (SELECT rowid FROM message_search WHERE message_search MATCH ").Arg(strings.Join(quoted, " ")).WriteByte(')')
		}))
	}
}
