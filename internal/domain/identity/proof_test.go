package identity

import (
	"strings"
	"testing"
	"time"

	"karnak/ent/enttest"
	"karnak/internal/platform/clock"
	"karnak/internal/platform/id"
)

// TestProvenTokenIsLookedAtAgain checks that a token whose signature was checked before is refused as soon as one that comes
// for the first time would be.
func TestProvenTokenIsLookedAtAgain(t *testing.T) {
	t.Parallel()
	for name, spoil := range map[string]func(d *desk, x *SignUpPayload){
		"expired":        func(d *desk, _ *SignUpPayload) { d.clock.Advance(d.AccessTTL) },
		"the key is out": func(d *desk, _ *SignUpPayload) { d.withdraw() },
		"another key of the same name": func(d *desk, _ *SignUpPayload) {
			d.keys.mu.Lock()
			defer d.keys.mu.Unlock()
			for kid, k := range d.keys.keys {
				other := *k
				other.public = make([]byte, len(k.public))
				d.keys.keys[kid] = &other
			}
		},
		"the session ended": func(d *desk, x *SignUpPayload) {
			if _, err := d.SignOut(d.as(x.Session), SignOutInput{}); err != nil {
				d.t.Fatal(err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := open(t, enttest.Open(t, enttest.Engines[0]), clock.NewManual(time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)), 1)
			x := d.join("ada")
			for range 2 {
				if !d.works(x.Session) {
					t.Fatal("the token is not good")
				}
			}
			if d.proven(t.Context(), x.Session.AccessToken) == nil {
				t.Fatal("it is not remembered")
			}
			if spoil(d, x); d.works(x.Session) {
				t.Error("the token is still good")
			}
		})
	}
}

// withdraw takes the keys back, as of a node that has read that they are gone.
func (d *desk) withdraw() {
	d.keys.mu.Lock()
	defer d.keys.mu.Unlock()
	d.keys.keys, d.keys.read = map[string]*key{}, d.clock.Now()
}

func TestOnlyTheVerySameTokenIsProven(t *testing.T) {
	t.Parallel()
	each(t, func(d *desk) {
		x := d.join("ada")
		token := x.Session.AccessToken
		if !d.works(x.Session) {
			d.t.Fatal("the token is not good")
		}
		parts := strings.Split(token, ".")
		for name, other := range map[string]string{
			"another user": parts[0] + "." + swap(d, parts[1]) + "." + parts[2], "no signature": parts[0] + "." + parts[1] + ".", "padded": token + "=",
			"another key": d.forged(x, func(f *forge) { f.header["kid"] = id.New(id.SigningKey) }),
		} {
			if d.proven(d.t.Context(), other) != nil || d.works(&AuthSession{AccessToken: other}) {
				d.t.Errorf("%s is taken for proven", name)
			}
		}
		later := d.forged(x, func(f *forge) { f.claims["nbf"] = d.clock.Now().Unix() })
		if !d.works(&AuthSession{AccessToken: later}) || d.proven(d.t.Context(), later) != nil {
			d.t.Error("a token with a beginning is good, but is not remembered")
		}
	})
}
