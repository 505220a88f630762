package chat

import (
	"context"
	"strings"
	"time"

	"karnak/authz"
	"karnak/ent/entgen"
	"karnak/ent/enum"
	"karnak/internal/core/eventlog"
	"karnak/internal/platform/id"
)

// Seed is a channel that is made with its members and messages, for a demo. The first member moderates it.
type Seed struct {
	WorkspaceID string
	Name, Topic string
	Visibility  enum.Visibility
	Members     []string
	Lines       []SeedLine
	At          time.Time
}

// SeedLine is a message of a Seed. ReplyTo counts back: 1 answers the line before, 0 answers none.
type SeedLine struct {
	Author, Body string
	ReplyTo      int
	At           time.Time
}

// seedBatch is how many messages are written by one statement.
const seedBatch = 250

// SeedChannel makes a channel. It is for karnak itself, on an empty database.
func (s *Service) SeedChannel(ctx context.Context, tx *eventlog.Tx, x Seed) (*entgen.Channel, error) {
	sys := authz.System(ctx, "chat: seed")
	c, err := tx.Channel.Create().SetWorkspaceID(x.WorkspaceID).SetName(x.Name).SetNameKey(strings.ToLower(x.Name)).SetTopic(x.Topic).
		SetVisibility(x.Visibility).SetLastSeq(len(x.Lines)).SetCreatedBy(x.Members[0]).SetCreatedAt(x.At).Save(sys)
	if err != nil {
		return nil, err
	}
	if err := tx.Append(ctx, c.WorkspaceID, eventlog.Draft{Type: channelCreated, ObjectID: c.ID, ChannelID: c.ID, At: x.At}); err != nil {
		return nil, err
	}
	for i, u := range x.Members {
		err := tx.ChannelMember.Create().SetWorkspaceID(c.WorkspaceID).SetChannelID(c.ID).SetUserID(u).SetModerator(i == 0).SetJoinedAt(x.At).Exec(sys)
		if err != nil {
			return nil, err
		}
		if err := tx.Append(ctx, c.WorkspaceID, eventlog.Draft{Type: memberJoined, SubjectID: u, ObjectID: c.ID, ChannelID: c.ID, At: x.At}); err != nil {
			return nil, err
		}
	}
	return c, s.seedLines(ctx, tx, c, x.Lines)
}

func (s *Service) seedLines(ctx context.Context, tx *eventlog.Tx, c *entgen.Channel, lines []SeedLine) error {
	ids := make([]string, len(lines))
	batch := make([]*entgen.MessageCreate, 0, seedBatch)
	flush := func() error {
		err := tx.Message.CreateBulk(batch...).Exec(authz.System(ctx, "chat: seed"))
		batch = batch[:0]
		return err
	}
	for i, l := range lines {
		ids[i] = id.New(id.Message)
		m := tx.Message.Create().SetID(ids[i]).SetWorkspaceID(c.WorkspaceID).SetChannelID(c.ID).SetSeq(i + 1).SetAuthorID(l.Author).
			SetBody(l.Body).SetMentionIds(mentions(l.Body)).SetCreatedAt(l.At)
		if l.ReplyTo > 0 && l.ReplyTo <= i {
			m.SetReplyToID(ids[i-l.ReplyTo])
		}
		if batch = append(batch, m); len(batch) == seedBatch {
			if err := flush(); err != nil {
				return err
			}
		}
		as := authz.WithActor(ctx, authz.NewActor(l.Author, "", false, nil))
		if err := tx.Append(as, c.WorkspaceID, eventlog.Draft{Type: posted, ObjectID: ids[i], ChannelID: c.ID, At: l.At}); err != nil {
			return err
		}
	}
	if len(batch) > 0 {
		return flush()
	}
	return nil
}
