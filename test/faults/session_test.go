package faults_test

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"karnak/authz"
	"karnak/ent"
	"karnak/ent/entgen/event"
	"karnak/ent/entgen/user"
	"karnak/internal/app/apptest"
	"karnak/internal/platform/clock"
)

const (
	signIn  = `mutation($e:String!,$p:String!){signIn(input:{email:$e,password:$p}){session{accessToken refreshToken} userErrors{code}}}`
	refresh = `mutation($t:String!){refreshSession(input:{refreshToken:$t}){session{accessToken refreshToken} userErrors{code}}}`
	whoAmI  = `{viewer{user{id} session{id}}}`
)

// dead is how soon nothing of an ended session works any more.
const dead = 5 * time.Second

// TestSessionsEndEverywhere ends sessions in every way there is: their tokens and their sockets die within five seconds, and
// those of others do not.
func TestSessionsEndEverywhere(t *testing.T) {
	t.Parallel()
	apptest.Each(t, apptest.Options{}, func(t *testing.T, n *apptest.Node) {
		for name, end := range map[string]func(t *testing.T, p apptest.Person, own, second apptest.Person) []apptest.Person{
			"sign-out": func(t *testing.T, _, own, _ apptest.Person) []apptest.Person {
				n.Must(t, own.Token, `mutation{signOut(input:{}){endedSessions userErrors{code}}}`, nil)
				return []apptest.Person{own}
			},
			"sign-out everywhere": func(t *testing.T, p, own, second apptest.Person) []apptest.Person {
				n.Must(t, own.Token, `mutation{signOut(input:{everywhere:true}){endedSessions userErrors{code}}}`, nil)
				return []apptest.Person{p, own, second}
			},
			"a session revoked": func(t *testing.T, _, own, second apptest.Person) []apptest.Person {
				id := n.Must(t, second.Token, whoAmI, nil).Text("viewer.session.id")
				n.Must(t, own.Token, `mutation($s:ID!){revokeSession(input:{sessionId:$s}){userErrors{code}}}`, apptest.Vars{"s": id})
				return []apptest.Person{second}
			},
			"a new password": func(t *testing.T, p, own, second apptest.Person) []apptest.Person {
				n.Must(t, own.Token, `mutation($p:String!){changePassword(input:{currentPassword:$p,newPassword:"another good password"}){userErrors{code}}}`,
					apptest.Vars{"p": apptest.Password})
				return []apptest.Person{p, second}
			},
			"suspension": func(t *testing.T, p, own, second apptest.Person) []apptest.Person {
				n.Write(t, func(tx *ent.Tx) error {
					return tx.User.Update().Where(user.ID(p.ID)).SetSuspendedAt(time.Now()).Exec(authz.System(t.Context(), "test"))
				})
				return []apptest.Person{p, own, second}
			},
		} {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				p, bystander := n.SignUp(t, "Victim"), n.SignUp(t, "Bystander")
				own, second := again(t, n, p), again(t, n, p)
				open := map[string]*socket{}
				for _, x := range []apptest.Person{p, own, second, bystander} {
					open[x.Token] = welcome(t, n.URL, x.Token)
					open[x.Token].write(t, "a", "subscribe", map[string]any{"query": `subscription($w:ID!){activity(workspaceId:$w){id}}`, "variables": map[string]string{"w": x.Personal}})
				}
				ended := end(t, p, own, second)
				began := time.Now()
				for _, x := range ended {
					if code, _ := open[x.Token].closed(t); code != 4403 {
						t.Errorf("the socket closed with %d", code)
					}
					delete(open, x.Token)
				}
				if took := time.Since(began); took > dead {
					t.Errorf("the sockets closed after %s", took)
				}
				for _, x := range ended {
					if a := n.Do(t, x.Token, whoAmI, nil); a.Status != http.StatusUnauthorized {
						t.Errorf("the access token goes on: %s", a.Body)
					}
					if a := n.Do(t, "", refresh, apptest.Vars{"t": x.Refresh}); a.Code() != "UNAUTHENTICATED" {
						t.Errorf("the refresh token goes on: %s", a.Body)
					}
				}
				for token, s := range open {
					n.Must(t, token, whoAmI, nil)
					s.write(t, "b", "subscribe", map[string]string{"query": "{__typename}"})
					if m, err := s.read(t); err != nil || m.ID != "b" {
						t.Errorf("another's socket: %+v %v", m, err)
					}
				}
			})
		}
	})
}

// again signs a person in once more.
func again(t *testing.T, n *apptest.Node, p apptest.Person) apptest.Person {
	t.Helper()
	a := n.Must(t, "", signIn, apptest.Vars{"e": p.Email, "p": apptest.Password})
	p.Token, p.Refresh = a.Text("signIn.session.accessToken"), a.Text("signIn.session.refreshToken")
	return p
}

// TestStolenRefreshTokens uses a refresh token again: within ten seconds both get the same pair; later, or one of an older
// generation, and the session ends with its sockets, which the log tells.
func TestStolenRefreshTokens(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		trades int
		later  time.Duration
	}{"late": {1, 11 * time.Second}, "of an older generation": {2, time.Second}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			hours := clock.NewManual(time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC))
			n := apptest.Start(t, "sqlite3", apptest.Options{Clock: hours, Idle: true})
			p := n.SignUp(t, "Refresher")
			trade := func(token string) (access, next string) {
				a := n.Must(t, "", refresh, apptest.Vars{"t": token})
				return a.Text("refreshSession.session.accessToken"), a.Text("refreshSession.session.refreshToken")
			}
			access, next := "", p.Refresh
			for range c.trades {
				before := next
				access, next = trade(before)
				hours.Advance(5 * time.Second)
				if a, b := trade(before); a != access || b != next {
					t.Error("two tabs get different pairs")
				}
			}
			hours.Advance(c.later)
			s := welcome(t, n.URL, access)
			if a := n.Do(t, "", refresh, apptest.Vars{"t": p.Refresh}); a.Code() != "UNAUTHENTICATED" {
				t.Errorf("an old token is traded: %s", a.Body)
			}
			if code, took := s.closed(t); code != 4403 || took > dead {
				t.Errorf("the socket closed with %d after %s", code, took)
			}
			for what, a := range map[string]apptest.Answer{"access": n.Do(t, access, whoAmI, nil), "refresh": n.Do(t, "", refresh, apptest.Vars{"t": next})} {
				if a.Code() != "UNAUTHENTICATED" {
					t.Errorf("the %s token goes on: %s", what, a.Body)
				}
			}
			told, err := n.DB().Client().Event.Query().Where(event.Type("identity.session.reuse_detected"), event.SubjectID(p.ID)).Count(authz.System(t.Context(), "test"))
			if err != nil || told != 1 {
				t.Errorf("the log tells of it %d times: %v", told, err)
			}
		})
	}
}

// TestKnownAndUnknownAddressesTakeTheSameTime compares the processor's work for wrong passwords, by the clock on the wall of
// calls one after the other.
func TestKnownAndUnknownAddressesTakeTheSameTime(t *testing.T) {
	t.Parallel()
	w := production(t)
	const pairs = 12
	known := w.signedUp(t, "known")
	cost := func(email string) time.Duration {
		before := w.processor(t)
		r := w.post(t, fmt.Sprintf(`mutation{signIn(input:{email:%q,password:"wrong password"}){userErrors{code}}}`, email), "")
		if codes := r.UserErrors("signIn"); len(codes) != 1 || codes[0] != "INVALID_CREDENTIALS" {
			t.Fatalf("%s", r.Body)
		}
		return w.processor(t) - before
	}
	best := map[bool]time.Duration{true: time.Hour, false: time.Hour}
	// Twenty wrong ones are answered, then no more for a while.
	for i := range pairs - 3 {
		best[true] = min(best[true], cost(known.Email))
		best[false] = min(best[false], cost(fmt.Sprintf("unknown%d@example.test", i)))
	}
	if d := best[true] - best[false]; d.Abs() > best[true]/4 {
		t.Errorf("a known address takes %s, an unknown one %s", best[true], best[false])
	}
	t.Logf("known %s, unknown %s of processor time", best[true], best[false])
}
