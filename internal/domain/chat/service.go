package chat

import (
	"context"
	"errors"
	"unicode"

	"karnak/authz"
	"karnak/ent"
	"karnak/ent/entgen"
	"karnak/ent/entgen/channel"
	"karnak/ent/entgen/channelmember"
	"karnak/ent/enum"
	"karnak/internal/core/eventlog"
	"karnak/internal/core/guard"
	"karnak/internal/core/presence"
	"karnak/internal/core/stream"
	"karnak/internal/platform/clock"
	"karnak/internal/platform/combine"
	"karnak/internal/platform/fault"
	"karnak/internal/platform/page"
	"karnak/internal/platform/secret"
)

// Config is what the Service stands on.
type Config struct {
	DB  *ent.DB
	Log *eventlog.Log
	Hub *stream.Hub
	// Presence knows who is in a channel.
	Presence *presence.Hub
	Guard    *guard.Guard
	Clock    clock.Clock
	Keys     *secret.Keyring
}

// Service is chat. It is safe for concurrent use.
type Service struct {
	Config
	channels, members, messages, found *page.List
	places                             *places
	single                             *ent.Ready
	sends                              *combine.Combiner[*sending]
}

// New returns the service.
func New(c Config) (*Service, error) {
	if c.DB == nil || c.Log == nil || c.Hub == nil || c.Presence == nil || c.Guard == nil || c.Clock == nil || c.Keys == nil {
		return nil, errors.New("chat: DB, Log, Hub, Presence, Guard, Clock and Keys are needed")
	}
	key := c.Keys.Derive("page/chat")
	s := &Service{
		Config:   c,
		channels: page.NewList(key[:], "channels", false, func(x *entgen.Channel) []any { return []any{x.Name, x.ID} }, page.Column{Name: "name"}, page.Column{Name: "id"}),
		members: page.NewList(key[:], "channel_members", false, func(x *entgen.ChannelMember) []any { return []any{x.JoinedAt, x.ID} },
			page.Column{Name: "joined_at", Kind: page.Time}, page.Column{Name: "id"}),
		messages: page.NewList(key[:], "messages", false, func(x *entgen.Message) []any { return []any{x.Seq} }, page.Column{Name: "seq", Kind: page.Int}),
		found:    page.NewList(key[:], "found", true, func(x *entgen.Message) []any { return []any{x.ID} }, page.Column{Name: "id"}),
		places:   newPlaces(),
		single:   newSingle(c.DB),
	}
	var err error
	s.sends, err = newSends(s)
	return s, err
}

// readable returns a channel the caller may read. One they may not know of is NOT_FOUND; lacking p is FORBIDDEN.
func (s *Service) readable(ctx context.Context, channelID string, p authz.Permission) (*entgen.Channel, error) {
	if _, err := s.Guard.Actor(ctx); err != nil {
		return nil, err
	}
	c, err := optional(s.DB.Client().Channel.Query().Where(channel.ID(channelID)).Only(ctx))
	if err != nil {
		return nil, err
	}
	if c == nil {
		return nil, fault.Absent()
	}
	return c, s.may(ctx, c, p)
}

// may checks that the caller knows of a channel and holds p there.
func (s *Service) may(ctx context.Context, c *entgen.Channel, p authz.Permission) error {
	if err := s.knows(ctx, c); err != nil {
		return err
	}
	return s.Guard.Require(ctx, c.WorkspaceID, p, c.ID, c.WorkspaceID)
}

// knows checks that a channel is public, or the caller a member of it, or, unless it is closed, a holder of chat:read:all.
func (s *Service) knows(ctx context.Context, c *entgen.Channel) error {
	if c.Visibility == enum.Public {
		return nil
	}
	if c.Visibility == enum.Private {
		if all, err := s.Guard.Allows(ctx, c.WorkspaceID, authz.ChatReadAll, c.ID, c.WorkspaceID); all || err != nil {
			return err
		}
	}
	m, err := s.member(ctx, c)
	if err == nil && m == nil {
		return fault.Absent()
	}
	return err
}

// member returns the caller's place in a channel, or nil.
func (s *Service) member(ctx context.Context, c *entgen.Channel) (*entgen.ChannelMember, error) {
	return optional(s.DB.Client().ChannelMember.Query().
		Where(channelmember.WorkspaceID(c.WorkspaceID), channelmember.ChannelID(c.ID), channelmember.UserID(authz.ActorOf(ctx).UserID)).Only(ctx))
}

// moderates reports whether the caller holds a channel's moderation right: as its moderator, or by chat:read:all.
func (s *Service) moderates(ctx context.Context, c *entgen.Channel) (bool, error) {
	if !c.Visibility.Closed() {
		if all, err := s.Guard.Allows(ctx, c.WorkspaceID, authz.ChatReadAll, c.ID, c.WorkspaceID); all || err != nil {
			return all, err
		}
	}
	m, err := s.member(ctx, c)
	return m != nil && m.Moderator, err
}

// optional makes nil of what is not there.
func optional[T any](x *T, err error) (*T, error) {
	if entgen.IsNotFound(err) {
		return nil, nil
	}
	return x, err
}

func either(err, other error) error {
	if err != nil {
		return err
	}
	return other
}

func word(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r) }
