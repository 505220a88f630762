package assistant

import (
	"context"

	"karnak/authz"
	"karnak/ent/entgen"
	"karnak/ent/entgen/conversation"
	"karnak/ent/entgen/member"
	"karnak/ent/entgen/user"
	"karnak/internal/core/eventlog"
	"karnak/internal/platform/fault"
	"karnak/internal/platform/id"
	"karnak/internal/platform/store"
)

// CreateConversation begins a conversation in a channel of the caller's own. Needs assistant:write and membership of the
// workspace. An id in use is TAKEN, an unknown model or tool NOT_FOUND.
func (s *Service) CreateConversation(ctx context.Context, in CreateConversationInput) (*CreateConversationPayload, error) {
	if err := s.Guard.Require(ctx, in.WorkspaceID, authz.AssistantWrite, in.WorkspaceID); err != nil {
		return nil, err
	}
	if err := in.validate(); err != nil {
		return nil, err
	}
	m, err := s.model(ctx, in.WorkspaceID, value(in.Model))
	if err != nil {
		return nil, err
	}
	if err := s.Tools.Check(ctx, in.WorkspaceID, in.Tools); err != nil {
		return nil, err
	}
	d := draft{workspaceID: in.WorkspaceID, id: value(in.ID), title: value(in.Title), model: m.FullName(), instructions: in.Instructions, tools: in.Tools}
	c, done, err := s.begin(ctx, d, nil)
	return conversed(ctx, s, done, c, err, func(p ConversationPayload) *CreateConversationPayload { return &CreateConversationPayload{p} })
}

func value(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

// draft is a conversation to be made.
type draft struct {
	workspaceID, id, title, model, instructions string
	tools                                       []string
}

// begin makes a conversation, and then what fill puts into it.
func (s *Service) begin(ctx context.Context, d draft, fill func(context.Context, *eventlog.Tx, *entgen.Channel, *entgen.Conversation) error) (c *entgen.Conversation, done *eventlog.Done, err error) {
	if err := s.Channels.Belong(ctx, d.workspaceID); err != nil {
		return nil, nil, err
	}
	if d.id == "" {
		d.id = id.New(id.Conversation)
	}
	create := func(ctx context.Context, tx *eventlog.Tx) (string, error) {
		used, err := tx.Conversation.Query().Where(conversation.ID(d.id)).Exist(authz.System(ctx, "assistant: ids are unique everywhere"))
		if err != nil || used {
			return "", either(err, fault.User(fault.Taken, "id", "This id is in use: make another one."))
		}
		if err := s.seat(ctx, tx, d.workspaceID); err != nil {
			return "", err
		}
		channel, err := s.Channels.OpenOwn(ctx, tx, d.workspaceID, d.title)
		if err != nil {
			return "", err
		}
		c, err = tx.Conversation.Create().SetID(d.id).SetWorkspaceID(d.workspaceID).SetChannelID(channel.ID).SetCreatedBy(authz.ActorOf(ctx).UserID).
			SetModel(d.model).SetInstructions(d.instructions).SetTools(d.tools).SetCreatedAt(s.Clock.Now()).Save(ctx)
		if err != nil || fill == nil {
			return d.id, err
		}
		return d.id, fill(ctx, tx, channel, c)
	}
	done, err = s.Log.Change(ctx, create)
	if store.Duplicate(err) { // the first two conversations of a workspace, in the same moment
		done, err = s.Log.Change(ctx, create)
	}
	return c, done, err
}

// conversed makes a mutation's payload of a conversation, looking it up when the change was replayed.
func conversed[P any](ctx context.Context, s *Service, done *eventlog.Done, c *entgen.Conversation, err error, wrap func(ConversationPayload) *P) (*P, error) {
	if err != nil {
		return wrap(ConversationPayload{Conversation: c}), err
	}
	if done.Replayed {
		c, err = s.ConversationByID(ctx, done.ObjectID)
	}
	return wrap(ConversationPayload{done.Receipt, c}), err
}

// The user that answers are by. The address is one that there can be none of.
const (
	assistantName  = "Assistant"
	assistantEmail = "assistant@karnak.invalid"
	nobodysHash    = "none"
)

// seat lets what models write in a workspace have an author. It is of the past from the beginning, so that the author is no
// member: nobody counts it, gives it a role, or finds it among the members.
func (s *Service) seat(ctx context.Context, tx *eventlog.Tx, workspaceID string) error {
	ctx = authz.System(ctx, "assistant: give answers an author")
	there, err := tx.Member.Query().Where(member.WorkspaceID(workspaceID), member.UserID(id.Assistant)).Exist(ctx)
	if err != nil || there {
		return err
	}
	now := s.Clock.Now()
	known, err := tx.User.Query().Where(user.ID(id.Assistant)).Exist(ctx)
	if err != nil {
		return err
	}
	if !known {
		err := tx.User.Create().SetID(id.Assistant).SetEmail(assistantEmail).SetEmailKey(assistantEmail).SetDisplayName(assistantName).
			SetPasswordHash(nobodysHash).SetSuspendedAt(now).SetCreatedAt(now).Exec(ctx)
		if err != nil {
			return err
		}
	}
	return tx.Member.Create().SetWorkspaceID(workspaceID).SetUserID(id.Assistant).SetRole(authz.RoleUser).SetJoinedAt(now).SetLeftAt(now).Exec(ctx)
}

// UpdateConversation changes a conversation of the caller's. Needs assistant:write. A stale version is CONFLICT, with the
// conversation as it now is.
func (s *Service) UpdateConversation(ctx context.Context, in UpdateConversationInput) (*UpdateConversationPayload, error) {
	c, channel, err := s.conversation(ctx, in.ConversationID, authz.AssistantWrite)
	if err != nil {
		return nil, err
	}
	if err := in.validate(); err != nil {
		return nil, err
	}
	if in.Model != nil {
		if _, err := s.model(ctx, c.WorkspaceID, *in.Model); err != nil {
			return nil, err
		}
	}
	if err := s.Tools.Check(ctx, c.WorkspaceID, in.Tools); err != nil {
		return nil, err
	}
	if in.ActiveLeafID != nil {
		if _, err := s.within(ctx, c, *in.ActiveLeafID, "activeLeafId"); err != nil {
			return nil, err
		}
	}
	done, err := s.Log.Change(ctx, func(ctx context.Context, tx *eventlog.Tx) (string, error) {
		// Two changes of the same version wait for each other here.
		if err := tx.Conversation.UpdateOneID(c.ID).AddVersion(0).Exec(ctx); err != nil {
			return "", err
		}
		if c, err = tx.Conversation.Get(ctx, in.ConversationID); err != nil {
			return "", err
		}
		if in.ExpectedVersion != nil && *in.ExpectedVersion != c.Version {
			return "", fault.User(fault.Conflict, "expectedVersion", "The conversation is at version %d: look at it and decide again.", c.Version)
		}
		u := c.Update().AddVersion(1).SetNillableModel(in.Model).SetNillableInstructions(in.Instructions)
		if in.ActiveLeafID != nil {
			u.SetLeafID(*in.ActiveLeafID)
		}
		if in.Tools != nil {
			u.SetTools(in.Tools)
		}
		if c, err = u.Save(ctx); err != nil {
			return "", err
		}
		t := channel.Name
		if in.Title != nil {
			t = *in.Title
		}
		return c.ID, s.Channels.Retitle(ctx, tx, channel, t)
	})
	return conversed(ctx, s, done, c, err, func(p ConversationPayload) *UpdateConversationPayload { return &UpdateConversationPayload{p} })
}

// conversation returns a conversation of the caller's, with its channel.
func (s *Service) conversation(ctx context.Context, conversationID string, p authz.Permission) (*entgen.Conversation, *entgen.Channel, error) {
	if _, err := s.Guard.Actor(ctx); err != nil {
		return nil, nil, err
	}
	c, err := optional(s.DB.Client().Conversation.Query().Where(conversation.ID(conversationID)).Only(ctx))
	if err != nil {
		return nil, nil, err
	}
	channel, err := s.reach(ctx, c, p)
	return c, channel, err
}

// within returns a message of a conversation; another one is the user error NOT_FOUND of a field.
func (s *Service) within(ctx context.Context, c *entgen.Conversation, messageID, field string) (*entgen.Message, error) {
	m, err := s.Channels.Message(ctx, messageID)
	if err == nil && (m == nil || m.ChannelID != c.ChannelID) {
		return nil, fault.User(fault.Missing, field, "There is no such message in this conversation.")
	}
	return m, err
}
