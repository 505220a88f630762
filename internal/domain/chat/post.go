package chat

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"entgo.io/ent/dialect"
	"entgo.io/ent/dialect/sql"
	"entgo.io/ent/privacy"

	"karnak/authz"
	"karnak/ent/entgen"
	"karnak/ent/entgen/message"
	"karnak/internal/core/eventlog"
	"karnak/internal/platform/fault"
	"karnak/internal/platform/id"
	"karnak/internal/platform/store"
)

// post writes messages under the next numbers of their channels. The channels' rows are locked from here to the commit, in the
// order of their ids, which keeps the numbers without holes and two transactions from waiting for each other.
func (s *Service) post(ctx context.Context, tx *eventlog.Tx, all []*sending) error {
	for _, x := range all {
		x.message, x.fresh, x.fault = nil, false, nil
		if a := authz.ActorOf(x.ctx); !a.In(x.channel.WorkspaceID) || !authz.ActorOf(ctx).In(x.channel.WorkspaceID) {
			return privacy.Denyf("a message of a foreign workspace")
		}
	}
	if err := s.repeated(ctx, tx, all); err != nil {
		return err
	}
	if err := s.answers(ctx, tx, all); err != nil {
		return err
	}
	var fresh []*sending
	for _, x := range all {
		if x.fresh = x.message == nil && x.fault == nil; x.fresh {
			fresh = append(fresh, x)
		}
	}
	if len(fresh) == 0 {
		return nil
	}
	if err := s.number(ctx, tx, fresh); err != nil {
		return err
	}
	return s.insert(ctx, tx, fresh)
}

// repeated finds the messages that are there already under their client-made ids.
func (s *Service) repeated(ctx context.Context, tx *eventlog.Tx, all []*sending) error {
	given := map[string]bool{}
	var ids []string
	for _, x := range all {
		switch {
		case x.in.ID == nil:
		case given[*x.in.ID]:
			x.fault = eventlog.ErrAlone // the other one comes first
		default:
			given[*x.in.ID] = true
			ids = append(ids, *x.in.ID)
		}
	}
	if len(ids) == 0 {
		return nil
	}
	rows, err := tx.Message.Query().Where(store.In(message.FieldID, ids)).All(ctx)
	if err != nil {
		return err
	}
	there := index(rows, func(m *entgen.Message) string { return m.ID })
	for _, x := range all {
		if x.in.ID == nil || x.fault != nil || there[*x.in.ID] == nil {
			continue
		}
		old := there[*x.in.ID]
		if old.ChannelID != x.channel.ID || old.AuthorID != authz.ActorOf(x.ctx).UserID {
			x.fault = idTaken()
			continue
		}
		x.message = old
	}
	return nil
}

// answers checks that what is answered is in the same channel.
func (s *Service) answers(ctx context.Context, tx *eventlog.Tx, all []*sending) error {
	var ids []string
	for _, x := range all {
		if x.in.ReplyToID != nil {
			ids = append(ids, *x.in.ReplyToID)
		}
	}
	if len(ids) == 0 {
		return nil
	}
	rows, err := tx.Message.Query().Where(store.In(message.FieldID, ids)).Select(message.FieldID, message.FieldChannelID).All(ctx)
	if err != nil {
		return err
	}
	in := map[string]string{}
	for _, m := range rows {
		in[m.ID] = m.ChannelID
	}
	for _, x := range all {
		if x.in.ReplyToID != nil && x.message == nil && x.fault == nil && in[*x.in.ReplyToID] != x.channel.ID {
			x.fault = fault.User(fault.Missing, "replyToId", "There is no such message in this channel.")
		}
	}
	return nil
}

// counted is a channel as a Table has it.
type counted struct {
	WorkspaceID string `json:"workspace_id"`
	ID          string `json:"id"`
	N           int    `json:"n"`
}

// number gives each message its channel's next number.
func (s *Service) number(ctx context.Context, tx *eventlog.Tx, all []*sending) (err error) {
	next := map[string]int{}
	for _, x := range all {
		next[x.channel.ID]++
	}
	channels := make([]counted, 0, len(next))
	for _, x := range all {
		if n := next[x.channel.ID]; n > 0 {
			channels = append(channels, counted{x.channel.WorkspaceID, x.channel.ID, n})
			next[x.channel.ID] = -n
		}
	}
	args, err := store.Rows(channels)
	if err != nil {
		return err
	}
	rows := &sql.Rows{}
	if err := tx.Query(ctx, numbering(tx.Dialect()), args, rows); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	found := 0
	for ; rows.Next(); found++ {
		var channelID string
		var last int
		if err := rows.Scan(&channelID, &last); err != nil {
			return err
		}
		next[channelID] += last
	}
	if found != len(channels) {
		return errors.Join(rows.Err(), fmt.Errorf("chat: %d of %d channels are there to write to", found, len(channels)))
	}
	for _, x := range all {
		next[x.channel.ID]++
		x.message = s.draft(x, next[x.channel.ID])
	}
	return nil
}

// numbering counts channels up. PostgreSQL locks them in the order of their ids first; SQLite has one writer.
func numbering(name string) string {
	wanted := store.Table(name, "w", "workspace_id varchar", "id varchar", "n bigint")
	if name == dialect.Postgres {
		wanted = `(SELECT c.workspace_id, c.id, w.n FROM ` + wanted + ` JOIN channels c ON c.id = w.id AND c.workspace_id = w.workspace_id ORDER BY c.id FOR NO KEY UPDATE OF c) AS w`
	}
	return `UPDATE channels SET last_seq = last_seq + w.n FROM ` + wanted +
		` WHERE channels.id = w.id AND channels.workspace_id = w.workspace_id RETURNING channels.id, last_seq`
}

// draft makes the message that a sending becomes.
func (s *Service) draft(x *sending, seq int) *entgen.Message {
	m := &entgen.Message{
		ID: id.New(id.Message), WorkspaceID: x.channel.WorkspaceID, ChannelID: x.channel.ID, Seq: seq, Version: 1,
		AuthorID: authz.ActorOf(x.ctx).UserID, Body: x.in.Body, ReplyToID: x.in.ReplyToID, MentionIds: x.mentioned, CreatedAt: s.Clock.Now(),
	}
	if x.in.ID != nil {
		m.ID = *x.in.ID
	}
	return m
}

// written is a message as a Table has it.
type written struct {
	ID          string          `json:"id"`
	WorkspaceID string          `json:"workspace_id"`
	CreatedAt   string          `json:"created_at"`
	ChannelID   string          `json:"channel_id"`
	Seq         int             `json:"seq"`
	AuthorID    string          `json:"author_id"`
	Body        string          `json:"body"`
	ReplyToID   *string         `json:"reply_to_id,omitempty"`
	Mentions    json.RawMessage `json:"mention_ids,omitempty"`
}

func (s *Service) insert(ctx context.Context, tx *eventlog.Tx, all []*sending) error {
	messages := make([]written, len(all))
	for i, x := range all {
		m := x.message
		messages[i] = written{m.ID, m.WorkspaceID, store.Time(m.CreatedAt), m.ChannelID, m.Seq, m.AuthorID, m.Body, m.ReplyToID, nil}
		if len(m.MentionIds) > 0 {
			var err error
			if messages[i].Mentions, err = json.Marshal(m.MentionIds); err != nil {
				return err
			}
		}
	}
	args, err := store.Rows(messages)
	if err != nil {
		return err
	}
	return tx.Exec(ctx, `INSERT INTO messages (id, workspace_id, created_at, channel_id, seq, author_id, body, reply_to_id, mention_ids)
SELECT id, workspace_id, created_at, channel_id, seq, author_id, body, reply_to_id, mention_ids FROM `+
		store.Table(tx.Dialect(), "m", "id varchar", "workspace_id varchar", "created_at timestamptz", "channel_id varchar", "seq bigint",
			"author_id varchar", "body text", "reply_to_id varchar", "mention_ids jsonb"), args, nil)
}
