package chat

import (
	"context"

	"karnak/authz"
	"karnak/ent/entgen"
	"karnak/ent/entgen/member"
	"karnak/ent/enum"
	"karnak/internal/core/eventlog"
	"karnak/internal/platform/fault"
)

// speaks checks that a channel is public or the caller a member of it: to read it by chat:read:all is not to write to it.
func (s *Service) speaks(ctx context.Context, c *entgen.Channel) error {
	if c.Visibility == enum.Public {
		return nil
	}
	m, err := s.member(ctx, c)
	if err == nil && m == nil {
		return fault.New(fault.Forbidden, "This needs membership of the channel.")
	}
	if err == nil && c.Visibility == enum.Assistant {
		return fault.User(fault.NotAllowed, "channelId", "This is the channel of a conversation: startGeneration posts a message that is answered.")
	}
	return err
}

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

// EditMessage changes the body of the caller's own message. Needs chat:write. A stale version is CONFLICT, with the
// message as it now is.
func (s *Service) EditMessage(ctx context.Context, in EditMessageInput) (*EditMessagePayload, error) {
	m, c, err := s.message(ctx, in.MessageID, authz.ChatWrite)
	if err != nil {
		return nil, err
	}
	if err := in.validate(); err != nil {
		return nil, err
	}
	if m.AuthorID != authz.ActorOf(ctx).UserID {
		return nil, fault.New(fault.Forbidden, "Only its author edits a message.")
	}
	if c.Visibility == enum.Assistant {
		return nil, fault.User(fault.NotAllowed, "messageId", "A model has answered this as it is: editAndRegenerate says it in other words.")
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
