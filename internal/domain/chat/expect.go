package chat

import (
	"context"
	"slices"

	"karnak/authz"
	"karnak/ent/entgen"
	"karnak/internal/core/eventlog"
	"karnak/internal/platform/batch"
)

// ofChannels are the look-ups that the channels of a page share.
type ofChannels struct{}

// expectChannels tells what the fields of channels will probably ask for.
func (s *Service) expectChannels(ctx context.Context, rows []*entgen.Channel) {
	parents, workspaces := make([]parent, len(rows)), make([]string, len(rows))
	for i, c := range rows {
		parents[i], workspaces[i] = parent{c.WorkspaceID, c.ID}, c.WorkspaceID
	}
	batch.Expect(ctx, ofChannels{}, parents)
	s.Guard.ExpectWorkspaces(ctx, workspaces)
	s.Log.ExpectSnapshots(ctx, workspaces)
}

// expect tells what the fields of messages will probably ask for.
func (s *Service) expect(ctx context.Context, rows []*entgen.Message) {
	ids, channels := make([]string, len(rows)), make([]string, len(rows))
	users, replies := make([]string, len(rows)), []string(nil)
	for i, m := range rows {
		ids[i], users[i], channels[i] = m.ID, m.AuthorID, m.ChannelID
		if m.ReplyToID != nil {
			replies = append(replies, *m.ReplyToID)
		}
	}
	for _, m := range rows {
		users = append(users, m.MentionIds...)
	}
	s.Guard.ExpectPersons(ctx, users)
	batch.Expect(ctx, kindChannel{}, channels)
	batch.Expect(ctx, kindMessage{}, replies)
	if a := authz.ActorOf(ctx); a != nil {
		batch.Expect(ctx, kindReactions{a.UserID}, ids)
	}
}

// Expect tells package batch of channels and messages that an answer will probably ask for by id.
func (s *Service) Expect(ctx context.Context, channelIDs, messageIDs []string) {
	batch.Expect(ctx, kindChannel{}, channelIDs)
	batch.Expect(ctx, kindMessage{}, messageIDs)
}

// ExpectEvents tells package batch what the fields of a page of events will probably ask for.
func (s *Service) ExpectEvents(ctx context.Context, events []*eventlog.Event) {
	var channels, messages []string
	for _, e := range events {
		if e.ChannelID == "" {
			continue
		}
		channels = append(channels, e.ChannelID)
		if slices.Contains(aboutMessages, e.Type) {
			messages = append(messages, e.ObjectID)
		}
	}
	s.Expect(ctx, channels, messages)
}
