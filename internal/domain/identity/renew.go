package identity

import (
	"context"
	"time"

	"karnak/authz"
	"karnak/internal/core/eventlog"
	"karnak/internal/platform/fault"
)

// Link is the connection that an operation came over, which ends a little after its token.
type Link interface {
	// Renew puts the end of the connection off to that of a fresh token.
	Renew(expires time.Time)
}

type linkKey struct{}

// WithLink returns the context of a connection's operations.
func WithLink(ctx context.Context, l Link) context.Context {
	return context.WithValue(ctx, linkKey{}, l)
}

// RenewSessionInput is the input of renewSession.
type RenewSessionInput struct {
	ClientMutationID *string
	AccessToken      string
}

// RenewSessionPayload is the result of renewSession.
type RenewSessionPayload struct {
	eventlog.Receipt
	ExpiresAt *time.Time
}

// RenewSession lets the connection that it comes over go on until a fresh access token of the same session ends.
func (s *Service) RenewSession(ctx context.Context, in RenewSessionInput) (*RenewSessionPayload, error) {
	a, err := s.Guard.Actor(ctx)
	if err != nil {
		return nil, err
	}
	l, ok := ctx.Value(linkKey{}).(Link)
	if !ok {
		return nil, fault.User(fault.NotAllowed, "", "Only a websocket is renewed: send this over the one that is to go on. A request takes its token from its header.")
	}
	c, err := s.Authenticate(ctx, in.AccessToken)
	if fault.CodeOf(err) == fault.Unauthenticated {
		return nil, fault.User(fault.Expired, "accessToken", "This access token is not valid or has ended: get one with refreshSession.")
	}
	if err != nil {
		return nil, err
	}
	if c.Actor.UserID != a.UserID || c.Actor.SessionID != authz.ActorOf(ctx).SessionID {
		return nil, fault.User(fault.NotAllowed, "accessToken", "This access token is of another session: connect anew with it.")
	}
	l.Renew(c.Expires)
	return &RenewSessionPayload{eventlog.Receipt{ClientMutationID: in.ClientMutationID}, &c.Expires}, nil
}
