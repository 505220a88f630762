package identity

import (
	"context"
	"strings"

	"karnak/authz"
	"karnak/ent/entgen"
	"karnak/ent/entgen/user"
	"karnak/internal/core/eventlog"
	"karnak/internal/platform/fault"
	"karnak/internal/platform/id"
	"karnak/internal/platform/store"
)

// Client is where a request comes from; the edge puts it into the context.
type Client struct{ Address, UserAgent string }

type clientKey struct{}

// WithClient returns a context of a request from there.
func WithClient(ctx context.Context, c Client) context.Context {
	return context.WithValue(ctx, clientKey{}, c)
}

func clientOf(ctx context.Context) Client {
	c, _ := ctx.Value(clientKey{}).(Client)
	return c
}

// checked compares a password with a hash. A wrong one counts against the address and against the e-mail; after too many
// neither is asked any more for a while: THROTTLED, whatever the password.
func (s *Service) checked(ctx context.Context, email, hashed, password string) (good bool, err error) {
	// Keys are kept for a while; what is longer is nobody's address.
	keys := []string{"address:" + clientOf(ctx).Address, "email:" + cut(email, 254)}
	err = s.slot(ctx, func() error {
		for _, k := range keys {
			if after, ok := s.Attempts.Look(ctx, k); !ok {
				return fault.Throttle(after)
			}
		}
		if good = verify(hashed, password); !good {
			for _, k := range keys {
				s.Attempts.Take(ctx, k, 1)
			}
		}
		return nil
	})
	return good, err
}

// SignUp creates a user with a personal workspace and signs them in. Anybody may. An address that is in use is TAKEN.
func (s *Service) SignUp(ctx context.Context, in SignUpInput) (*SignUpPayload, error) {
	if err := in.validate(); err != nil {
		return nil, err
	}
	if after, ok := s.SignUps.Take(ctx, clientOf(ctx).Address, 1); !ok {
		return nil, fault.Throttle(after)
	}
	hashed, err := s.hash(ctx, in.Password)
	if err != nil {
		return nil, err
	}
	k, err := s.keys.signing(ctx)
	if err != nil {
		return nil, err
	}
	p, caller := &SignUpPayload{}, ctx
	ctx = eventlog.Unkeyed(authz.System(ctx, "identity: nobody is signed in yet"))
	done, err := s.Log.Change(ctx, func(ctx context.Context, tx *eventlog.Tx) (string, error) {
		if err := s.create(ctx, tx, in, hashed, p); err != nil {
			return "", err
		}
		x, err := s.start(ctx, tx, p.User)
		if err != nil {
			return "", err
		}
		p.Session, err = s.tokens(k, x)
		return p.User.ID, err
	})
	if store.Duplicate(err) {
		return nil, taken()
	}
	if err != nil {
		return nil, err
	}
	p.Receipt = done.Receipt
	return p, s.become(caller, p.User, p.Session)
}

// become lets the fields selected on the answer act for who has just signed in.
func (s *Service) become(ctx context.Context, u *entgen.User, x *AuthSession) error {
	ids, err := s.Guard.Workspaces(ctx, u.ID)
	authz.Become(ctx, authz.NewActor(u.ID, x.ID, u.SuperAdmin, ids))
	return err
}

func taken() error {
	return fault.User(fault.Taken, "email", "This address has an account: sign in, or use another address.")
}

// create makes the user, acting for them from then on, and their workspace.
func (s *Service) create(ctx context.Context, tx *eventlog.Tx, in SignUpInput, hashed string, p *SignUpPayload) (err error) {
	used, err := tx.User.Query().Where(user.EmailKey(EmailKey(in.Email))).Exist(ctx)
	if err != nil {
		return err
	}
	if used {
		return taken()
	}
	p.User, err = tx.User.Create().SetEmail(strings.TrimSpace(in.Email)).SetEmailKey(EmailKey(in.Email)).
		SetDisplayName(in.DisplayName).SetPasswordHash(hashed).SetCreatedAt(s.Clock.Now()).Save(ctx)
	if err != nil {
		return err
	}
	if err := tx.Append(ctx, id.Platform, eventlog.Draft{Type: signedUp, SubjectID: p.User.ID}); err != nil {
		return err
	}
	p.Workspace, err = s.Founder.FoundPersonal(ctx, tx, p.User)
	return err
}

func (s *Service) hash(ctx context.Context, password string) (hashed string, err error) {
	err = s.slot(ctx, func() (err error) {
		hashed, err = hash(password)
		return err
	})
	return hashed, err
}

// start begins a session.
func (s *Service) start(ctx context.Context, tx *eventlog.Tx, u *entgen.User) (*entgen.Session, error) {
	now, c := s.Clock.Now(), clientOf(ctx)
	x, err := tx.Session.Create().SetUserID(u.ID).SetCreatedAt(now).SetRotatedAt(now).SetExpiresAt(now.Add(s.RefreshTTL)).
		SetUserAgent(cut(c.UserAgent, 200)).SetAddress(cut(c.Address, 64)).Save(ctx)
	if err != nil {
		return nil, err
	}
	return x, tx.Append(ctx, id.Platform, eventlog.Draft{Type: sessionStarted, SubjectID: u.ID, ObjectID: x.ID})
}

// cut makes a line of at most n bytes of what a client sent.
func cut(s string, n int) string {
	s = strings.ToValidUTF8(strings.Map(printable, s), "")
	if len(s) > n {
		s = strings.ToValidUTF8(s[:n], "")
	}
	return s
}

func printable(r rune) rune {
	if r < ' ' || r == 0x7f {
		return -1
	}
	return r
}

// SignIn checks e-mail and password and begins a session. A wrong one, an unknown address and a suspended account answer
// alike and take the same time: INVALID_CREDENTIALS.
func (s *Service) SignIn(ctx context.Context, in SignInInput) (*SignInPayload, error) {
	caller := ctx
	ctx = eventlog.Unkeyed(authz.System(ctx, "identity: nobody is signed in yet"))
	u, err := s.DB.Client().User.Query().Where(user.EmailKey(EmailKey(in.Email))).Only(ctx)
	if err != nil && !entgen.IsNotFound(err) {
		return nil, err
	}
	hashed := s.dummy
	if u != nil {
		hashed = u.PasswordHash
	}
	good, err := s.checked(ctx, EmailKey(in.Email), hashed, in.Password)
	if err != nil {
		return nil, err
	}
	if u == nil || !good || u.SuspendedAt != nil {
		return nil, fault.User(fault.InvalidCredentials, "", "E-mail and password do not belong together.")
	}
	k, err := s.keys.signing(ctx)
	if err != nil {
		return nil, err
	}
	p := &SignInPayload{User: u}
	done, err := s.Log.Change(ctx, func(ctx context.Context, tx *eventlog.Tx) (string, error) {
		x, err := s.start(ctx, tx, u)
		if err != nil {
			return "", err
		}
		p.Session, err = s.tokens(k, x)
		return x.ID, err
	})
	if err != nil {
		return nil, err
	}
	p.Receipt = done.Receipt
	return p, s.become(caller, u, p.Session)
}
