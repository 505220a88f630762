package chat

import (
	"context"
	"time"

	"karnak/authz"
	"karnak/ent/entgen"
	"karnak/internal/core/eventlog"
	"karnak/internal/core/presence"
	"karnak/internal/core/stream"
	"karnak/internal/platform/fault"
)

// Presence is an open look at who is in a channel; while it is open the caller is there. It is for one goroutine.
type Presence struct {
	hub     *presence.Hub
	watcher *presence.Watcher
	leave   func()
	// ended is done when the caller may not look any more, with the error as its cause.
	ended context.Context
	stop  context.CancelCauseFunc
}

// PresenceUpdate is what it tells: everybody at first, then what changes.
type PresenceUpdate struct{ *presence.Update }

// WatchPresence makes the caller present in a channel and follows who else is. For members of the channel with chat:read, now
// and as long as it is open. Nothing of it is written. Close it.
func (s *Service) WatchPresence(ctx context.Context, channelID string) (*Presence, error) {
	c, err := s.inChannel(ctx, channelID, authz.ChatRead)
	if err != nil {
		return nil, err
	}
	filter := eventlog.Filter{Channels: []string{c.ID}, Types: []string{memberJoined.Name}}
	r, err := s.Hub.Read(ctx, stream.Spec{
		WorkspaceID: c.WorkspaceID, Own: authz.ActorOf(ctx).UserID,
		Filter: func() eventlog.Filter { return filter },
		Allow:  func(ctx context.Context) (time.Time, error) { return s.stillIn(ctx, c) },
	})
	if err != nil {
		return nil, err
	}
	ended, stop := context.WithCancelCause(ctx)
	go func() {
		defer r.Close()
		for {
			if _, err := r.Next(ended); err != nil {
				stop(err)
				return
			}
		}
	}()
	w := s.Presence.Watch(placeOf(c))
	return &Presence{s.Presence, w, s.Presence.Enter(placeOf(c), authz.ActorOf(ctx).UserID), ended, stop}, nil
}

// Next waits for the next update. It fails with FORBIDDEN when the caller's right or membership has ended.
func (p *Presence) Next(context.Context) (*PresenceUpdate, error) {
	u, err := p.watcher.Next(p.ended)
	if p.ended.Err() != nil {
		err = context.Cause(p.ended)
	}
	return &PresenceUpdate{u}, err
}

// Close ends the look, and the caller's being there.
func (p *Presence) Close() {
	p.stop(nil)
	p.watcher.Close()
	p.leave()
}

// SetTyping says that the caller types in a channel, which holds for six seconds, or that they have stopped. For members of
// the channel with chat:write. Nothing of it is written; whoever looks at the channel's presence sees it.
func (s *Service) SetTyping(ctx context.Context, in SetTypingInput) (*SetTypingPayload, error) {
	c, err := s.inChannel(ctx, in.ChannelID, authz.ChatWrite)
	if err != nil {
		return nil, err
	}
	until := s.Presence.Type(placeOf(c), authz.ActorOf(ctx).UserID, in.Typing)
	p := &SetTypingPayload{Receipt: eventlog.Receipt{ClientMutationID: in.ClientMutationID}}
	if in.Typing {
		p.ExpiresAt = &until
	}
	return p, nil
}

// People returns the users of these ids, without those who are no more.
func (s *Service) People(ctx context.Context, userIDs []string) ([]*entgen.User, error) {
	s.Guard.ExpectPersons(ctx, userIDs)
	out := make([]*entgen.User, 0, len(userIDs))
	for _, u := range userIDs {
		found, err := s.Guard.Person(ctx, u)
		if err != nil {
			return nil, err
		}
		if found != nil {
			out = append(out, found)
		}
	}
	return out, nil
}

func placeOf(c *entgen.Channel) string { return c.WorkspaceID + "." + c.ID }

// inChannel returns a channel that the caller is a member of and holds p in.
func (s *Service) inChannel(ctx context.Context, channelID string, p authz.Permission) (*entgen.Channel, error) {
	c, err := s.readable(ctx, channelID, p)
	if err != nil {
		return nil, err
	}
	m, err := s.member(ctx, c)
	if err == nil && m == nil {
		err = outside()
	}
	return c, err
}

// stillIn is StillReads for what only members of the channel see.
func (s *Service) stillIn(ctx context.Context, c *entgen.Channel) (time.Time, error) {
	until, err := s.StillReads(ctx, c, authz.ChatRead)
	if err != nil {
		return until, err
	}
	m, err := s.member(ctx, c)
	if err == nil && m == nil {
		err = outside()
	}
	return until, err
}

func outside() error {
	return fault.New(fault.Forbidden, "This needs membership of the channel: join it first.")
}
