package scenario_test

import (
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"karnak/ent/enttest"
	"karnak/internal/app/apptest"
	"karnak/internal/platform/clock"
)

// ticking runs a test on a node of each engine whose clock the test moves.
func ticking(t *testing.T, f func(t *testing.T, n *apptest.Node, c *clock.Manual)) {
	t.Helper()
	clocked(t, time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC), apptest.Options{}, f)
}

// clocked is ticking for nodes of one's own. Each engine has a clock of its own.
func clocked(t *testing.T, at time.Time, o apptest.Options, f func(t *testing.T, n *apptest.Node, c *clock.Manual)) {
	t.Helper()
	for _, e := range enttest.Engines {
		t.Run(e, func(t *testing.T) {
			t.Parallel()
			c := clock.NewManual(at)
			own := o
			own.Clock = c
			f(t, apptest.Start(t, e, own), c)
		})
	}
}

const (
	refreshSession = `mutation($t: String!) { refreshSession(input: {refreshToken: $t}) { session { accessToken refreshToken } userErrors { code } } }`
	signingIn      = `mutation($e: String!, $p: String!) { signIn(input: {email: $e, password: $p}) { session { accessToken refreshToken } userErrors { code message } } }`
	whoAmI         = `{ viewer { user { id } session { current } sessions(first: 10) { totalCount } } }`
)

func TestRefresh(t *testing.T) {
	t.Parallel()
	ticking(t, func(t *testing.T, n *apptest.Node, c *clock.Manual) {
		p := n.SignUp(t, "Refresher")
		refresh := func(token string) (apptest.Answer, [2]string) {
			a := n.Do(t, "", refreshSession, apptest.Vars{"t": token})
			return a, [2]string{a.Text("refreshSession.session.accessToken"), a.Text("refreshSession.session.refreshToken")}
		}
		c.Advance(time.Minute)
		_, first := refresh(p.Refresh)
		c.Advance(9 * time.Second)
		if _, again := refresh(p.Refresh); again != first || first[1] == p.Refresh || first[0] == "" {
			t.Fatalf("two tabs get different pairs: %v and %v", first, again)
		}
		for name, token := range map[string]string{"an access token": first[0], "nothing": "", "another's": strings.Replace(first[1], ".1.", ".7.", 1)} {
			if a, _ := refresh(token); a.Code() != "UNAUTHENTICATED" {
				t.Errorf("%s refreshes: %s", name, a.Body)
			}
		}
		if a := n.Do(t, first[1], whoAmI, nil); a.Status != http.StatusUnauthorized {
			t.Errorf("a refresh token signs in: %d %s", a.Status, a.Body)
		}
		n.Must(t, first[0], whoAmI, nil)
		c.Advance(2 * time.Second)
		if a, _ := refresh(p.Refresh); a.Code() != "UNAUTHENTICATED" {
			t.Errorf("a token of before refreshes after the grace: %s", a.Body)
		}
		if a, _ := refresh(first[1]); a.Code() != "UNAUTHENTICATED" {
			t.Errorf("the session goes on after a reuse: %s", a.Body)
		}
		if a := n.Do(t, first[0], whoAmI, nil); a.Status != http.StatusUnauthorized {
			t.Errorf("the access token goes on after a reuse: %s", a.Body)
		}
	})
}

func TestTokens(t *testing.T) {
	t.Parallel()
	ticking(t, func(t *testing.T, n *apptest.Node, c *clock.Manual) {
		p := n.SignUp(t, "Holder")
		parts := strings.Split(p.Token, ".")
		var head, body map[string]any
		read := func(s string, into *map[string]any) {
			b, err := base64.RawURLEncoding.DecodeString(s)
			if err != nil || json.Unmarshal(b, into) != nil {
				t.Fatal("the token is no JWT")
			}
		}
		read(parts[0], &head)
		read(parts[1], &body)
		_, foreign, err := ed25519.GenerateKey(rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		kid := fmt.Sprint(head["kid"])
		for name, token := range map[string]string{
			"none":          forged(map[string]any{"alg": "none", "kid": kid}, body, func([]byte) []byte { return nil }),
			"HS256":         forged(map[string]any{"alg": "HS256", "kid": kid}, body, func(b []byte) []byte { h := hmac.New(sha256.New, []byte(kid)); h.Write(b); return h.Sum(nil) }),
			"foreign key":   forged(head, body, func(b []byte) []byte { return ed25519.Sign(foreign, b) }),
			"kid with path": forged(map[string]any{"alg": "EdDSA", "kid": "../../etc/passwd"}, body, func(b []byte) []byte { return ed25519.Sign(foreign, b) }),
			"no kid":        forged(map[string]any{"alg": "EdDSA"}, body, func(b []byte) []byte { return ed25519.Sign(foreign, b) }),
			"jku":           forged(map[string]any{"alg": "EdDSA", "kid": kid, "jku": "http://127.0.0.1:1/keys"}, body, func(b []byte) []byte { return ed25519.Sign(foreign, b) }),
			"other body":    parts[0] + "." + base64.RawURLEncoding.EncodeToString([]byte(`{"sub":"user_00000000000000000000000000"}`)) + "." + parts[2],
			"cut":           p.Token[:len(p.Token)-4],
			"long":          p.Token + strings.Repeat("a", 8<<10),
			"words":         "not a token",
		} {
			if a := n.Do(t, token, whoAmI, nil); a.Status != http.StatusUnauthorized || a.Code() != "UNAUTHENTICATED" {
				t.Errorf("%s: %d %s", name, a.Status, a.Body)
			}
		}
		n.Must(t, p.Token, whoAmI, nil)
		c.Advance(15*time.Minute + time.Second)
		if a := n.Do(t, p.Token, whoAmI, nil); a.Status != http.StatusUnauthorized {
			t.Errorf("an access token outlives its end: %s", a.Body)
		}
	})
}

func forged(head, body map[string]any, sign func([]byte) []byte) string {
	part := func(v any) string {
		b, _ := json.Marshal(v)
		return base64.RawURLEncoding.EncodeToString(b)
	}
	text := part(head) + "." + part(body)
	return text + "." + base64.RawURLEncoding.EncodeToString(sign([]byte(text)))
}

func TestKeysRotate(t *testing.T) {
	t.Parallel()
	ticking(t, func(t *testing.T, n *apptest.Node, c *clock.Manual) {
		p := n.SignUp(t, "Patient")
		c.Advance(30*24*time.Hour - time.Minute)
		old := n.Must(t, "", signingIn, apptest.Vars{"e": p.Email, "p": apptest.Password}).Text("signIn.session.accessToken")
		c.Advance(2 * time.Minute)
		fresh := n.Must(t, "", signingIn, apptest.Vars{"e": p.Email, "p": apptest.Password}).Text("signIn.session.accessToken")
		if strings.Split(old, ".")[0] == strings.Split(fresh, ".")[0] {
			t.Error("the key signs past its time")
		}
		n.Must(t, old, whoAmI, nil)
		n.Must(t, fresh, whoAmI, nil)
	})
}

func TestSignIn(t *testing.T) {
	t.Parallel()
	ticking(t, func(t *testing.T, n *apptest.Node, c *clock.Manual) {
		p := n.SignUp(t, "Victim")
		wrong := n.Do(t, "", signingIn, apptest.Vars{"e": p.Email, "p": "wrong password"})
		unknown := n.Do(t, "", signingIn, apptest.Vars{"e": "nobody@example.test", "p": "wrong password"})
		if string(wrong.Body) != string(unknown.Body) || !slices.Equal(wrong.UserErrors("signIn"), []string{"INVALID_CREDENTIALS"}) {
			t.Errorf("a wrong password and an unknown address differ: %s and %s", wrong.Body, unknown.Body)
		}
		var many strings.Builder
		for i := range 30 {
			fmt.Fprintf(&many, "a%d: signIn(input: {email: %q, password: \"wrong password\"}) { userErrors { code } }\n", i, p.Email)
		}
		if a := n.Do(t, "", "mutation {"+many.String()+"}", nil); a.Code() != "THROTTLED" || a.Errors[0].Extensions["retryAfterMs"] == nil {
			t.Errorf("thirty guesses in one document: %s", a.Body)
		}
		if a := n.Do(t, "", signingIn, apptest.Vars{"e": p.Email, "p": apptest.Password}); a.Code() != "THROTTLED" {
			t.Errorf("the right password tells itself while throttled: %s", a.Body)
		}
		c.Advance(2 * time.Minute)
		n.Must(t, "", signingIn, apptest.Vars{"e": p.Email, "p": apptest.Password})
		faults := n.Do(t, "", `mutation { signUp(input: {email: "no", password: "short", displayName: " "}) { userErrors { code field } } }`, nil)
		if !slices.Equal(faults.UserErrors("signUp"), []string{"INVALID", "TOO_SHORT", "REQUIRED"}) {
			t.Errorf("not every faulty field at once: %s", faults.Body)
		}
	})
}

func TestSessionsEnd(t *testing.T) {
	t.Parallel()
	apptest.Each(t, apptest.Options{}, func(t *testing.T, n *apptest.Node) {
		p := n.SignUp(t, "Traveller")
		session := func() string {
			return n.Must(t, "", signingIn, apptest.Vars{"e": p.Email, "p": apptest.Password}).Text("signIn.session.accessToken")
		}
		dead := func(what string, tokens ...string) {
			t.Helper()
			for _, token := range tokens {
				if a := n.Do(t, token, whoAmI, nil); a.Status != http.StatusUnauthorized {
					t.Errorf("%s: a session goes on: %s", what, a.Body)
				}
			}
		}
		second, third := session(), session()
		if a := n.Must(t, third, whoAmI, nil); a.Get("viewer.sessions.totalCount") != 3.0 {
			t.Errorf("sessions: %s", a.Body)
		}
		n.Must(t, second, `mutation { signOut(input: {}) { endedSessions userErrors { code } } }`, nil)
		dead("signOut", second)
		change := `mutation($c: String!) { changePassword(input: {currentPassword: $c, newPassword: "another good password"}) { endedSessions userErrors { code } } }`
		if a := n.Do(t, third, change, apptest.Vars{"c": "wrong"}); !slices.Equal(a.UserErrors("changePassword"), []string{"INVALID_CREDENTIALS"}) {
			t.Errorf("changePassword: %s", a.Body)
		}
		n.Must(t, third, change, apptest.Vars{"c": apptest.Password})
		dead("changePassword", p.Token)
		n.Must(t, third, whoAmI, nil)
		other := n.SignUp(t, "Other")
		id := n.Must(t, other.Token, `{ viewer { session { id } } }`, nil).Text("viewer.session.id")
		revoke := `mutation($s: ID!) { revokeSession(input: {sessionId: $s}) { sessionId userErrors { code } } }`
		if a := n.Do(t, third, revoke, apptest.Vars{"s": id}); !slices.Equal(a.UserErrors("revokeSession"), []string{"NOT_FOUND"}) {
			t.Errorf("another's session is revoked: %s", a.Body)
		}
		n.Must(t, third, `mutation { signOut(input: {everywhere: true}) { endedSessions userErrors { code } } }`, nil)
		dead("everywhere", third)
		n.Must(t, other.Token, whoAmI, nil)
	})
}
