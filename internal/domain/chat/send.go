package chat

import (
	"context"
	"errors"
	"slices"
	"time"

	"karnak/authz"
	"karnak/ent/entgen"
	"karnak/internal/core/eventlog"
	"karnak/internal/platform/combine"
	"karnak/internal/platform/fault"
	"karnak/internal/platform/store"
)

// SendMessage posts a message. Needs chat:write, and membership of the workspace. Sending the same client-made id again
// answers with the message that is there, when it is the caller's and of this channel; any other use of the id is TAKEN.
// Messages that are sent at the same time are written together; each is answered after its durable commit.
func (s *Service) SendMessage(ctx context.Context, in SendMessageInput) (*SendMessagePayload, error) {
	c, err := s.writable(ctx, in.ChannelID)
	if err != nil {
		return nil, err
	}
	if err := in.validate(); err != nil {
		return nil, err
	}
	if a := authz.ActorOf(ctx); a.Super {
		if err := s.belong(ctx, c.WorkspaceID, a.UserID); err != nil {
			return nil, err
		}
	}
	if err := s.speaks(ctx, c); err != nil {
		return nil, err
	}
	known, err := s.known(ctx, c.WorkspaceID, mentions(in.Body))
	if err != nil {
		return nil, err
	}
	x := &sending{Joint: eventlog.NewJoint(ctx), ctx: ctx, channel: c, in: in, mentioned: known}
	done, err := s.send(ctx, x)
	if err != nil {
		return nil, err
	}
	s.Presence.Stopped(placeOf(c), authz.ActorOf(ctx).UserID)
	return sent(ctx, s, done, x.message, nil, func(p MessagePayload) *SendMessagePayload { return &SendMessagePayload{p} })
}

func idTaken() error { return fault.User(fault.Taken, "id", "This id is in use: make another one.") }

// sending is a message on its way. message is what it became, and fresh says that it was not there before; or fault is why it
// became nothing.
type sending struct {
	*eventlog.Joint
	ctx       context.Context
	channel   *entgen.Channel
	in        SendMessageInput
	mentioned []string
	message   *entgen.Message
	fresh     bool
	fault     error
}

const (
	// sentTogether bounds the messages of one transaction, flights how many transactions a node has under way.
	sentTogether = 128
	flights      = 2
	// sendsWaiting bounds those that wait for a transaction.
	sendsWaiting = 4096
	// sentWithin is how long messages that are written together may take; then each is written alone, in its caller's time.
	sentWithin = 2 * time.Second
)

func newSends(s *Service) (*combine.Combiner[*sending], error) {
	return combine.New(combine.Config[*sending]{Run: s.together, Most: sentTogether, Flights: flights, Queue: sendsWaiting, Within: sentWithin})
}

func (s *Service) send(ctx context.Context, x *sending) (*eventlog.Done, error) {
	if err := s.sends.Do(ctx, x); err != nil {
		if errors.Is(err, combine.ErrFull) {
			err = fault.New(fault.Unavailable, "Too many messages are being sent now: try again in a moment.")
		}
		return nil, err
	}
	done, err := x.Result()
	if !errors.Is(err, eventlog.ErrAlone) {
		return done, err
	}
	done, err = s.alone(ctx, x)
	if x.in.ID != nil && store.Duplicate(err) { // by an attempt of the same message, whose end nobody knew, or by somebody else
		done, err = s.alone(ctx, x)
	}
	if x.in.ID != nil && store.Duplicate(err) {
		err = idTaken()
	}
	return done, err
}

// together writes messages in one transaction that reaches their workspaces and no others.
func (s *Service) together(ctx context.Context, all []*sending) {
	var workspaces []string
	joints := make([]*eventlog.Joint, len(all))
	for i, x := range all {
		joints[i] = x.Joint
		workspaces = append(workspaces, x.channel.WorkspaceID)
	}
	slices.Sort(workspaces)
	ctx = authz.WithActor(ctx, authz.NewActor("", "", false, slices.Compact(workspaces)))
	s.Log.Together(ctx, joints, func(ctx context.Context, tx *eventlog.Tx) error {
		todo := make([]*sending, 0, len(all))
		for _, x := range all {
			if !x.Over() {
				todo = append(todo, x)
			}
		}
		if err := s.post(ctx, tx, todo); err != nil {
			return err
		}
		for _, x := range todo {
			if x.fault != nil {
				x.Refuse(x.fault)
				continue
			}
			x.Made(x.message.ID)
			if err := s.announce(tx.Of(x.Joint), x); err != nil {
				return err
			}
		}
		return nil
	})
}

// alone writes one message by a change of its own, within what its sender reaches.
func (s *Service) alone(ctx context.Context, x *sending) (*eventlog.Done, error) {
	return s.Log.Change(ctx, func(ctx context.Context, tx *eventlog.Tx) (string, error) {
		if err := either(s.post(ctx, tx, []*sending{x}), x.fault); err != nil {
			return "", err
		}
		return x.message.ID, s.announce(tx, x)
	})
}

func (s *Service) announce(tx *eventlog.Tx, x *sending) error {
	if !x.fresh {
		return nil
	}
	return tx.Append(x.ctx, x.channel.WorkspaceID, eventlog.Draft{Type: posted, ObjectID: x.message.ID, ChannelID: x.channel.ID})
}
