package chat

import (
	"context"
	"strings"

	"karnak/authz"
	"karnak/ent/entgen"
	"karnak/ent/entgen/channel"
	"karnak/ent/entgen/member"
	"karnak/ent/enum"
	"karnak/internal/core/eventlog"
	"karnak/internal/platform/fault"
	"karnak/internal/platform/id"
	"karnak/internal/platform/store"
)

// CreateChannel creates a channel with the caller as its moderator. Needs chat:write and membership of the workspace. A
// name in use is TAKEN.
func (s *Service) CreateChannel(ctx context.Context, in CreateChannelInput) (*CreateChannelPayload, error) {
	if err := s.Guard.Require(ctx, in.WorkspaceID, authz.ChatWrite, in.WorkspaceID); err != nil {
		return nil, err
	}
	if err := in.validate(); err != nil {
		return nil, err
	}
	self := authz.ActorOf(ctx).UserID
	if err := s.belong(ctx, in.WorkspaceID, self); err != nil {
		return nil, err
	}
	channelID := id.New(id.Channel)
	if in.ID != nil {
		channelID = *in.ID
	}
	key := strings.ToLower(in.Name)
	var c *entgen.Channel
	done, err := s.Log.Change(ctx, func(ctx context.Context, tx *eventlog.Tx) (_ string, err error) {
		sys := authz.System(ctx, "chat: ids are unique everywhere")
		if used, err := tx.Channel.Query().Where(channel.ID(channelID)).Exist(sys); err != nil || used {
			return "", either(err, idTaken())
		}
		used, err := tx.Channel.Query().Where(channel.WorkspaceID(in.WorkspaceID), channel.NameKey(key)).Exist(ctx)
		if err != nil || used {
			return "", either(err, nameTaken())
		}
		c, err = s.create(ctx, tx, tx.Channel.Create().SetID(channelID).SetWorkspaceID(in.WorkspaceID).SetName(in.Name).SetNameKey(key).
			SetTopic(in.Topic).SetVisibility(in.Visibility), []string{self})
		return channelID, err
	})
	if store.Duplicate(err) {
		return nil, nameTaken()
	}
	return answer(ctx, s, done, c, err, func(p ChannelPayload) *CreateChannelPayload { return &CreateChannelPayload{p} })
}

func nameTaken() error {
	return fault.User(fault.Taken, "name", "There is a channel of this name: choose another one.")
}

// answer makes a mutation's payload of a channel, looking it up when the change was replayed.
func answer[P any](ctx context.Context, s *Service, done *eventlog.Done, c *entgen.Channel, err error, wrap func(ChannelPayload) *P) (*P, error) {
	if err != nil {
		return wrap(ChannelPayload{Channel: c}), err
	}
	if done.Replayed {
		c, err = s.ChannelByID(ctx, done.ObjectID)
	}
	return wrap(ChannelPayload{done.Receipt, c}), err
}

// belong checks that users are members of a workspace now: a platform's superAdmin has to join before they write.
func (s *Service) belong(ctx context.Context, workspaceID string, userIDs ...string) error {
	n, err := s.DB.Client().Member.Query().Where(member.WorkspaceID(workspaceID), member.UserIDIn(userIDs...), member.LeftAtIsNil()).Count(ctx)
	if err == nil && n != len(userIDs) {
		return fault.User(fault.NotAllowed, "", "Only members of the workspace can do this or be named here.")
	}
	return err
}

// create makes a channel with its first members; the one who acts moderates it, unless it is closed.
func (s *Service) create(ctx context.Context, tx *eventlog.Tx, draft *entgen.ChannelCreate, people []string) (*entgen.Channel, error) {
	self := authz.ActorOf(ctx).UserID
	c, err := draft.SetCreatedBy(self).SetCreatedAt(s.Clock.Now()).Save(ctx)
	if err != nil {
		return nil, err
	}
	made := eventlog.Draft{Type: channelCreated, ObjectID: c.ID, ChannelID: c.ID}
	if c.Visibility.Closed() {
		made.SubjectID = self
	}
	if err := tx.Append(ctx, c.WorkspaceID, made); err != nil {
		return nil, err
	}
	for _, u := range people {
		if _, err := s.enter(ctx, tx, c, u, u == self && !c.Visibility.Closed()); err != nil {
			return nil, err
		}
	}
	return c, nil
}

// OpenDirectChannel returns the direct channel of the caller and the named members, creating it when there is none. Needs
// chat:write.
func (s *Service) OpenDirectChannel(ctx context.Context, in OpenDirectChannelInput) (*OpenDirectChannelPayload, error) {
	if err := s.Guard.Require(ctx, in.WorkspaceID, authz.ChatWrite, in.WorkspaceID); err != nil {
		return nil, err
	}
	people, err := in.people(authz.ActorOf(ctx).UserID)
	if err != nil {
		return nil, err
	}
	if err := s.belong(ctx, in.WorkspaceID, people...); err != nil {
		return nil, err
	}
	key := strings.Join(people, " ")
	var c *entgen.Channel
	open := func(ctx context.Context, tx *eventlog.Tx) (_ string, err error) {
		c, err = optional(tx.Channel.Query().Where(channel.WorkspaceID(in.WorkspaceID), channel.DirectKey(key)).Only(ctx))
		if err != nil {
			return "", err
		}
		if c == nil {
			c, err = s.create(ctx, tx, tx.Channel.Create().SetWorkspaceID(in.WorkspaceID).SetName("").SetVisibility(enum.Direct).SetDirectKey(key), people)
			if err != nil {
				return "", err
			}
			return c.ID, nil
		}
		return c.ID, s.readmit(ctx, tx, c, people)
	}
	done, err := s.Log.Change(ctx, open)
	if store.Duplicate(err) { // somebody else opened it in the same moment
		done, err = s.Log.Change(ctx, open)
	}
	return answer(ctx, s, done, c, err, func(p ChannelPayload) *OpenDirectChannelPayload { return &OpenDirectChannelPayload{p} })
}

// readmit brings back who left the workspace meanwhile and has joined it again.
func (s *Service) readmit(ctx context.Context, tx *eventlog.Tx, c *entgen.Channel, people []string) error {
	for _, u := range people {
		if _, err := s.enter(ctx, tx, c, u, false); err != nil {
			return err
		}
	}
	return nil
}

// UpdateChannel renames a channel or sets its topic. Needs chat:write and the channel's moderation right; a direct channel
// has neither name nor topic.
func (s *Service) UpdateChannel(ctx context.Context, in UpdateChannelInput) (*UpdateChannelPayload, error) {
	c, err := s.moderated(ctx, in.ChannelID)
	if err != nil {
		return nil, err
	}
	if err := in.validate(); err != nil {
		return nil, err
	}
	done, err := s.Log.Change(ctx, func(ctx context.Context, tx *eventlog.Tx) (string, error) {
		// Two changes of the same version wait for each other here.
		if err := tx.Channel.UpdateOneID(in.ChannelID).AddVersion(0).Exec(ctx); err != nil {
			return "", err
		}
		if c, err = tx.Channel.Get(ctx, in.ChannelID); err != nil {
			return "", err
		}
		if in.ExpectedVersion != nil && *in.ExpectedVersion != c.Version {
			return "", fault.User(fault.Conflict, "expectedVersion", "The channel is at version %d: look at it and decide again.", c.Version)
		}
		u := c.Update().AddVersion(1)
		if in.Name != nil {
			u.SetName(*in.Name).SetNameKey(strings.ToLower(*in.Name))
		}
		if in.Topic != nil {
			u.SetTopic(*in.Topic)
		}
		if c, err = u.Save(ctx); err != nil {
			return "", err
		}
		return c.ID, tx.Append(ctx, c.WorkspaceID, eventlog.Draft{Type: channelUpdated, ObjectID: c.ID, ChannelID: c.ID})
	})
	if store.Duplicate(err) {
		return nil, nameTaken()
	}
	return answer(ctx, s, done, c, err, func(p ChannelPayload) *UpdateChannelPayload { return &UpdateChannelPayload{p} })
}

// stays says why a channel of its members alone does not change.
func stays(c *entgen.Channel) error {
	if c.Visibility == enum.Assistant {
		return fault.User(fault.NotAllowed, "channelId", "This is the channel of a conversation: updateConversation changes what can be changed.")
	}
	return fault.User(fault.NotAllowed, "channelId", "A direct channel stays as it is.")
}

// moderated returns a channel the caller may change.
func (s *Service) moderated(ctx context.Context, channelID string) (*entgen.Channel, error) {
	c, err := s.readable(ctx, channelID, authz.ChatWrite)
	if err != nil {
		return nil, err
	}
	if c.Visibility.Closed() {
		return nil, stays(c)
	}
	ok, err := s.moderates(ctx, c)
	if err == nil && !ok {
		return nil, fault.New(fault.Forbidden, "This needs the channel's moderation right.")
	}
	return c, err
}
