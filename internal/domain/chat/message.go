package chat

import (
	"context"
	"errors"

	"entgo.io/ent/dialect/sql"

	"karnak/authz"
	"karnak/ent/entgen"
	"karnak/ent/entgen/member"
	"karnak/ent/entgen/message"
	"karnak/ent/enum"
	"karnak/internal/core/eventlog"
	"karnak/internal/platform/fault"
	"karnak/internal/platform/id"
	"karnak/internal/platform/store"
)

// SendMessage posts a message. Needs chat:write, and membership of the workspace. Sending the same client-made id again
// answers with the message that is there, when it is the caller's and of this channel; any other use of the id is TAKEN.
func (s *Service) SendMessage(ctx context.Context, in SendMessageInput) (*SendMessagePayload, error) {
	c, err := s.readable(ctx, in.ChannelID, authz.ChatWrite)
	if err != nil {
		return nil, err
	}
	if err := in.validate(); err != nil {
		return nil, err
	}
	if a := authz.ActorOf(ctx); a.Super {
		if err := s.belong(ctx, c.WorkspaceID, a.UserID); err != nil {
			return nil, err
		}
	}
	if err := s.speaks(ctx, c); err != nil {
		return nil, err
	}
	known, err := s.known(ctx, c.WorkspaceID, mentions(in.Body))
	if err != nil {
		return nil, err
	}
	var m *entgen.Message
	send := func(ctx context.Context, tx *eventlog.Tx) (string, error) {
		if m, err = s.post(ctx, tx, c, in, known); err != nil {
			return "", err
		}
		return m.ID, nil
	}
	done, err := s.Log.Change(ctx, send)
	if in.ID != nil && store.Duplicate(err) { // by an attempt of the same message, whose end nobody knew, or by somebody else
		done, err = s.Log.Change(ctx, send)
	}
	if in.ID != nil && store.Duplicate(err) {
		return nil, idTaken()
	}
	return sent(ctx, s, done, m, err, func(p MessagePayload) *SendMessagePayload { return &SendMessagePayload{p} })
}

// speaks checks that a channel is public or the caller a member of it: to read it by chat:read:all is not to write to it.
func (s *Service) speaks(ctx context.Context, c *entgen.Channel) error {
	if c.Visibility == enum.Public {
		return nil
	}
	m, err := s.member(ctx, c)
	if err == nil && m == nil {
		return fault.New(fault.Forbidden, "This needs membership of the channel.")
	}
	return err
}

func idTaken() error { return fault.User(fault.Taken, "id", "This id is in use: make another one.") }

// sent makes a mutation's payload of a message, looking it up when the change was replayed.
func sent[P any](ctx context.Context, s *Service, done *eventlog.Done, m *entgen.Message, err error, wrap func(MessagePayload) *P) (*P, error) {
	if err != nil {
		return wrap(MessagePayload{Message: m}), err
	}
	if done.Replayed {
		m, err = s.MessageByID(ctx, done.ObjectID)
	}
	return wrap(MessagePayload{done.Receipt, m}), err
}

// known keeps the users who are members of the workspace.
func (s *Service) known(ctx context.Context, workspaceID string, users []string) ([]string, error) {
	if len(users) == 0 {
		return nil, nil
	}
	found, err := s.DB.Client().Member.Query().Where(member.WorkspaceID(workspaceID), member.UserIDIn(users...), member.LeftAtIsNil()).
		Select(member.FieldUserID).Strings(ctx)
	return found, err
}

// post writes a message under the channel's next number. The channel's row is locked from here to the commit, which keeps
// the numbers without holes.
func (s *Service) post(ctx context.Context, tx *eventlog.Tx, c *entgen.Channel, in SendMessageInput, mentioned []string) (*entgen.Message, error) {
	messageID := id.New(id.Message)
	if in.ID != nil {
		messageID = *in.ID
		old, err := optional(tx.Message.Query().Where(message.ID(messageID)).Only(ctx))
		if err != nil || old != nil {
			return s.again(ctx, old, c, err)
		}
	}
	if in.ReplyToID != nil {
		there, err := tx.Message.Query().Where(message.ID(*in.ReplyToID), message.ChannelID(c.ID)).Exist(ctx)
		if err != nil || !there {
			return nil, either(err, fault.User(fault.Missing, "replyToId", "There is no such message in this channel."))
		}
	}
	seq, err := s.number(ctx, tx, c)
	if err != nil {
		return nil, err
	}
	draft := tx.Message.Create().SetID(messageID).SetWorkspaceID(c.WorkspaceID).SetChannelID(c.ID).SetSeq(seq).SetBody(in.Body).
		SetAuthorID(authz.ActorOf(ctx).UserID).SetNillableReplyToID(in.ReplyToID).SetCreatedAt(s.Clock.Now())
	if len(mentioned) > 0 {
		draft.SetMentionIds(mentioned)
	}
	m, err := draft.Save(ctx)
	if err != nil {
		return nil, err
	}
	return m, tx.Append(ctx, c.WorkspaceID, eventlog.Draft{Type: posted, ObjectID: m.ID, ChannelID: c.ID})
}

// again answers a second sending of the same id.
func (s *Service) again(ctx context.Context, old *entgen.Message, c *entgen.Channel, err error) (*entgen.Message, error) {
	if err != nil {
		return nil, err
	}
	if old.ChannelID != c.ID || old.AuthorID != authz.ActorOf(ctx).UserID {
		return nil, idTaken()
	}
	return old, nil
}

// number takes the next number of a channel.
func (s *Service) number(ctx context.Context, tx *eventlog.Tx, c *entgen.Channel) (int, error) {
	text, args := sql.Dialect(tx.Dialect()).Update("channels").Add("last_seq", 1).
		Where(sql.And(sql.EQ("id", c.ID), sql.EQ("workspace_id", c.WorkspaceID))).Returning("last_seq").Query()
	rows := &sql.Rows{}
	if err := tx.Query(ctx, text, args, rows); err != nil {
		return 0, err
	}
	seq, err := sql.ScanInt(rows)
	return seq, errors.Join(err, rows.Close())
}

// EditMessage changes the body of the caller's own message. Needs chat:write. A stale version is CONFLICT, with the
// message as it now is.
func (s *Service) EditMessage(ctx context.Context, in EditMessageInput) (*EditMessagePayload, error) {
	m, _, err := s.message(ctx, in.MessageID, authz.ChatWrite)
	if err != nil {
		return nil, err
	}
	if err := in.validate(); err != nil {
		return nil, err
	}
	if m.AuthorID != authz.ActorOf(ctx).UserID {
		return nil, fault.New(fault.Forbidden, "Only its author edits a message.")
	}
	known, err := s.known(ctx, m.WorkspaceID, mentions(in.Body))
	if err != nil {
		return nil, err
	}
	done, err := s.Log.Change(ctx, func(ctx context.Context, tx *eventlog.Tx) (string, error) {
		if m, err = s.lock(ctx, tx, in.MessageID); err != nil {
			return "", err
		}
		if in.ExpectedVersion != nil && *in.ExpectedVersion != m.Version {
			return "", fault.User(fault.Conflict, "expectedVersion", "The message is at version %d: look at it and decide again.", m.Version)
		}
		if m, err = m.Update().SetBody(in.Body).SetMentionIds(known).SetEditedAt(s.Clock.Now()).AddVersion(1).Save(ctx); err != nil {
			return "", err
		}
		return m.ID, s.tell(ctx, tx, m, edited, nil)
	})
	return sent(ctx, s, done, m, err, func(p MessagePayload) *EditMessagePayload { return &EditMessagePayload{p} })
}

// lock returns a message that is not deleted, and keeps others from changing it until the commit.
func (s *Service) lock(ctx context.Context, tx *eventlog.Tx, messageID string) (*entgen.Message, error) {
	if err := tx.Message.UpdateOneID(messageID).AddVersion(0).Exec(ctx); err != nil {
		return nil, err
	}
	m, err := tx.Message.Get(ctx, messageID)
	if err == nil && m.DeletedAt != nil {
		return nil, fault.User(fault.NotAllowed, "messageId", "The message was deleted.")
	}
	return m, err
}

func (s *Service) tell(ctx context.Context, tx *eventlog.Tx, m *entgen.Message, t eventlog.Type, data any) error {
	return tx.Append(ctx, m.WorkspaceID, eventlog.Draft{Type: t, ObjectID: m.ID, ChannelID: m.ChannelID, Data: data})
}

// DeleteMessage empties a message: the caller's own with chat:delete, another's with chat:read:all and the channel's
// moderation right as well. Deleting twice changes nothing.
func (s *Service) DeleteMessage(ctx context.Context, in DeleteMessageInput) (*DeleteMessagePayload, error) {
	m, c, err := s.message(ctx, in.MessageID, authz.ChatDelete)
	if err != nil {
		return nil, err
	}
	if m.AuthorID != authz.ActorOf(ctx).UserID {
		if err := s.overOthers(ctx, c); err != nil {
			return nil, err
		}
	}
	done, err := s.Log.Change(ctx, func(ctx context.Context, tx *eventlog.Tx) (string, error) {
		if err := tx.Message.UpdateOneID(m.ID).AddVersion(0).Exec(ctx); err != nil {
			return "", err
		}
		if m, err = tx.Message.Get(ctx, in.MessageID); err != nil || m.DeletedAt != nil {
			return in.MessageID, err
		}
		m, err = m.Update().SetBody("").ClearMentionIds().SetDeletedAt(s.Clock.Now()).AddVersion(1).Save(ctx)
		if err != nil {
			return "", err
		}
		return m.ID, s.tell(ctx, tx, m, deleted, nil)
	})
	return sent(ctx, s, done, m, err, func(p MessagePayload) *DeleteMessagePayload { return &DeleteMessagePayload{p} })
}

func (s *Service) overOthers(ctx context.Context, c *entgen.Channel) error {
	if err := s.Guard.Require(ctx, c.WorkspaceID, authz.ChatReadAll, c.ID, c.WorkspaceID); err != nil {
		return err
	}
	ok, err := s.moderates(ctx, c)
	if err == nil && !ok {
		return fault.New(fault.Forbidden, "This needs the channel's moderation right.")
	}
	return err
}
