package identity

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"karnak/authz"
	"karnak/ent"
	"karnak/ent/entgen"
	"karnak/ent/entgen/event"
	"karnak/ent/enttest"
	"karnak/internal/core/eventlog"
	"karnak/internal/core/guard"
	"karnak/internal/platform/clock"
	"karnak/internal/platform/fault"
	"karnak/internal/platform/ratelimit"
	"karnak/internal/platform/secret"
)

const (
	good     = "correct horse battery"
	attempts = 5
)

// desk is the room on a fresh database, with a clock that is moved by hand.
type desk struct {
	*Service
	t     testing.TB
	db    *ent.DB
	clock *clock.Manual
}

type noWorkspace struct{}

func (noWorkspace) FoundPersonal(context.Context, *eventlog.Tx, *entgen.User) (*entgen.Workspace, error) {
	return nil, nil
}

func each(t *testing.T, f func(d *desk)) {
	t.Helper()
	enttest.Each(t, func(t *testing.T, db *ent.DB) {
		f(open(t, db, clock.NewManual(time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)), 1))
	})
}

// open opens the room as a node does; several may share a database. master tells apart the secrets they are given.
func open(t testing.TB, db *ent.DB, c *clock.Manual, master byte) *desk {
	t.Helper()
	cfg := config(t, db, c, master)
	s, err := New(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	return &desk{s, t, db, c}
}

func config(t testing.TB, db *ent.DB, c *clock.Manual, master byte) Config {
	t.Helper()
	raw := make([]byte, secret.MinMaster)
	raw[0] = master
	keys, err := secret.New(raw)
	if err != nil {
		t.Fatal(err)
	}
	l, err := eventlog.New(t.Context(), eventlog.Config{DB: db, Clock: c, Secret: raw, Types: Events()})
	if err != nil {
		t.Fatal(err)
	}
	g, err := guard.New(guard.Config{DB: db, Log: l, Clock: c})
	if err != nil {
		t.Fatal(err)
	}
	limit := func(burst int) ratelimit.Limiter {
		m, err := ratelimit.New(ratelimit.Config{Clock: c, Rate: 1, Per: time.Minute, Burst: burst, MaxKeys: 1000})
		if err != nil {
			t.Fatal(err)
		}
		return m
	}
	return Config{
		DB: db, Log: l, Guard: g, Clock: c, Keys: keys, Founder: noWorkspace{}, Attempts: limit(attempts), SignUps: limit(12),
		AccessTTL: 15 * time.Minute, RefreshTTL: 30 * 24 * time.Hour, Issuer: "karnak",
	}
}

// from is the context of a request of an address.
func (d *desk) from(address string) context.Context {
	return WithClient(d.t.Context(), Client{Address: address, UserAgent: "test"})
}

// join signs somebody up.
func (d *desk) join(name string) *SignUpPayload {
	d.t.Helper()
	p, err := d.SignUp(d.t.Context(), SignUpInput{Email: name + "@example.test", Password: good, DisplayName: name})
	if err != nil {
		d.t.Fatal(err)
	}
	return p
}

// again signs somebody in.
func (d *desk) again(name string) *AuthSession {
	d.t.Helper()
	p, err := d.SignIn(d.t.Context(), SignInInput{Email: name + "@example.test", Password: good})
	if err != nil {
		d.t.Fatal(err)
	}
	return p.Session
}

// as is the context of a request with a session's token.
func (d *desk) as(s *AuthSession) context.Context {
	d.t.Helper()
	c, err := d.Authenticate(d.t.Context(), s.AccessToken)
	if err != nil {
		d.t.Fatal(err)
	}
	return authz.WithActor(d.t.Context(), c.Actor)
}

// alive says whether a session's access token is good.
func (d *desk) works(s *AuthSession) bool {
	_, err := d.Authenticate(d.t.Context(), s.AccessToken)
	if err != nil && fault.CodeOf(err) != fault.Unauthenticated {
		d.t.Errorf("%v", err)
	}
	return err == nil
}

func (d *desk) trade(token string) (*AuthSession, error) {
	p, err := d.RefreshSession(d.t.Context(), RefreshSessionInput{RefreshToken: token})
	if err != nil {
		return nil, err
	}
	return p.Session, nil
}

// happened returns how many events of a type are in the log.
func (d *desk) happened(x eventlog.Type) int {
	d.t.Helper()
	n, err := d.db.Client().Event.Query().Where(event.Type(x.Name)).Count(authz.System(d.t.Context(), "test"))
	if err != nil {
		d.t.Fatal(err)
	}
	return n
}

func (d *desk) write(f func(context.Context, *entgen.Client) error) {
	d.t.Helper()
	if err := d.db.InTx(authz.System(d.t.Context(), "test"), func(ctx context.Context, tx *ent.Tx) error { return f(ctx, tx.Client) }); err != nil {
		d.t.Fatal(err)
	}
}

// issues returns the codes and fields of an error's user errors.
func issues(err error) string {
	var f *fault.Error
	if !errors.As(err, &f) {
		return fmt.Sprint(err)
	}
	out := ""
	for _, i := range f.Issues {
		field := ""
		if len(i.Field) > 0 {
			field = i.Field[len(i.Field)-1]
		}
		out += fmt.Sprintf("%s:%s ", field, i.Code)
	}
	return out
}
