package chat

import (
	"context"

	"github.com/maypok86/otter/v2"

	"karnak/authz"
	"karnak/ent/entgen"
	"karnak/ent/enum"
)

// places remember what never changes of channels: whose they are, and who may know of them.
type places = otter.Cache[string, place]

type place struct {
	workspaceID string
	visibility  enum.Visibility
}

const keptPlaces = 50_000

func newPlaces() *places { return otter.Must(&otter.Options[string, place]{MaximumSize: keptPlaces}) }

// place returns the channel of a message that was let through by the tenancy of its workspace, as far as may looks at it; nil
// for none.
func (s *Service) place(ctx context.Context, m *entgen.Message) (*entgen.Channel, error) {
	if p, ok := s.places.GetIfPresent(m.ChannelID); ok && p.workspaceID == m.WorkspaceID {
		return &entgen.Channel{ID: m.ChannelID, WorkspaceID: p.workspaceID, Visibility: p.visibility}, nil
	}
	c, err := s.Channel(ctx, m.ChannelID)
	if c != nil && err == nil {
		s.places.Set(c.ID, place{c.WorkspaceID, c.Visibility})
	}
	return c, err
}

// writable is readable for chat:write, with the channel as far as may looks at it: what never changes of it is remembered, so
// that a public channel costs no read.
func (s *Service) writable(ctx context.Context, channelID string) (*entgen.Channel, error) {
	p, ok := s.places.GetIfPresent(channelID)
	if !ok || !authz.ActorOf(ctx).In(p.workspaceID) {
		c, err := s.readable(ctx, channelID, authz.ChatWrite)
		if err == nil {
			s.places.Set(c.ID, place{c.WorkspaceID, c.Visibility})
		}
		return c, err
	}
	if _, err := s.Guard.Actor(ctx); err != nil {
		return nil, err
	}
	c := &entgen.Channel{ID: channelID, WorkspaceID: p.workspaceID, Visibility: p.visibility}
	return c, s.may(ctx, c, authz.ChatWrite)
}
