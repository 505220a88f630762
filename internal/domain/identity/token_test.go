package identity

import (
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"karnak/internal/platform/fault"
	"karnak/internal/platform/id"
)

// forge makes a token of a session that is good but for what change does to it.
type forge struct {
	method jwt.SigningMethod
	key    any
	header map[string]any
	claims jwt.MapClaims
}

func (d *desk) forged(x *SignUpPayload, change func(*forge)) string {
	d.t.Helper()
	k, err := d.keys.signing(d.t.Context())
	if err != nil {
		d.t.Fatal(err)
	}
	now := d.clock.Now()
	f := &forge{jwt.SigningMethodEdDSA, k.private, map[string]any{"kid": k.id}, jwt.MapClaims{
		"iss": "karnak", "aud": "karnak", "sub": x.User.ID, "sid": x.Session.ID, "iat": now.Unix(), "exp": now.Add(time.Minute).Unix(),
	}}
	change(f)
	t := jwt.NewWithClaims(f.method, f.claims)
	for n, v := range f.header {
		t.Header[n] = v
	}
	signed, err := t.SignedString(f.key)
	if err != nil {
		d.t.Fatal(err)
	}
	return signed
}

func TestForgedTokensAreRefusedAlike(t *testing.T) {
	t.Parallel()
	each(t, func(d *desk) {
		x := d.join("ada")
		k, err := d.keys.signing(d.t.Context())
		if err != nil {
			d.t.Fatal(err)
		}
		now := d.clock.Now()
		_, stranger, _ := ed25519.GenerateKey(nil)
		own := base64.RawURLEncoding.EncodeToString(stranger.Public().(ed25519.PublicKey))
		if _, err := d.Authenticate(d.t.Context(), d.forged(x, func(*forge) {})); err != nil {
			d.t.Fatalf("the token that nothing was done to: %v", err)
		}
		cases := map[string]func(*forge){
			"no algorithm":         func(f *forge) { f.method, f.key = jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType },
			"secret of the public": func(f *forge) { f.method, f.key = jwt.SigningMethodHS256, []byte(k.public) },
			"another's key":        func(f *forge) { f.key = stranger },
			"own key in the header": func(f *forge) {
				f.key, f.header["jwk"] = stranger, map[string]string{"kty": "OKP", "crv": "Ed25519", "x": own}
			},
			"keys elsewhere":          func(f *forge) { f.key, f.header["jku"] = stranger, "http://127.0.0.1:1/jwks.json" },
			"certificate elsewhere":   func(f *forge) { f.key, f.header["x5u"] = stranger, "http://127.0.0.1:1/cert" },
			"unknown kid":             func(f *forge) { f.header["kid"] = id.New(id.SigningKey) },
			"kid with a path":         func(f *forge) { f.header["kid"] = "../../dev/null" },
			"kid with SQL":            func(f *forge) { f.header["kid"] = "' OR 1=1 --" },
			"kid with NUL":            func(f *forge) { f.header["kid"] = k.id + "\x00" },
			"kid of another type":     func(f *forge) { f.header["kid"] = 7 },
			"no kid":                  func(f *forge) { delete(f.header, "kid") },
			"critical header":         func(f *forge) { f.header["crit"] = []string{"exp"} },
			"another issuer":          func(f *forge) { f.claims["iss"] = "karnak.example" },
			"no issuer":               func(f *forge) { delete(f.claims, "iss") },
			"another audience":        func(f *forge) { f.claims["aud"] = "other" },
			"no audience":             func(f *forge) { delete(f.claims, "aud") },
			"expired":                 func(f *forge) { f.claims["exp"] = now.Add(-time.Second).Unix() },
			"expires now":             func(f *forge) { f.claims["exp"] = now.Unix() },
			"never expires":           func(f *forge) { delete(f.claims, "exp") },
			"not yet":                 func(f *forge) { f.claims["nbf"] = now.Add(time.Minute).Unix() },
			"issued tomorrow":         func(f *forge) { f.claims["iat"] = now.Add(24 * time.Hour).Unix() },
			"no session":              func(f *forge) { delete(f.claims, "sid") },
			"session of nobody":       func(f *forge) { f.claims["sid"] = id.New(id.Session) },
			"session that is none":    func(f *forge) { f.claims["sid"] = "1 OR 1" },
			"no user":                 func(f *forge) { delete(f.claims, "sub") },
			"another user":            func(f *forge) { f.claims["sub"] = id.New(id.User) },
			"user that is none":       func(f *forge) { f.claims["sub"] = "admin" },
			"claims of another type":  func(f *forge) { f.claims["exp"] = "tomorrow" },
			"everything of one's own": func(f *forge) { f.key, f.header = stranger, map[string]any{} },
		}
		refused := ""
		for name, change := range cases {
			_, err := d.Authenticate(d.t.Context(), d.forged(x, change))
			if fault.CodeOf(err) != fault.Unauthenticated {
				d.t.Errorf("%s: %v", name, err)
				continue
			}
			if refused == "" {
				refused = err.Error()
			}
			if err.Error() != refused {
				d.t.Errorf("%s tells apart what is wrong: %v", name, err)
			}
		}
		token := x.Session.AccessToken
		parts := strings.Split(token, ".")
		for name, bad := range map[string]string{
			"nothing": "", "text": "hello", "dots": "..", "four parts": token + ".x", "no signature": parts[0] + "." + parts[1] + ".",
			"other body": parts[0] + "." + swap(d, parts[1]) + "." + parts[2], "huge": strings.Repeat("A", 1<<20), "a refresh token": x.Session.RefreshToken,
			"NUL": token + "\x00", "space": " " + token, "bad UTF-8": "\xff\xfe",
		} {
			if _, err := d.Authenticate(d.t.Context(), bad); fault.CodeOf(err) != fault.Unauthenticated || err.Error() != refused {
				d.t.Errorf("%s: %v", name, err)
			}
		}
		if !d.works(x.Session) {
			d.t.Error("the good token suffered")
		}
	})
}

// swap makes another user of a token's body.
func swap(d *desk, body string) string {
	raw, err := base64.RawURLEncoding.DecodeString(body)
	claims := map[string]any{}
	if err != nil || json.Unmarshal(raw, &claims) != nil {
		d.t.Fatal(err)
	}
	claims["sub"] = id.New(id.User)
	raw, _ = json.Marshal(claims)
	return base64.RawURLEncoding.EncodeToString(raw)
}

func TestTokenOfAnotherInstallation(t *testing.T) {
	t.Parallel()
	each(t, func(d *desk) {
		each := func(token string) {
			if _, err := d.trade(token); fault.CodeOf(err) != fault.Unauthenticated {
				d.t.Errorf("%q was traded: %v", token, err)
			}
		}
		x := d.join("ada")
		r := x.Session.RefreshToken
		parts := strings.Split(r, ".")
		each(x.Session.AccessToken)
		each("")
		each(r[:len(r)-24])
		each(parts[0] + ".7." + parts[2])
		each(parts[0] + ".-1." + parts[2])
		each(parts[0] + ".0")
		each(refreshPrefix + id.New(id.Session) + ".0." + parts[2])
		each(parts[0] + ".0." + base64.RawURLEncoding.EncodeToString([]byte("short")))
		each(strings.TrimPrefix(r, refreshPrefix))
		each(strings.Repeat("x", 1<<16))
		if !d.works(x.Session) {
			d.t.Error("guesses ended the session")
		}
		if _, err := d.trade(r); err != nil {
			d.t.Errorf("the good token: %v", err)
		}
	})
}
