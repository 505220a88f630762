package assistant

import (
	"context"

	"karnak/authz"
	"karnak/ent/entgen"
	"karnak/ent/entgen/message"
	"karnak/internal/core/eventlog"
	"karnak/internal/platform/fault"
	"karnak/internal/platform/id"
	"karnak/internal/platform/store"
)

// longestFork bounds the messages of a copy.
const longestFork = 200

// ForkConversation begins a conversation with a copy of what led up to a message. Needs assistant:write.
func (s *Service) ForkConversation(ctx context.Context, in ForkConversationInput) (*ForkConversationPayload, error) {
	m, q, err := s.said(ctx, in.MessageID)
	if err != nil {
		return nil, err
	}
	if err := in.validate(); err != nil {
		return nil, err
	}
	ids, err := s.up(ctx, m.WorkspaceID, m.ID)
	if err != nil {
		return nil, err
	}
	if len(ids) > longestFork {
		return nil, fault.User(fault.TooLong, "messageId", "There are %d messages up to this one: fork at one of the first %d.", len(ids), longestFork)
	}
	rows, err := s.DB.Client().Message.Query().Where(message.WorkspaceID(m.WorkspaceID), store.In(message.FieldID, ids)).Order(entgen.Asc(message.FieldSeq)).All(ctx)
	if err != nil {
		return nil, err
	}
	d := draft{workspaceID: m.WorkspaceID, title: q.channel.Name, model: q.conversation.Model, instructions: q.conversation.Instructions, tools: q.conversation.Tools}
	if in.Title != nil {
		d.title = *in.Title
	}
	c, done, err := s.begin(ctx, d, func(ctx context.Context, tx *eventlog.Tx, channel *entgen.Channel, c *entgen.Conversation) error {
		return s.copied(ctx, tx, channel, c, rows)
	})
	return conversed(ctx, s, done, c, err, func(p ConversationPayload) *ForkConversationPayload { return &ForkConversationPayload{p} })
}

// copied says again what was said, one message in answer to the other.
func (s *Service) copied(ctx context.Context, tx *eventlog.Tx, channel *entgen.Channel, c *entgen.Conversation, rows []*entgen.Message) error {
	last := ""
	for _, m := range rows {
		if m.DeletedAt != nil || m.Body == "" {
			continue
		}
		as := ctx
		if m.AuthorID == id.Assistant {
			as = author(ctx, m.WorkspaceID)
		}
		said, _, err := s.Say(as, tx, channel, "", m.Body, last)
		if err != nil {
			return err
		}
		last = said.ID
	}
	if last == "" {
		return nil
	}
	c.LeafID = &last
	return tx.Conversation.UpdateOneID(c.ID).SetLeafID(last).Exec(ctx)
}

// author returns a context of who answers are by, in a workspace.
func author(ctx context.Context, workspaceID string) context.Context {
	return authz.WithActor(ctx, authz.NewActor(id.Assistant, "", false, []string{workspaceID}))
}
