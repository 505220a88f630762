package identity

import (
	"context"
	"sync"
	"time"

	"karnak/authz"
	"karnak/ent/entgen"
)

// Caller is who a token belongs to.
type Caller struct {
	Actor *authz.Actor
	// Expires is when the token ends.
	Expires time.Time
}

// Authenticate reads an access token. The session has to be alive: one that was ended answers no more, on every node
// within seconds.
func (s *Service) Authenticate(ctx context.Context, token string) (*Caller, error) {
	c, err := s.readAccess(ctx, token)
	if err != nil {
		return nil, err
	}
	u, err := s.alive(ctx, c.Session, c.Subject)
	if err != nil {
		return nil, err
	}
	ids, err := s.Guard.Workspaces(ctx, c.Subject)
	if err != nil {
		return nil, err
	}
	return &Caller{authz.NewActor(c.Subject, c.Session, u.super, ids), c.ExpiresAt.Time}, nil
}

// alive reports whether a session goes on, asking the database when it was not asked lately.
func (s *Service) alive(ctx context.Context, sessionID, userID string) (live, error) {
	now := s.Clock.Now()
	if l, ok := s.live.get(sessionID); ok && now.Before(l.until) && l.userID == userID {
		return l, nil
	}
	at := s.live.stamp()
	sys := authz.System(ctx, "identity: look a session up")
	x, err := s.DB.Client().Session.Get(sys, sessionID)
	if entgen.IsNotFound(err) {
		return live{}, bad()
	}
	if err != nil {
		return live{}, err
	}
	u, err := s.DB.Client().User.Get(sys, x.UserID)
	if err != nil {
		return live{}, err
	}
	if x.EndedAt != nil || x.UserID != userID || u.SuspendedAt != nil || !now.Before(x.ExpiresAt) {
		return live{}, bad()
	}
	l := live{userID: userID, super: u.SuperAdmin, until: now.Add(trusted)}
	s.live.put(sessionID, l, at)
	return l, nil
}

// trusted is how long a session is taken for alive without asking the database; an event of its end comes sooner.
const trusted = 3 * time.Second

type live struct {
	userID string
	super  bool
	until  time.Time
}

// liveSessions remembers sessions that were alive a moment ago, and the sockets that hang on them.
type liveSessions struct {
	mu      sync.Mutex
	known   map[string]live
	sockets map[string]map[*socket]struct{}
	ends    uint64
}

type socket struct{ closed func() }

const knownSessions = 20_000

func newLiveSessions() *liveSessions {
	return &liveSessions{known: map[string]live{}, sockets: map[string]map[*socket]struct{}{}}
}

func (l *liveSessions) get(id string) (live, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	x, ok := l.known[id]
	return x, ok
}

func (l *liveSessions) stamp() uint64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.ends
}

// put remembers a session, unless one ended since it was read.
func (l *liveSessions) put(id string, x live, at uint64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.ends != at {
		return
	}
	if len(l.known) >= knownSessions {
		clear(l.known)
	}
	l.known[id] = x
}

func (l *liveSessions) end(id string) {
	l.mu.Lock()
	l.ends++
	delete(l.known, id)
	gone := l.sockets[id]
	delete(l.sockets, id)
	l.mu.Unlock()
	for s := range gone {
		s.closed()
	}
}

// OnEnd calls f once when a session ends, until detach is called. f must not block.
func (s *Service) OnEnd(sessionID string, f func()) (detach func()) {
	x := &socket{f}
	l := s.live
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.sockets[sessionID] == nil {
		l.sockets[sessionID] = map[*socket]struct{}{}
	}
	l.sockets[sessionID][x] = struct{}{}
	return func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		if delete(l.sockets[sessionID], x); len(l.sockets[sessionID]) == 0 {
			delete(l.sockets, sessionID)
		}
	}
}
