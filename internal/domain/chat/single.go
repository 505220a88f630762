package chat

import (
	"context"
	"encoding/json"
	"errors"

	"entgo.io/ent/dialect/sql"

	"karnak/ent"
	"karnak/ent/entgen"
	"karnak/ent/entgen/message"
	"karnak/ent/entgen/user"
	"karnak/internal/core/guard"
)

// newSingle makes the query for one message with its author, who is asked for nearly always.
func newSingle(db *ent.DB) *ent.Ready {
	return ent.NewReady(db, func(ctx context.Context, c *entgen.Client, messageID string) error {
		_, err := c.Message.Query().Where(message.ID(messageID), withAuthor).All(ctx)
		return err
	})
}

// withAuthor joins the author; there is always one, the keys of the tables see to that.
func withAuthor(q *sql.Selector) {
	u := sql.Dialect(q.Dialect()).Table(user.Table)
	q.Join(u).On(q.C(message.FieldAuthorID), u.C(user.FieldID))
	for _, c := range guard.Shown() {
		q.AppendSelect(u.C(c))
	}
}

// one reads a message, and tells who wrote it to whoever asks for them in this answer.
func (s *Service) one(ctx context.Context, messageID string) (found map[string]*entgen.Message, err error) {
	rows := &sql.Rows{}
	if err := s.single.Query(ctx, messageID, rows); err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	if !rows.Next() {
		return nil, rows.Err()
	}
	m, u := &entgen.Message{}, &entgen.User{}
	if err := scan(rows, m, u); err != nil {
		return nil, err
	}
	s.Guard.KnowPerson(ctx, u)
	return map[string]*entgen.Message{m.ID: m}, rows.Err()
}

// scan reads the columns of message.Columns and guard.Shown, in their order.
func scan(rows *sql.Rows, m *entgen.Message, u *entgen.User) error {
	var mentions []byte
	err := rows.Scan(
		&m.ID, &m.WorkspaceID, &m.CreatedAt, &m.Version, &m.ChannelID, &m.Seq, &m.AuthorID, &m.Body, &m.ReplyToID, &mentions, &m.EditedAt, &m.DeletedAt,
		&u.ID, &u.CreatedAt, &u.Version, &u.Email, &u.DisplayName, &u.SuperAdmin, &u.SuspendedAt)
	if err == nil && len(mentions) > 0 {
		err = json.Unmarshal(mentions, &m.MentionIds)
	}
	return err
}
