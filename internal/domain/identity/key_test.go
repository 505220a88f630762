package identity

import (
	"encoding/base64"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"karnak/authz"
	"karnak/internal/platform/fault"
	"karnak/internal/platform/id"
)

func kidOf(t testing.TB, token string) string {
	t.Helper()
	x, _, err := jwt.NewParser().ParseUnverified(token, jwt.MapClaims{})
	if err != nil {
		t.Fatal(err)
	}
	return x.Header["kid"].(string)
}

// published returns the kids of the key set.
func (d *desk) published() (kids []string) {
	d.t.Helper()
	keys, err := d.PublicKeys(d.t.Context())
	if err != nil {
		d.t.Fatal(err)
	}
	for _, k := range keys {
		raw, err := base64.RawURLEncoding.DecodeString(k.X)
		if k.Kty != "OKP" || k.Crv != "Ed25519" || k.Alg != "EdDSA" || k.Use != "sig" || err != nil || len(raw) != 32 {
			d.t.Errorf("%+v: %v", k, err)
		}
		kids = append(kids, k.Kid)
	}
	return kids
}

func TestKeysAreRotatedWithOverlap(t *testing.T) {
	t.Parallel()
	each(t, func(d *desk) {
		d.join("ada")
		d.clock.Advance(keyLife - 5*time.Minute)
		last := d.again("ada")
		old := kidOf(d.t, last.AccessToken)
		if got := d.published(); !slices.Equal(got, []string{old}) {
			d.t.Fatalf("published %v, want %s", got, old)
		}
		d.clock.Advance(6 * time.Minute)
		first := d.again("ada")
		fresh := kidOf(d.t, first.AccessToken)
		if fresh == old {
			d.t.Fatal("a retired key signs")
		}
		if got := d.published(); !slices.Equal(got, []string{old, fresh}) {
			d.t.Errorf("published %v, want both %s and %s", got, old, fresh)
		}
		if !d.works(last) || !d.works(first) {
			d.t.Error("a token of the old or of the new key is refused")
		}
		d.clock.Advance(9*time.Minute - time.Second)
		if !d.works(last) {
			d.t.Error("a token of the old key is refused before it ends")
		}
		d.clock.Advance(time.Second)
		if d.works(last) || !d.works(first) {
			d.t.Error("tokens end by their own time, whatever the key")
		}
		d.clock.Advance(overlap)
		if got := d.published(); !slices.Equal(got, []string{fresh}) {
			d.t.Errorf("published %v after the overlap, want %s", got, fresh)
		}
		if _, err := d.keys.verifying(d.t.Context(), old); err == nil {
			d.t.Error("a key past its overlap verifies")
		}
	})
}

func TestNodesShareKeys(t *testing.T) {
	t.Parallel()
	each(t, func(a *desk) {
		b := open(a.t, a.db, a.clock, 1)
		x := a.join("ada")
		if !b.works(x.Session) {
			a.t.Error("the other node refuses a token")
		}
		a.clock.Advance(keyLife + time.Minute)
		y := a.again("ada")
		if !b.works(y) {
			a.t.Error("the other node refuses a token of a key that was made after it started")
		}
		if kidOf(a.t, b.again("ada").AccessToken) != kidOf(a.t, y.AccessToken) {
			a.t.Error("the other node made a key of its own")
		}
		// An unknown key is looked for once in a while, however often it is asked for.
		before := b.keys.read
		for range 20 {
			if _, err := b.keys.verifying(a.t.Context(), id.New(id.SigningKey)); err == nil {
				a.t.Error("an unknown key verifies")
			}
		}
		if !b.keys.read.Equal(before) {
			a.t.Error("unknown keys make the database be asked again and again")
		}
		a.clock.Advance(rereadAfter + time.Second)
		_, _ = b.keys.verifying(a.t.Context(), id.New(id.SigningKey))
		if b.keys.read.Equal(before) {
			a.t.Error("new keys are never looked for")
		}
	})
}

func TestManyNeedTheFirstKeyAtOnce(t *testing.T) {
	t.Parallel()
	each(t, func(d *desk) {
		d.join("ada")
		d.clock.Advance(keyLife + time.Second)
		var wg sync.WaitGroup
		for range 8 {
			wg.Go(func() {
				p, err := d.SignIn(d.t.Context(), SignInInput{Email: "ada@example.test", Password: good})
				if err != nil || !d.works(p.Session) {
					d.t.Errorf("%v", err)
				}
			})
		}
		wg.Wait()
		if kids := d.published(); len(kids) != 2 {
			d.t.Errorf("%d keys are published, want the old and one new", len(kids))
		}
	})
}

func TestKeysNeedTheirSecret(t *testing.T) {
	t.Parallel()
	each(t, func(d *desk) {
		_, err := New(d.t.Context(), config(d.t, d.db, d.clock, 2))
		if err == nil || !strings.Contains(err.Error(), "KARNAK_SECRET") {
			d.t.Errorf("another secret: %v", err)
		}
		k, err := d.db.Client().SigningKey.Query().Only(authz.System(d.t.Context(), "test"))
		if err != nil {
			d.t.Fatal(err)
		}
		inside, err := d.keys.signing(d.t.Context())
		if err != nil || strings.Contains(string(k.SealedKey), string(inside.private.Seed())) {
			d.t.Errorf("the private half is in the database in clear: %v", err)
		}
		if _, err := d.Authenticate(d.t.Context(), "x.y.z"); fault.CodeOf(err) != fault.Unauthenticated {
			d.t.Error(err)
		}
	})
}

func TestNewChecksItsConfig(t *testing.T) {
	t.Parallel()
	each(t, func(d *desk) {
		for name, spoil := range map[string]func(*Config){
			"DB": func(c *Config) { c.DB = nil }, "Log": func(c *Config) { c.Log = nil }, "Guard": func(c *Config) { c.Guard = nil },
			"Clock": func(c *Config) { c.Clock = nil }, "Keys": func(c *Config) { c.Keys = nil }, "Founder": func(c *Config) { c.Founder = nil },
			"Attempts": func(c *Config) { c.Attempts = nil }, "SignUps": func(c *Config) { c.SignUps = nil }, "Issuer": func(c *Config) { c.Issuer = "" },
			"AccessTTL": func(c *Config) { c.AccessTTL = time.Millisecond }, "RefreshTTL": func(c *Config) { c.RefreshTTL = time.Minute },
		} {
			c := d.Config
			spoil(&c)
			if _, err := New(d.t.Context(), c); err == nil {
				d.t.Errorf("without a good %s", name)
			}
		}
	})
}
