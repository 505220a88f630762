package identity

import (
	"context"
	"time"

	"karnak/authz"
	"karnak/ent/entgen"
	"karnak/ent/entgen/session"
	"karnak/internal/core/eventlog"
	"karnak/internal/platform/fault"
	"karnak/internal/platform/id"
	"karnak/internal/platform/page"
)

// Session is a session as its user sees it.
type Session struct {
	*entgen.Session
	Current bool
}

// LastUsedAt is when a token of it was last refreshed.
func (s *Session) LastUsedAt() time.Time { return s.RotatedAt }

// SessionConnection is a page of sessions.
type (
	SessionConnection = page.Connection[*Session]
	SessionEdge       = page.Edge[*Session]
)

// grace is how long the refresh token of the last generation goes on answering with the present pair.
const grace = 10 * time.Second

// RefreshSession trades a refresh token for a new pair; whoever holds the token may. A token of an older generation than
// the last ends the session. Everything that is not good is UNAUTHENTICATED.
func (s *Service) RefreshSession(ctx context.Context, in RefreshSessionInput) (*RefreshSessionPayload, error) {
	sessionID, generation, ok := s.readRefresh(in.RefreshToken)
	if !ok {
		return nil, ended()
	}
	k, err := s.keys.signing(ctx)
	if err != nil {
		return nil, err
	}
	ctx = eventlog.Unkeyed(authz.System(ctx, "identity: the refresh token is the proof"))
	p, stolen := &RefreshSessionPayload{}, false
	done, err := s.Log.Change(ctx, func(ctx context.Context, tx *eventlog.Tx) (string, error) {
		stolen = false // the change may be run again
		x, err := s.rotate(ctx, tx, sessionID, generation, &stolen)
		if err != nil || stolen {
			return sessionID, err
		}
		p.Session, err = s.tokens(k, x)
		return sessionID, err
	})
	if err != nil {
		return nil, err
	}
	if stolen {
		return nil, ended()
	}
	p.Receipt = done.Receipt
	return p, nil
}

func ended() error {
	return fault.New(fault.Unauthenticated, "The refresh token is not valid or was used before: sign in.")
}

func (s *Service) rotate(ctx context.Context, tx *eventlog.Tx, sessionID string, generation int, stolen *bool) (*entgen.Session, error) {
	now := s.Clock.Now()
	n, err := tx.Session.Update().Where(session.ID(sessionID), session.Generation(generation), session.EndedAtIsNil(), session.ExpiresAtGT(now)).
		SetGeneration(generation + 1).SetRotatedAt(now).SetExpiresAt(now.Add(s.RefreshTTL)).Save(ctx)
	if err != nil {
		return nil, err
	}
	x, err := tx.Session.Get(ctx, sessionID)
	if entgen.IsNotFound(err) {
		return nil, ended()
	}
	if err != nil {
		return nil, err
	}
	u, err := tx.User.Get(ctx, x.UserID)
	switch {
	case err != nil:
		return nil, err
	case x.EndedAt != nil || !now.Before(x.ExpiresAt) || u.SuspendedAt != nil:
		return nil, ended()
	case n == 1, generation == x.Generation-1 && now.Sub(x.RotatedAt) <= grace:
		return x, nil
	}
	*stolen = true
	if err := tx.Append(ctx, id.Platform, eventlog.Draft{Type: reuseDetected, SubjectID: x.UserID, ObjectID: x.ID}); err != nil {
		return nil, err
	}
	return x, s.finish(ctx, tx, x, "REUSE")
}

// finish ends a session.
func (s *Service) finish(ctx context.Context, tx *eventlog.Tx, x *entgen.Session, reason string) error {
	err := tx.Session.UpdateOneID(x.ID).SetEndedAt(s.Clock.Now()).SetEndReason(reason).Exec(ctx)
	if err != nil {
		return err
	}
	return tx.Append(ctx, id.Platform, eventlog.Draft{Type: sessionEnded, SubjectID: x.UserID, ObjectID: x.ID, Data: map[string]string{"reason": reason}})
}

// finishAll ends the caller's sessions but one and returns how many they were.
func (s *Service) finishAll(ctx context.Context, tx *eventlog.Tx, userID, but, reason string) (int, error) {
	open, err := tx.Session.Query().Where(session.UserID(userID), session.EndedAtIsNil(), session.IDNEQ(but)).All(ctx)
	if err != nil {
		return 0, err
	}
	for _, x := range open {
		if err := s.finish(ctx, tx, x, reason); err != nil {
			return 0, err
		}
	}
	return len(open), nil
}

// SignOut ends the session of the call, or all of the caller's.
func (s *Service) SignOut(ctx context.Context, in SignOutInput) (*SignOutPayload, error) {
	a, err := s.Guard.Actor(ctx)
	if err != nil {
		return nil, err
	}
	p := &SignOutPayload{}
	done, err := s.Log.Change(ctx, func(ctx context.Context, tx *eventlog.Tx) (string, error) {
		if in.Everywhere {
			p.EndedSessions, err = s.finishAll(ctx, tx, a.UserID, "", "SIGNED_OUT")
			return a.UserID, err
		}
		x, err := tx.Session.Get(ctx, a.SessionID)
		if err != nil {
			return "", err
		}
		p.EndedSessions = 1
		return x.ID, s.finish(ctx, tx, x, "SIGNED_OUT")
	})
	if err != nil {
		return nil, err
	}
	p.Receipt = done.Receipt
	return p, nil
}

// RevokeSession ends one of the caller's sessions; another's is NOT_FOUND like a missing one.
func (s *Service) RevokeSession(ctx context.Context, in RevokeSessionInput) (*RevokeSessionPayload, error) {
	a, err := s.Guard.Actor(ctx)
	if err != nil {
		return nil, err
	}
	done, err := s.Log.Change(ctx, func(ctx context.Context, tx *eventlog.Tx) (string, error) {
		x, err := tx.Session.Query().Where(session.ID(in.SessionID), session.UserID(a.UserID), session.EndedAtIsNil()).Only(ctx)
		if entgen.IsNotFound(err) {
			return "", fault.User(fault.Missing, "sessionId", "There is no such session.")
		}
		if err != nil {
			return "", err
		}
		return x.ID, s.finish(ctx, tx, x, "REVOKED")
	})
	if err != nil {
		return nil, err
	}
	return &RevokeSessionPayload{Receipt: done.Receipt, SessionID: &in.SessionID}, nil
}

// CurrentSession returns the session of the call.
func (s *Service) CurrentSession(ctx context.Context) (*Session, error) {
	a, err := s.Guard.Actor(ctx)
	if err != nil {
		return nil, err
	}
	return s.SessionByID(ctx, a.SessionID)
}

// SessionByID returns a session of the caller's that can still be used; nil when there is none.
func (s *Service) SessionByID(ctx context.Context, sessionID string) (*Session, error) {
	a, err := s.Guard.Actor(ctx)
	if err != nil {
		return nil, err
	}
	x, err := s.DB.Client().Session.Query().Where(session.ID(sessionID), session.UserID(a.UserID), session.EndedAtIsNil(), session.ExpiresAtGT(s.Clock.Now())).Only(ctx)
	if entgen.IsNotFound(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return &Session{x, x.ID == a.SessionID}, nil
}

// Sessions returns the caller's sessions that can still be used, the newest first.
func (s *Service) Sessions(ctx context.Context, args page.Args) (*SessionConnection, error) {
	a, err := s.Guard.Actor(ctx)
	if err != nil {
		return nil, err
	}
	w, err := s.sessions.Window(args)
	if err != nil {
		return nil, err
	}
	q := s.DB.Client().Session.Query().Where(session.UserID(a.UserID), session.EndedAtIsNil(), session.ExpiresAtGT(s.Clock.Now()))
	all := q.Clone()
	rows, err := q.Where(s.sessions.Where(w)).Order(s.sessions.Order(w)).Limit(w.Limit + 1).All(ctx)
	if err != nil {
		return nil, err
	}
	list := make([]*Session, len(rows))
	for i, r := range rows {
		list[i] = &Session{r, r.ID == a.SessionID}
	}
	return page.Build(s.sessions, w, list, all.Count), nil
}
