package chat

import (
	"context"
	"encoding/json"
	"strings"

	"entgo.io/ent/dialect"
	"entgo.io/ent/dialect/sql"
	"github.com/lib/pq"

	"karnak/authz"
	"karnak/ent/entgen"
	"karnak/ent/entgen/message"
	"karnak/ent/entgen/predicate"
	"karnak/internal/platform/batch"
	"karnak/internal/platform/page"
)

// parent is a channel whose page is wanted.
type parent struct{ workspaceID, channelID string }

// pages reads one page of messages for each of several channels. It walks the index (workspace, channel, number) for every
// channel and stops at the limit, so that its cost does not grow with the history.
func (s *Service) pages(ctx context.Context, of []parent, w page.Window) (map[parent][]*entgen.Message, error) {
	q := s.DB.Client().Message.Query()
	if len(of) == 1 {
		q.Where(message.WorkspaceID(of[0].workspaceID), message.ChannelID(of[0].channelID), s.messages.Where(w)).Limit(w.Limit + 1)
	} else {
		q.Where(s.perChannel(of, w))
	}
	rows, err := q.Order(s.messages.Order(w)).All(ctx)
	if err != nil {
		return nil, err
	}
	s.expect(ctx, rows)
	out := make(map[parent][]*entgen.Message, len(of))
	for _, m := range rows {
		p := parent{m.WorkspaceID, m.ChannelID}
		out[p] = append(out[p], m)
	}
	return out, nil
}

// expect tells what the fields of messages will probably ask for.
func (s *Service) expect(ctx context.Context, rows []*entgen.Message) {
	ids, authors, channels := make([]string, len(rows)), make([]string, len(rows)), make([]string, len(rows))
	var replies []string
	for i, m := range rows {
		ids[i], authors[i], channels[i] = m.ID, m.AuthorID, m.ChannelID
		if m.ReplyToID != nil {
			replies = append(replies, *m.ReplyToID)
		}
	}
	s.Guard.ExpectUsers(ctx, authors)
	batch.Expect(ctx, kindChannel{}, channels)
	batch.Expect(ctx, kindMessage{}, replies)
	if a := authz.ActorOf(ctx); a != nil {
		batch.Expect(ctx, kindReactions{a.UserID}, ids)
	}
}

// perChannel keeps the messages of the pages of several channels: on PostgreSQL by LATERAL, on SQLite by a correlated
// subquery with a limit.
func (s *Service) perChannel(of []parent, w page.Window) predicate.Message {
	workspaces, channels := make([]string, len(of)), make([]string, len(of))
	for i, p := range of {
		workspaces[i], channels[i] = p.workspaceID, p.channelID
	}
	return func(q *sql.Selector) {
		q.Where(sql.P(func(b *sql.Builder) {
			if b.Dialect() == dialect.Postgres {
				b.Ident(q.C("id")).WriteString(" IN (SELECT x.id FROM unnest(").Arg(pq.Array(workspaces)).WriteString("::varchar[], ").
					Arg(pq.Array(channels)).WriteString("::varchar[]) AS p(w, c) CROSS JOIN LATERAL (").
					Join(s.walk(b.Dialect(), "p.w", "p.c", "id", w)).WriteString(") AS x)")
				return
			}
			list, err := json.Marshal(pairs(of))
			if err != nil {
				b.AddError(err)
				return
			}
			// CROSS keeps SQLite from taking the messages first, which statistics of small tables may lead it to.
			b.Ident(q.C("id")).WriteString(" IN (SELECT y.id FROM json_each(").Arg(string(list)).WriteString(") AS p CROSS JOIN messages AS y ON y.rowid IN (").
				Join(s.walk(b.Dialect(), "p.value ->> 0", "p.value ->> 1", "rowid", w)).WriteString("))")
		}))
	}
}

func pairs(of []parent) [][2]string {
	out := make([][2]string, len(of))
	for i, p := range of {
		out[i] = [2]string{p.workspaceID, p.channelID}
	}
	return out
}

// walk selects a column of one channel's page.
func (s *Service) walk(d, workspaceID, channelID, column string, w page.Window) *sql.Selector {
	m := sql.Dialect(d).Table("messages").As("m")
	q := sql.Dialect(d).Select(m.C(column)).From(m).Where(sql.And(
		sql.ExprP(m.C("workspace_id")+" = "+workspaceID), sql.ExprP(m.C("channel_id")+" = "+channelID)))
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
