package assistant

import (
	"context"
	"errors"
	"strings"

	"karnak/authz"
	"karnak/ent/entgen"
	"karnak/ent/entgen/conversation"
	"karnak/ent/entgen/generation"
	"karnak/internal/core/eventlog"
	"karnak/internal/core/llm"
	"karnak/internal/platform/fault"
	"karnak/internal/platform/id"
	"karnak/internal/platform/store"
)

// tapeKind tells the tapes of generations from those of other work.
const tapeKind = "generation"

// question is a message to be posted and answered.
type question struct {
	conversation *entgen.Conversation
	channel      *entgen.Channel
	model        *llm.Model
	maxTokens    *int
	// What is said, under which id, in answer to what; a message that is there already has none of it.
	body, id, parent string
}

// StartGeneration posts a message and has a model answer it. Needs assistant:write. The answer is made whether the caller stays
// or not. The same message id again answers with what it began.
func (s *Service) StartGeneration(ctx context.Context, in StartGenerationInput) (*StartGenerationPayload, error) {
	c, channel, err := s.conversation(ctx, in.ConversationID, authz.AssistantWrite)
	if err != nil {
		return nil, err
	}
	if err := in.validate(); err != nil {
		return nil, err
	}
	q := question{conversation: c, channel: channel, maxTokens: in.MaxTokens, body: in.Body, id: value(in.MessageID), parent: value(c.LeafID)}
	if in.ParentID != nil {
		if _, err := s.within(ctx, c, *in.ParentID, "parentId"); err != nil {
			return nil, err
		}
		q.parent = *in.ParentID
	}
	if q.model, err = s.chosen(ctx, c, in.Model); err != nil {
		return nil, err
	}
	p, err := s.ask(ctx, q)
	return &StartGenerationPayload{p}, err
}

// chosen returns the model that is named, or else the conversation's.
func (s *Service) chosen(ctx context.Context, c *entgen.Conversation, named *string) (*llm.Model, error) {
	if named != nil {
		return s.model(ctx, c.WorkspaceID, *named)
	}
	return s.model(ctx, c.WorkspaceID, c.Model)
}

// ask posts a message and begins its answer, in one transaction.
func (s *Service) ask(ctx context.Context, q question) (p AskedPayload, err error) {
	done, err := s.Log.Change(ctx, func(ctx context.Context, tx *eventlog.Tx) (string, error) {
		m, fresh, err := s.Say(ctx, tx, q.channel, q.id, q.body, q.parent)
		if err != nil {
			return "", err
		}
		p.Message = m
		if !fresh {
			p.Generation, err = tx.Generation.Query().Where(generation.WorkspaceID(m.WorkspaceID), generation.PromptID(m.ID)).
				Order(entgen.Asc(generation.FieldID)).First(ctx)
			return p.Generation.ID, err
		}
		if q.channel.Name == "" {
			if err := s.Channels.Retitle(ctx, tx, q.channel, beginning(q.body)); err != nil {
				return "", err
			}
		}
		p.Generation, err = s.generate(ctx, tx, q, m)
		if err != nil {
			return "", err
		}
		return p.Generation.ID, nil
	})
	if q.id != "" && (store.Duplicate(err) || taken(err)) {
		err = fault.User(fault.Taken, "messageId", "This id is in use: make another one.")
	}
	if err != nil {
		return p, err
	}
	p.Receipt = done.Receipt
	if !done.Replayed {
		return p, nil
	}
	if p.Generation, err = s.Generation(ctx, done.ObjectID); p.Generation == nil || err != nil {
		return p, err
	}
	p.Message, err = s.Channels.Message(ctx, p.Generation.PromptID)
	return p, err
}

// taken reports whether an error says that an id is in use.
func taken(err error) bool {
	var f *fault.Error
	return errors.As(err, &f) && len(f.Issues) == 1 && f.Issues[0].Code == fault.Taken
}

// beginning is what a conversation is called by its first message.
func beginning(body string) string {
	line := strings.Join(strings.Fields(body), " ")
	const most = 60
	if r := []rune(line); len(r) > most {
		return string(r[:most]) + "…"
	}
	return line
}

// generate begins the answer to a message, and makes that the end of the branch that is looked at.
func (s *Service) generate(ctx context.Context, tx *eventlog.Tx, q question, prompt *entgen.Message) (*entgen.Generation, error) {
	if err := s.affordable(ctx, tx, q.conversation.WorkspaceID, q.model); err != nil {
		return nil, err
	}
	most := q.model.MaxTokens
	if q.maxTokens != nil {
		most = min(most, *q.maxTokens)
	}
	c := q.conversation
	pins, err := s.Tools.Pin(ctx, c.WorkspaceID, c.Tools)
	if err != nil {
		return nil, err
	}
	g, err := tx.Generation.Create().SetID(id.New(id.Generation)).SetWorkspaceID(c.WorkspaceID).SetConversationID(c.ID).SetChannelID(c.ChannelID).
		SetPromptID(prompt.ID).SetStartedBy(authz.ActorOf(ctx).UserID).SetModel(q.model.FullName()).SetMaxTokens(most).SetTools(pins).SetCreatedAt(s.Clock.Now()).Save(ctx)
	if err != nil {
		return nil, err
	}
	if err := tx.Conversation.UpdateOneID(c.ID).SetLeafID(prompt.ID).Exec(ctx); err != nil {
		return nil, err
	}
	if err := s.Crew.Create(ctx, tx.Tx, g.WorkspaceID, g.ID); err != nil {
		return nil, err
	}
	return g, tx.Append(ctx, g.WorkspaceID, eventlog.Draft{Type: started, ObjectID: g.ID, ChannelID: g.ChannelID})
}

// Regenerate has a message answered once more. Needs assistant:write.
func (s *Service) Regenerate(ctx context.Context, in RegenerateInput) (*RegeneratePayload, error) {
	m, q, err := s.said(ctx, in.MessageID)
	if err != nil {
		return nil, err
	}
	if err := in.validate(); err != nil {
		return nil, err
	}
	if m.AuthorID == id.Assistant {
		if m, err = s.within(ctx, q.conversation, value(m.ReplyToID), "messageId"); err != nil {
			return nil, err
		}
	}
	q.maxTokens = in.MaxTokens
	if q.model, err = s.chosen(ctx, q.conversation, in.Model); err != nil {
		return nil, err
	}
	p := &RegeneratePayload{}
	done, err := s.Log.Change(ctx, func(ctx context.Context, tx *eventlog.Tx) (string, error) {
		if p.Generation, err = s.generate(ctx, tx, q, m); err != nil {
			return "", err
		}
		return p.Generation.ID, nil
	})
	if err != nil {
		return p, err
	}
	p.Receipt = done.Receipt
	if done.Replayed {
		p.Generation, err = s.Generation(ctx, done.ObjectID)
	}
	return p, err
}

// said returns a message of a conversation of the caller's, who may write there.
func (s *Service) said(ctx context.Context, messageID string) (*entgen.Message, question, error) {
	var q question
	if _, err := s.Guard.Actor(ctx); err != nil {
		return nil, q, err
	}
	m, err := s.Channels.Message(ctx, messageID)
	if m == nil || err != nil {
		return nil, q, either(err, fault.Absent())
	}
	if q.channel, err = s.Channels.Reach(ctx, m.ChannelID, authz.AssistantWrite); err != nil {
		return nil, q, err
	}
	q.conversation, err = optional(s.DB.Client().Conversation.Query().
		Where(conversation.WorkspaceID(m.WorkspaceID), conversation.ChannelID(m.ChannelID)).Only(ctx))
	if err == nil && q.conversation == nil {
		err = fault.User(fault.NotAllowed, "messageId", "This message is in no conversation with a model.")
	}
	return m, q, err
}

// EditAndRegenerate says one of the caller's messages in other words, beside the first ones, and has that answered. Needs
// assistant:write.
func (s *Service) EditAndRegenerate(ctx context.Context, in EditAndRegenerateInput) (*EditAndRegeneratePayload, error) {
	m, q, err := s.said(ctx, in.MessageID)
	if err != nil {
		return nil, err
	}
	if err := in.validate(); err != nil {
		return nil, err
	}
	if m.AuthorID != authz.ActorOf(ctx).UserID {
		return nil, fault.New(fault.Forbidden, "Only its author says a message in other words.")
	}
	q.maxTokens, q.body, q.parent = in.MaxTokens, in.Body, value(m.ReplyToID)
	if q.model, err = s.chosen(ctx, q.conversation, in.Model); err != nil {
		return nil, err
	}
	p, err := s.ask(ctx, q)
	return &EditAndRegeneratePayload{p}, err
}
