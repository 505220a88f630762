package faults_test

import (
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// TestForgedTokens tries every forgery by every way in: POST, GET and the socket. Nothing is asked of the addresses that they
// name. internal/domain/identity holds the same for tokens signed with the right key.
func TestForgedTokens(t *testing.T) {
	t.Parallel()
	var calls atomic.Int64
	lure := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { calls.Add(1) }))
	defer lure.Close()
	w := production(t)
	p := w.signedUp(t, "victim")
	for name, token := range forgeries(t, w, p.Token, lure.URL) {
		t.Run(name, func(t *testing.T) {
			w.cheap(t, func(t *testing.T) reply {
				r := w.post(t, whoAmI, "", "Authorization", "Bearer "+token)
				if r.Status != http.StatusUnauthorized || r.Code() != "UNAUTHENTICATED" || r.Header.Get("WWW-Authenticate") == "" {
					t.Errorf("answered with %d %.300s", r.Status, r.Body)
				}
				return r
			})
			if r := w.send(t, http.MethodGet, "?query="+url.QueryEscape(whoAmI), nil, "Authorization", "Bearer "+token); r.Status != http.StatusUnauthorized {
				t.Errorf("by GET: %d", r.Status)
			}
			s := plug(t, w.URL())
			s.write(t, "", "connection_init", map[string]string{"authorization": "Bearer " + token})
			if code, _ := s.closed(t); code != 4401 {
				t.Errorf("the socket closed with %d", code)
			}
		})
	}
	if n := calls.Load(); n != 0 {
		t.Errorf("%d calls went out", n)
	}
	if r := w.post(t, whoAmI, "", "Authorization", "Bearer "+p.Token); r.Text("viewer.user.id") != p.ID {
		t.Errorf("the good token suffered: %s", r.Body)
	}
	t.Run("in the wrong place", func(t *testing.T) {
		q := "?query=" + url.QueryEscape(whoAmI)
		for name, r := range map[string]reply{
			"in the URL":    w.send(t, http.MethodGet, q+"&access_token="+p.Token+"&authorization=Bearer%20"+p.Token+"&api_key="+p.Token, nil),
			"in a cookie":   w.post(t, whoAmI, "", "Cookie", "authorization="+p.Token+"; token="+p.Token),
			"in a variable": w.post(t, whoAmI, `{"authorization":"Bearer `+p.Token+`"}`),
		} {
			if r.Data["viewer"] != nil || r.Status != http.StatusOK {
				t.Errorf("%s: %d %s", name, r.Status, r.Body)
			}
		}
		for _, header := range []string{p.Token, "Basic " + p.Token, "Bearer", "Bearer " + p.Refresh} {
			if r := w.post(t, whoAmI, "", "Authorization", header); r.Status != http.StatusUnauthorized {
				t.Errorf("%.10q: %d %s", header, r.Status, r.Body)
			}
		}
		if r := w.post(t, refresh, `{"t":"`+p.Token+`"}`); r.Code() != "UNAUTHENTICATED" {
			t.Errorf("an access token refreshes: %s", r.Body)
		}
	})
}

// forgeries makes tokens of a good one, as somebody can who has the public keys.
func forgeries(t *testing.T, w *wall, good, lure string) map[string]string {
	t.Helper()
	parsed, _, err := jwt.NewParser().ParseUnverified(good, jwt.MapClaims{})
	if err != nil {
		t.Fatal(err)
	}
	kid, claims := parsed.Header["kid"], parsed.Claims.(jwt.MapClaims)
	_, stranger, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	forge := func(method jwt.SigningMethod, key any, header map[string]any, changed map[string]any) string {
		c := jwt.MapClaims{}
		for k, v := range claims {
			c[k] = v
		}
		for k, v := range changed {
			c[k] = v
		}
		x := jwt.NewWithClaims(method, c)
		x.Header["kid"] = kid
		for k, v := range header {
			x.Header[k] = v
		}
		s, err := x.SignedString(key)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	own := func(header, changed map[string]any) string {
		return forge(jwt.SigningMethodEdDSA, stranger, header, changed)
	}
	public, later := w.publicKey(t), time.Now().Add(time.Hour).Unix()
	parts := strings.Split(good, ".")
	jwk := map[string]string{"kty": "OKP", "crv": "Ed25519", "x": base64.RawURLEncoding.EncodeToString(stranger.Public().(ed25519.PublicKey))}
	return map[string]string{
		"alg none":               forge(jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType, nil, nil),
		"alg nOnE":               part(t, map[string]any{"alg": "nOnE", "kid": kid}) + "." + parts[1] + ".",
		"HS256 by public key":    forge(jwt.SigningMethodHS256, public, nil, nil),
		"HS256 by its text":      forge(jwt.SigningMethodHS256, []byte(base64.RawURLEncoding.EncodeToString(public)), nil, nil),
		"kid with a path":        own(map[string]any{"kid": "../../../../dev/null"}, nil),
		"kid with a URL":         own(map[string]any{"kid": lure}, nil),
		"kid with SQL":           own(map[string]any{"kid": "' UNION SELECT 1 --"}, nil),
		"jku":                    own(map[string]any{"jku": lure + "/jwks.json"}, nil),
		"x5u":                    own(map[string]any{"x5u": lure + "/cert.pem"}, nil),
		"jwk":                    own(map[string]any{"jwk": jwk}, nil),
		"crit":                   own(map[string]any{"crit": []string{"exp"}}, nil),
		"issuer with a URL":      own(nil, map[string]any{"iss": lure}),
		"another user":           parts[0] + "." + part(t, map[string]any{"iss": "karnak", "aud": "karnak", "sub": "user_00000000000000000000000000", "sid": claims["sid"], "exp": later}) + "." + parts[2],
		"a longer life":          parts[0] + "." + part(t, map[string]any{"iss": "karnak", "aud": "karnak", "sub": claims["sub"], "sid": claims["sid"], "exp": later}) + "." + parts[2],
		"without its signature":  parts[0] + "." + parts[1] + ".",
		"signature of another":   parts[0] + "." + parts[1] + "." + strings.Repeat("A", len(parts[2])),
		"16 KB":                  good + strings.Repeat("A", 16<<10),
		"five parts, as if JWE":  good + ".a.b",
		"a token of nothing":     "..",
		"JSON instead of a JWT":  `{"sub":"admin"}`,
		"expired, own signature": own(nil, map[string]any{"exp": 1, "nbf": later}),
	}
}

func part(t *testing.T, v any) string {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return base64.RawURLEncoding.EncodeToString(b)
}

// publicKey is the key that the server tells everybody.
func (w *wall) publicKey(t *testing.T) []byte {
	t.Helper()
	_, body := w.get(t, "/.well-known/jwks.json")
	var set struct{ Keys []struct{ X string } }
	if err := json.Unmarshal([]byte(body), &set); err != nil || len(set.Keys) == 0 {
		t.Fatalf("no keys: %v %s", err, body)
	}
	b, err := base64.RawURLEncoding.DecodeString(set.Keys[0].X)
	if err != nil {
		t.Fatal(err)
	}
	return b
}
