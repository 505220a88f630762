package chat

import (
	"context"
	"errors"

	"entgo.io/ent/dialect/sql"

	"karnak/authz"
	"karnak/ent/entgen"
	"karnak/ent/entgen/channel"
	"karnak/ent/entgen/readstate"
	"karnak/internal/core/eventlog"
	"karnak/internal/platform/batch"
	"karnak/internal/platform/fault"
	"karnak/internal/platform/store"
)

// MarkRead records how far the caller has read; it never goes back, nor past the newest message. Needs chat:read.
func (s *Service) MarkRead(ctx context.Context, in MarkReadInput) (*MarkReadPayload, error) {
	c, err := s.readable(ctx, in.ChannelID, authz.ChatRead)
	if err != nil {
		return nil, err
	}
	if in.Seq < 0 || in.Seq > c.LastSeq {
		return nil, fault.User(fault.Invalid, "seq", "The channel has the numbers 1 to %d.", c.LastSeq)
	}
	mark := func(ctx context.Context, tx *eventlog.Tx) (string, error) { return c.ID, s.mark(ctx, tx, c, in.Seq) }
	done, err := s.Log.Change(ctx, mark)
	if store.Duplicate(err) { // another tab was first
		done, err = s.Log.Change(ctx, mark)
	}
	return answer(ctx, s, done, c, err, func(p ChannelPayload) *MarkReadPayload { return &MarkReadPayload{p} })
}

func (s *Service) mark(ctx context.Context, tx *eventlog.Tx, c *entgen.Channel, seq int) error {
	self, now := authz.ActorOf(ctx).UserID, s.Clock.Now()
	of := readstate.And(readstate.WorkspaceID(c.WorkspaceID), readstate.UserID(self), readstate.ChannelID(c.ID))
	there, err := tx.ReadState.Query().Where(of).Exist(ctx)
	if err != nil {
		return err
	}
	if there {
		_, err := tx.ReadState.Update().Where(of, readstate.SeqLT(seq)).SetSeq(seq).SetUpdatedAt(now).Save(ctx)
		return err
	}
	return tx.ReadState.Create().SetWorkspaceID(c.WorkspaceID).SetChannelID(c.ID).SetUserID(self).SetSeq(seq).SetUpdatedAt(now).Exec(ctx)
}

type (
	kindUnread struct{ user string }
	kindRead   struct{ user string }
)

// Family makes the counts of several channels one look-up.
func (kindUnread) Family() any { return ofChannels{} }

// Family makes the places of several channels one look-up.
func (kindRead) Family() any { return ofChannels{} }

// LastRead returns the number up to which the caller has read a channel.
func (s *Service) LastRead(ctx context.Context, c *entgen.Channel) (int, error) {
	self := authz.ActorOf(ctx).UserID
	return batch.Load(ctx, kindRead{self}, parent{c.WorkspaceID, c.ID}, func(ctx context.Context, of []parent) (map[parent]int, error) {
		rows, err := s.DB.Client().ReadState.Query().Where(readstate.UserID(self), store.In(readstate.FieldChannelID, channelIDs(of))).All(ctx)
		out := make(map[parent]int, len(rows))
		for _, r := range rows {
			out[parent{r.WorkspaceID, r.ChannelID}] = r.Seq
		}
		return out, err
	})
}

// Unread returns how many messages by others the caller has not read in a channel.
func (s *Service) Unread(ctx context.Context, c *entgen.Channel) (int, error) {
	self := authz.ActorOf(ctx).UserID
	return batch.Load(ctx, kindUnread{self}, parent{c.WorkspaceID, c.ID}, func(ctx context.Context, of []parent) (map[parent]int, error) {
		return s.unread(ctx, self, of)
	})
}

// unread counts along the index of the messages, from each channel's read state on. The channels were let through before.
func (s *Service) unread(ctx context.Context, self string, of []parent) (out map[parent]int, err error) {
	d := sql.Dialect(s.DB.Dialect())
	c, m, r := d.Table("channels").As("c"), d.Table("messages").As("m"), d.Table("read_states").As("r")
	read := d.Select(r.C("seq")).From(r).Where(sql.And(
		sql.ColumnsEQ(r.C("workspace_id"), c.C("workspace_id")), sql.EQ(r.C("user_id"), self), sql.ColumnsEQ(r.C("channel_id"), c.C("id"))))
	count := d.Select(sql.Count("*")).From(m).Where(sql.And(
		sql.ColumnsEQ(m.C("workspace_id"), c.C("workspace_id")), sql.ColumnsEQ(m.C("channel_id"), c.C("id")),
		sql.P(func(b *sql.Builder) {
			b.Ident(m.C("seq")).WriteString(" > COALESCE(").Wrap(func(b *sql.Builder) { b.Join(read) }).WriteString(", 0)")
		}),
		sql.NEQ(m.C("author_id"), self), sql.IsNull(m.C("deleted_at"))))
	q := d.SelectExpr(sql.ExprFunc(func(b *sql.Builder) {
		b.Ident(c.C("workspace_id")).Comma().Ident(c.C("id")).Comma().Wrap(func(b *sql.Builder) { b.Join(count) })
	})).From(c)
	store.In(channel.FieldID, channelIDs(of))(q)
	text, args := q.Query()
	rows := &sql.Rows{}
	if err := s.DB.Reader().Query(ctx, text, args, rows); err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	out = make(map[parent]int, len(of))
	for rows.Next() {
		var p parent
		var n int
		if err := rows.Scan(&p.workspaceID, &p.channelID, &n); err != nil {
			return nil, err
		}
		out[p] = n
	}
	return out, rows.Err()
}
