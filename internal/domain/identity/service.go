package identity

import (
	"context"
	"errors"
	"runtime"
	"time"

	"karnak/ent"
	"karnak/ent/entgen"
	"karnak/internal/core/eventlog"
	"karnak/internal/core/guard"
	"karnak/internal/platform/clock"
	"karnak/internal/platform/page"
	"karnak/internal/platform/ratelimit"
	"karnak/internal/platform/secret"
)

// Config is what the Service stands on.
type Config struct {
	DB      *ent.DB
	Log     *eventlog.Log
	Guard   *guard.Guard
	Clock   clock.Clock
	Keys    *secret.Keyring
	Founder Founder
	// Attempts limits wrong passwords, per address and per e-mail; SignUps limits sign-ups per address.
	Attempts, SignUps ratelimit.Limiter
	// AccessTTL and RefreshTTL are how long tokens are good.
	AccessTTL, RefreshTTL time.Duration
	// Issuer is the iss of the tokens.
	Issuer string
}

// Founder makes the personal workspace of a new user, in the transaction of the sign-up.
type Founder interface {
	FoundPersonal(ctx context.Context, tx *eventlog.Tx, owner *entgen.User) (*entgen.Workspace, error)
}

// Service is identity. It is safe for concurrent use.
type Service struct {
	Config
	keys     *keyStore
	refresh  *secret.Tagger
	hashing  chan struct{}
	dummy    string
	live     *liveSessions
	proofs   *proofs
	sessions *page.List
}

// New returns the service on a migrated database, with a signing key at hand.
func New(ctx context.Context, c Config) (*Service, error) {
	if c.DB == nil || c.Log == nil || c.Guard == nil || c.Clock == nil || c.Keys == nil || c.Founder == nil || c.Attempts == nil || c.SignUps == nil {
		return nil, errors.New("identity: DB, Log, Guard, Clock, Keys, Founder, Attempts and SignUps are needed")
	}
	if c.AccessTTL < time.Second || c.RefreshTTL < c.AccessTTL || c.Issuer == "" {
		return nil, errors.New("identity: AccessTTL, a longer RefreshTTL and an Issuer are needed")
	}
	pages := c.Keys.Derive("page/sessions")
	s := &Service{
		Config: c, refresh: c.Keys.Tagger("identity/refresh"), hashing: make(chan struct{}, 2*runtime.GOMAXPROCS(0)),
		sessions: page.NewList(pages[:], "identity.sessions", true, func(x *Session) []any { return []any{x.ID} }, page.Column{Name: "id"}),
	}
	var err error
	if s.keys, err = newKeyStore(ctx, c); err != nil {
		return nil, err
	}
	if s.dummy, err = hash("nobody has this password"); err != nil {
		return nil, err
	}
	s.live, s.proofs = newLiveSessions(), newProofs()
	c.Log.OnCommit(func(events []*eventlog.Event) {
		for _, e := range events {
			s.Heard(e)
		}
	})
	return s, nil
}

// Heard takes an event of the platform's log: sessions that ended stop answering, and their sockets close.
func (s *Service) Heard(e *eventlog.Event) {
	if e.Type == sessionEnded.Name {
		s.live.end(e.ObjectID)
	}
}
