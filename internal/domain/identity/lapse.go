package identity

import (
	"context"
	"slices"

	"karnak/authz"
	"karnak/ent/entgen/session"
	"karnak/ent/entgen/user"
	"karnak/internal/platform/store"
)

// lapseBatch is how many sessions are looked up at once.
const lapseBatch = 500

// Lapse closes sockets whose session is over though no event said so: a user was suspended, or the event was lost. It looks
// every few seconds until the context ends. failed hears of what went wrong; the next look makes up for it.
func (s *Service) Lapse(ctx context.Context, failed func(error)) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-s.Clock.After(trusted):
		}
		if err := s.lapse(ctx); err != nil && ctx.Err() == nil {
			failed(err)
		}
	}
}

// lapse looks once at every session that a socket of this node hangs on.
func (s *Service) lapse(ctx context.Context) error {
	ctx = authz.System(ctx, "identity: look at the sessions of open sockets")
	for ids := range slices.Chunk(s.live.watched(), lapseBatch) {
		over, err := s.over(ctx, ids)
		if err != nil {
			return err
		}
		for _, id := range over {
			s.live.end(id)
		}
	}
	return nil
}

// over returns those of some sessions that cannot be used any more.
func (s *Service) over(ctx context.Context, ids []string) (out []string, err error) {
	found, err := s.DB.Client().Session.Query().Where(store.In(session.FieldID, ids)).All(ctx)
	if err != nil {
		return nil, err
	}
	now, owners, left := s.Clock.Now(), map[string][]string{}, map[string]bool{}
	for _, x := range found {
		if left[x.ID] = x.EndedAt == nil && now.Before(x.ExpiresAt); left[x.ID] {
			owners[x.UserID] = append(owners[x.UserID], x.ID)
		}
	}
	suspended, err := s.suspended(ctx, owners)
	if err != nil {
		return nil, err
	}
	for _, u := range suspended {
		for _, id := range owners[u] {
			left[id] = false
		}
	}
	for _, id := range ids {
		if !left[id] {
			out = append(out, id)
		}
	}
	return out, nil
}

// suspended returns those of some users who are.
func (s *Service) suspended(ctx context.Context, owners map[string][]string) ([]string, error) {
	ids := make([]string, 0, len(owners))
	for u := range owners {
		ids = append(ids, u)
	}
	if len(ids) == 0 {
		return nil, nil
	}
	return s.DB.Client().User.Query().Where(store.In(user.FieldID, ids), user.SuspendedAtNotNil()).IDs(ctx)
}

// watched returns the sessions that a socket hangs on.
func (l *liveSessions) watched() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	ids := make([]string, 0, len(l.sockets))
	for id := range l.sockets {
		ids = append(ids, id)
	}
	return ids
}
