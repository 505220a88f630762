package identity

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"karnak/ent/entgen"
	"karnak/internal/platform/fault"
)

func TestSignUpTellsAllFaultsAtOnce(t *testing.T) {
	t.Parallel()
	each(t, func(d *desk) {
		for want, in := range map[string]SignUpInput{
			"email:REQUIRED password:TOO_SHORT displayName:REQUIRED ": {},
			"email:INVALID password:TOO_SHORT displayName:INVALID ":   {Email: "no address", Password: "123456789", DisplayName: "a\x00b"},
			"email:TOO_LONG password:TOO_LONG displayName:TOO_LONG ":  {Email: strings.Repeat("a", 250) + "@x.test", Password: strings.Repeat("p", 257), DisplayName: strings.Repeat("ä", 81)},
			"email:INVALID ":                     {Email: "Ada <ada@x.test>", Password: good, DisplayName: "Ada"},
			"email:INVALID displayName:INVALID ": {Email: "a@b, c@d", Password: good, DisplayName: "a\nb"},
			"displayName:REQUIRED ":              {Email: "a@x.test", Password: good, DisplayName: " \t\u2003 "},
			"email:TOO_LONG ":                    {Email: strings.Repeat("Ⱥ", 120) + "@x.test", Password: good, DisplayName: "A"},
			"displayName:INVALID ":               {Email: "a@x.test", Password: good, DisplayName: "a\xffb"},
		} {
			_, err := d.SignUp(d.t.Context(), in)
			if got := issues(err); got != want {
				d.t.Errorf("%+v: %s, want %s", in, got, want)
			}
		}
		if n := d.happened(signedUp); n != 0 {
			d.t.Errorf("%d users were made", n)
		}
	})
}

func TestSignUp(t *testing.T) {
	t.Parallel()
	each(t, func(d *desk) {
		ctx := WithClient(d.t.Context(), Client{Address: strings.Repeat("9", 100), UserAgent: "Fire\x00fox\n" + strings.Repeat("ä", 300)})
		p, err := d.SignUp(ctx, SignUpInput{Email: "  Ada@Example.TEST ", Password: strings.Repeat("密", 256), DisplayName: "  Ada \u202e 👩‍🚀 "})
		if err != nil || p.User.Email != "Ada@Example.TEST" || p.User.EmailKey != "ada@example.test" || p.User.DisplayName != "Ada \u202e 👩‍🚀" {
			d.t.Fatalf("%+v: %v", p, err)
		}
		s, err := d.CurrentSession(d.as(p.Session))
		if err != nil || len(s.UserAgent) > 200 || !strings.HasPrefix(s.UserAgent, "Firefoxä") || len(s.Address) != 64 {
			d.t.Errorf("%+v: %v", s, err)
		}
		if !strings.HasPrefix(p.User.PasswordHash, "$argon2id$v=19$m=19456,t=2,p=1$") {
			d.t.Errorf("kept as %s", p.User.PasswordHash)
		}
		for _, address := range []string{"ada@example.test", "ADA@EXAMPLE.TEST", " ada@example.test"} {
			_, err := d.SignUp(d.t.Context(), SignUpInput{Email: address, Password: good, DisplayName: "Other"})
			if issues(err) != "email:TAKEN " {
				d.t.Errorf("%q: %v", address, err)
			}
		}
		in, err := d.SignIn(d.t.Context(), SignInInput{Email: "ada@EXAMPLE.test ", Password: strings.Repeat("密", 256)})
		if err != nil || in.User.ID != p.User.ID || in.Session.ID == p.Session.ID {
			d.t.Errorf("%+v: %v", in, err)
		}
		if d.happened(signedUp) != 1 || d.happened(sessionStarted) != 2 {
			d.t.Errorf("%d sign-ups and %d sessions in the log", d.happened(signedUp), d.happened(sessionStarted))
		}
	})
}

func TestOneAddressSignsUpOnce(t *testing.T) {
	t.Parallel()
	each(t, func(d *desk) {
		var made atomic.Int64
		var wg sync.WaitGroup
		for i := range 6 {
			wg.Go(func() {
				_, err := d.SignUp(d.t.Context(), SignUpInput{Email: "ada@x.test", Password: good, DisplayName: fmt.Sprint("Ada ", i)})
				switch {
				case err == nil:
					made.Add(1)
				case issues(err) != "email:TAKEN ":
					d.t.Error(err)
				}
			})
		}
		wg.Wait()
		if made.Load() != 1 || d.happened(signedUp) != 1 {
			d.t.Errorf("%d sign-ups went well", made.Load())
		}
	})
}

func TestWrongSignInsAnswerAlike(t *testing.T) {
	t.Parallel()
	each(t, func(d *desk) {
		d.join("ada")
		x := d.join("sue")
		d.write(func(ctx context.Context, tx *entgen.Client) error {
			return tx.User.UpdateOneID(x.User.ID).SetSuspendedAt(d.clock.Now()).Exec(ctx)
		})
		answers := map[string]int{}
		for i, in := range []SignInInput{
			{Email: "ada@example.test", Password: "wrong password"}, {Email: "nobody@example.test", Password: good}, {Email: "sue@example.test", Password: good},
			{Email: "", Password: ""}, {Email: "' OR 1=1 --", Password: good}, {Email: "ada@example.test\x00", Password: good}, {Email: strings.Repeat("x", 100_000), Password: strings.Repeat("y", 100_000)},
		} {
			_, err := d.SignIn(d.from(fmt.Sprint("10.0.0.", i)), in)
			if issues(err) != ":INVALID_CREDENTIALS " {
				d.t.Errorf("%.40q: %v", in.Email, err)
				continue
			}
			answers[err.Error()]++
		}
		if len(answers) != 1 {
			d.t.Errorf("answers tell apart: %v", answers)
		}
		if d.works(x.Session) {
			d.t.Error("a suspended user's token is good")
		}
	})
}

func TestGuessesAreThrottled(t *testing.T) {
	t.Parallel()
	each(t, func(d *desk) {
		d.join("ada")
		d.join("eve")
		in := func(address, name, password string) error {
			_, err := d.SignIn(d.from(address), SignInInput{Email: name + "@example.test", Password: password})
			return err
		}
		throttled := func(what string, err error) {
			d.t.Helper()
			var f *fault.Error
			if !errors.As(err, &f) || f.Code != fault.Throttled || f.RetryAfter <= 0 || f.RetryAfter > time.Minute {
				d.t.Errorf("%s: %v", what, err)
			}
		}
		for i := range attempts {
			if err := in(fmt.Sprint("10.0.0.", i), "ada", "wrong"); issues(err) != ":INVALID_CREDENTIALS " {
				d.t.Fatalf("guess %d: %v", i, err)
			}
		}
		throttled("the e-mail, from yet another address", in("10.0.1.1", "ada", "wrong"))
		throttled("the right password too", in("10.0.1.2", "ada", good))
		throttled("the e-mail, written otherwise", in("10.0.1.3", "ADA", good))
		if err := in("10.0.0.1", "eve", good); err != nil {
			d.t.Errorf("somebody else: %v", err)
		}
		for i := range attempts {
			if err := in("10.6.6.6", fmt.Sprint("nobody", i), "wrong"); issues(err) != ":INVALID_CREDENTIALS " {
				d.t.Fatalf("guess %d: %v", i, err)
			}
		}
		throttled("the address, whoever it asks for", in("10.6.6.6", "eve", good))
		long := strings.Repeat("x", 5000)
		for i := range attempts {
			if err := in(fmt.Sprint("10.7.0.", i), long, "wrong"); issues(err) != ":INVALID_CREDENTIALS " {
				d.t.Fatalf("guess %d: %v", i, err)
			}
		}
		throttled("an endless e-mail is counted by its beginning", in("10.7.1.1", long+"y", "wrong"))
		d.clock.Advance(time.Minute)
		if err := in("10.0.1.1", "ada", good); err != nil {
			d.t.Errorf("after a while: %v", err)
		}
		for range 3 * attempts {
			if err := in("10.8.8.8", "eve", good); err != nil {
				d.t.Fatalf("right passwords are not counted: %v", err)
			}
		}
	})
}

func TestSignUpsAreThrottled(t *testing.T) {
	t.Parallel()
	each(t, func(d *desk) {
		var last error
		for i := range 15 {
			_, err := d.SignUp(d.from("10.1.1.1"), SignUpInput{Email: "ada@x.test", Password: good, DisplayName: fmt.Sprint(i)})
			if last = err; fault.CodeOf(err) == fault.Throttled {
				if i != 12 {
					d.t.Errorf("throttled after %d", i)
				}
				break
			}
		}
		if fault.CodeOf(last) != fault.Throttled {
			d.t.Errorf("never throttled: %v", last)
		}
	})
}
