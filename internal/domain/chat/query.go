package chat

import (
	"context"
	"fmt"

	"entgo.io/ent/dialect/sql"

	"karnak/authz"
	"karnak/ent/entgen"
	"karnak/ent/entgen/channel"
	"karnak/ent/entgen/channelmember"
	"karnak/ent/entgen/message"
	"karnak/ent/entgen/predicate"
	"karnak/ent/enum"
	"karnak/internal/platform/batch"
	"karnak/internal/platform/fault"
	"karnak/internal/platform/page"
	"karnak/internal/platform/store"
)

// seen keeps the channels of a workspace that the caller may read.
func (s *Service) seen(ctx context.Context, workspaceID string) (predicate.Channel, error) {
	all, err := s.Guard.Allows(ctx, workspaceID, authz.ChatReadAll, workspaceID)
	if err != nil {
		return nil, err
	}
	open := []enum.Visibility{enum.Public}
	if all {
		open = append(open, enum.Private)
	}
	self := authz.ActorOf(ctx).UserID
	return channel.And(channel.WorkspaceID(workspaceID), channel.Or(channel.VisibilityIn(open...), func(q *sql.Selector) {
		m := sql.Dialect(q.Dialect()).Table("channel_members").As("cm")
		q.Where(sql.In(q.C("id"), sql.Dialect(q.Dialect()).Select(m.C("channel_id")).From(m).
			Where(sql.And(sql.EQ(m.C("workspace_id"), workspaceID), sql.EQ(m.C("user_id"), self)))))
	})), nil
}

// Channels returns the channels of a workspace that the caller may read, by name. Needs chat:read.
func (s *Service) Channels(ctx context.Context, workspaceID string, args page.Args) (*ChannelConnection, error) {
	if err := s.Guard.Require(ctx, workspaceID, authz.ChatRead, workspaceID); err != nil {
		return nil, err
	}
	w, err := s.channels.Window(args)
	if err != nil {
		return nil, err
	}
	seen, err := s.seen(ctx, workspaceID)
	if err != nil {
		return nil, err
	}
	q := s.DB.Client().Channel.Query().Where(seen)
	all := q.Clone()
	rows, err := q.Where(s.channels.Where(w)).Order(s.channels.Order(w)).Limit(w.Limit + 1).All(ctx)
	if err != nil {
		return nil, err
	}
	s.expectChannels(ctx, rows)
	return page.Build(s.channels, w, rows, all.Count), nil
}

// Readable returns the ids of the channels of a workspace that the caller may read.
func (s *Service) Readable(ctx context.Context, workspaceID string) ([]string, error) {
	if ok, err := s.Guard.Allows(ctx, workspaceID, authz.ChatRead, workspaceID); !ok || err != nil {
		return nil, err
	}
	seen, err := s.seen(ctx, workspaceID)
	if err != nil {
		return nil, err
	}
	return s.DB.Client().Channel.Query().Where(seen).IDs(ctx)
}

// ChannelByID returns a channel; nil when there is none the caller may read.
func (s *Service) ChannelByID(ctx context.Context, channelID string) (*entgen.Channel, error) {
	if _, err := s.Guard.Actor(ctx); err != nil {
		return nil, err
	}
	c, err := s.Channel(ctx, channelID)
	if c == nil || err != nil {
		return nil, err
	}
	return hidden(c, s.may(ctx, c, authz.ChatRead))
}

// hidden makes nil of what may not be seen.
func hidden[T any](x *T, err error) (*T, error) {
	switch {
	case err == nil:
		return x, nil
	case fault.CodeOf(err) == fault.Forbidden || fault.CodeOf(err) == fault.NotFound:
		return nil, nil
	}
	return nil, err
}

// Cursor returns the head of the log of a channel's workspace.
func (s *Service) Cursor(ctx context.Context, c *entgen.Channel) (string, error) {
	return s.Log.Snapshot(ctx, c.WorkspaceID)
}

// Members returns who belongs to a channel, by joining date.
func (s *Service) Members(ctx context.Context, c *entgen.Channel, args page.Args) (*ChannelMemberConnection, error) {
	w, err := s.members.Window(args)
	if err != nil {
		return nil, err
	}
	q := s.DB.Client().ChannelMember.Query().Where(channelmember.WorkspaceID(c.WorkspaceID), channelmember.ChannelID(c.ID))
	all := q.Clone()
	rows, err := q.Where(s.members.Where(w)).Order(s.members.Order(w)).Limit(w.Limit + 1).All(ctx)
	if err != nil {
		return nil, err
	}
	users := make([]string, len(rows))
	for i, m := range rows {
		users[i] = m.UserID
	}
	s.Guard.ExpectPersons(ctx, users)
	return page.Build(s.members, w, rows, all.Count), nil
}

// MemberByID returns a channel's member; nil when there is none in a channel the caller may read.
func (s *Service) MemberByID(ctx context.Context, memberID string) (*entgen.ChannelMember, error) {
	if _, err := s.Guard.Actor(ctx); err != nil {
		return nil, err
	}
	m, err := optional(s.DB.Client().ChannelMember.Query().Where(channelmember.ID(memberID)).Only(ctx))
	if m == nil || err != nil {
		return nil, err
	}
	if c, err := s.ChannelByID(ctx, m.ChannelID); c == nil || err != nil {
		return nil, err
	}
	return m, nil
}

// message returns a message of a channel the caller may read, with the channel. One they may not know of is NOT_FOUND.
func (s *Service) message(ctx context.Context, messageID string, p authz.Permission) (*entgen.Message, *entgen.Channel, error) {
	if _, err := s.Guard.Actor(ctx); err != nil {
		return nil, nil, err
	}
	m, err := optional(s.DB.Client().Message.Query().Where(message.ID(messageID)).Only(ctx))
	if m == nil || err != nil {
		return nil, nil, either(err, fault.Absent())
	}
	s.expect(ctx, []*entgen.Message{m})
	c, err := s.readable(ctx, m.ChannelID, p)
	return m, c, err
}

// MessageByID returns a message; nil when there is none the caller may read.
func (s *Service) MessageByID(ctx context.Context, messageID string) (*entgen.Message, error) {
	if _, err := s.Guard.Actor(ctx); err != nil {
		return nil, err
	}
	m, err := s.Message(ctx, messageID)
	if m == nil || err != nil {
		return nil, err
	}
	c, err := s.place(ctx, m)
	if c == nil || err != nil {
		return nil, err
	}
	return hidden(m, s.may(ctx, c, authz.ChatRead))
}

type (
	kindMessage struct{}
	kindChannel struct{}
)

// Message returns a message by id where its channel was let through before, as for an event or an answer; look-ups of one
// answer share a query.
func (s *Service) Message(ctx context.Context, messageID string) (*entgen.Message, error) {
	return batch.Load(ctx, kindMessage{}, messageID, func(ctx context.Context, ids []string) (map[string]*entgen.Message, error) {
		if len(ids) == 1 {
			return s.one(ctx, ids[0])
		}
		rows, err := s.DB.Client().Message.Query().Where(store.In(message.FieldID, ids)).All(ctx)
		s.expect(ctx, rows)
		return index(rows, func(m *entgen.Message) string { return m.ID }), err
	})
}

// Channel is Message for channels.
func (s *Service) Channel(ctx context.Context, channelID string) (*entgen.Channel, error) {
	return batch.Load(ctx, kindChannel{}, channelID, func(ctx context.Context, ids []string) (map[string]*entgen.Channel, error) {
		rows, err := s.DB.Client().Channel.Query().Where(store.In(channel.FieldID, ids)).All(ctx)
		s.expectChannels(ctx, rows)
		return index(rows, func(c *entgen.Channel) string { return c.ID }), err
	})
}

// ReplyTo returns the message that one answers; nil for none.
func (s *Service) ReplyTo(ctx context.Context, m *entgen.Message) (*entgen.Message, error) {
	if m.ReplyToID == nil {
		return nil, nil
	}
	return s.Message(ctx, *m.ReplyToID)
}

// Mentions returns the users that a message mentions.
func (s *Service) Mentions(ctx context.Context, m *entgen.Message) ([]*entgen.User, error) {
	return s.People(ctx, m.MentionIds)
}

func index[T any](rows []T, key func(T) string) map[string]T {
	out := make(map[string]T, len(rows))
	for _, r := range rows {
		out[key(r)] = r
	}
	return out
}

type kindMessages struct{ args string }

// Family makes the pages of several channels one look-up.
func (kindMessages) Family() any { return ofChannels{} }

// Messages returns the messages of a channel by number. The pages of several channels in one answer are read at once.
func (s *Service) Messages(ctx context.Context, c *entgen.Channel, args page.Args) (*MessageConnection, error) {
	w, err := s.messages.Window(args)
	if err != nil {
		return nil, err
	}
	kind := kindMessages{fmt.Sprint(w.Limit, w.Backward, w.After, w.Before)}
	rows, err := batch.Load(ctx, kind, parent{c.WorkspaceID, c.ID}, func(ctx context.Context, of []parent) (map[parent][]*entgen.Message, error) {
		return s.pages(ctx, of, w)
	})
	if err != nil {
		return nil, err
	}
	count := func(ctx context.Context) (int, error) {
		return s.DB.Client().Message.Query().Where(message.WorkspaceID(c.WorkspaceID), message.ChannelID(c.ID)).Count(ctx)
	}
	return page.Build(s.messages, w, rows, count), nil
}

// Search returns messages that hold all of the words, in channels the caller may read, the newest first. Needs chat:read.
func (s *Service) Search(ctx context.Context, workspaceID, query string, args page.Args) (*MessageConnection, error) {
	if err := s.Guard.Require(ctx, workspaceID, authz.ChatRead, workspaceID); err != nil {
		return nil, err
	}
	words, err := searchWords(query)
	if err != nil {
		return nil, err
	}
	w, err := s.found.Window(args)
	if err != nil {
		return nil, err
	}
	channels, err := s.Readable(ctx, workspaceID)
	if err != nil {
		return nil, err
	}
	q := s.DB.Client().Message.Query().Where(message.WorkspaceID(workspaceID), store.In(message.FieldChannelID, channels), message.DeletedAtIsNil(), matches(words))
	all := q.Clone()
	rows, err := q.Where(s.found.Where(w)).Order(s.found.Order(w)).Limit(w.Limit + 1).All(ctx)
	if err != nil {
		return nil, err
	}
	s.expect(ctx, rows)
	return page.Build(s.found, w, rows, all.Count), nil
}
