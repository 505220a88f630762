package identity

import (
	"context"
	"strings"
	"testing"
	"time"

	"karnak/authz"
	"karnak/ent/entgen"
	"karnak/internal/core/eventlog"
	"karnak/internal/platform/fault"
	"karnak/internal/platform/id"
)

func TestAuthenticateSaysWhoAndUntilWhen(t *testing.T) {
	t.Parallel()
	each(t, func(d *desk) {
		x := d.join("ada")
		c, err := d.Authenticate(d.t.Context(), x.Session.AccessToken)
		if err != nil || c.Actor.UserID != x.User.ID || c.Actor.SessionID != x.Session.ID || c.Actor.Super || !c.Expires.Equal(x.Session.ExpiresAt) {
			d.t.Fatalf("%+v: %v", c, err)
		}
		d.write(func(ctx context.Context, tx *entgen.Client) error {
			return tx.User.UpdateOneID(x.User.ID).SetSuperAdmin(true).Exec(ctx)
		})
		d.clock.Advance(trusted)
		if c, err := d.Authenticate(d.t.Context(), x.Session.AccessToken); err != nil || !c.Actor.Super {
			d.t.Errorf("%+v: %v", c, err)
		}
		if v, err := d.Viewer(d.as(x.Session)); err != nil || v.User.ID != x.User.ID {
			d.t.Errorf("%+v: %v", v, err)
		}
		if v, err := d.Viewer(d.t.Context()); err != nil || v != nil {
			d.t.Errorf("nobody is %+v: %v", v, err)
		}
		d.clock.Advance(d.AccessTTL - trusted)
		if d.works(x.Session) {
			d.t.Error("good past its end")
		}
	})
}

func TestSuspensionReachesTokensSoon(t *testing.T) {
	t.Parallel()
	each(t, func(d *desk) {
		x := d.join("ada")
		if !d.works(x.Session) {
			d.t.Fatal("not good to begin with")
		}
		d.write(func(ctx context.Context, tx *entgen.Client) error {
			return tx.User.UpdateOneID(x.User.ID).SetSuspendedAt(d.clock.Now()).Exec(ctx)
		})
		d.clock.Advance(5 * time.Second)
		if d.works(x.Session) {
			d.t.Error("a suspended user's token is good after 5 seconds")
		}
	})
}

// TestOtherNodesHearOfTheEnd ends a session on one node: the other, which has just taken its token, refuses it as soon as it
// hears, and within seconds even if it does not.
func TestOtherNodesHearOfTheEnd(t *testing.T) {
	t.Parallel()
	each(t, func(a *desk) {
		b := open(a.t, a.db, a.clock, 1)
		told, untold := a.join("ada").Session, a.again("ada")
		closed := 0
		b.OnEnd(told.ID, func() { closed++ })
		detach := b.OnEnd(told.ID, func() { a.t.Error("a socket that was gone is closed") })
		detach()
		detach()
		if !b.works(told) || !b.works(untold) {
			a.t.Fatal("not good to begin with")
		}
		if _, err := a.SignOut(a.as(told), SignOutInput{Everywhere: true}); err != nil {
			a.t.Fatal(err)
		}
		b.Heard(&eventlog.Event{Type: "identity.session.started", ObjectID: told.ID})
		if !b.works(told) {
			a.t.Error("an event of another type ends the session")
		}
		b.Heard(&eventlog.Event{Type: sessionEnded.Name, ObjectID: told.ID})
		if b.works(told) || closed != 1 {
			a.t.Errorf("the node heard and lets it in; %d sockets closed", closed)
		}
		a.clock.Advance(trusted)
		if b.works(untold) {
			a.t.Error("a node that heard nothing lets it in after 3 seconds")
		}
	})
}

// TestEndWhileALookUpRuns ends a session between the look at the database and the moment it is kept as alive.
func TestEndWhileALookUpRuns(t *testing.T) {
	t.Parallel()
	l := newLiveSessions()
	at := l.stamp()
	l.end("sess")
	l.put("sess", live{userID: "user", until: time.Now().Add(time.Hour)}, at)
	if _, ok := l.get("sess"); ok {
		t.Error("a session that ended meanwhile is kept as alive")
	}
	for i := range knownSessions + 5 {
		l.put(strings.Repeat("x", i%7)+string(rune(i)), live{}, l.stamp())
	}
	if len(l.known) > knownSessions {
		t.Errorf("%d sessions are kept, %d are the most", len(l.known), knownSessions)
	}
}

func TestChangePassword(t *testing.T) {
	t.Parallel()
	each(t, func(d *desk) {
		x := d.join("ada")
		other, stranger := d.again("ada"), d.join("eve").Session
		ctx := d.as(x.Session)
		for want, in := range map[string]ChangePasswordInput{
			"newPassword:TOO_SHORT ":               {CurrentPassword: good, NewPassword: "short"},
			"newPassword:TOO_LONG ":                {CurrentPassword: good, NewPassword: strings.Repeat("é", 257)},
			"currentPassword:INVALID_CREDENTIALS ": {CurrentPassword: "not this one", NewPassword: "a new password"},
		} {
			if _, err := d.ChangePassword(ctx, in); issues(err) != want {
				d.t.Errorf("%+v: %v, want %s", in, err, want)
			}
		}
		if !d.works(other) || d.happened(passwordChanged) != 0 {
			d.t.Error("a refused change had an effect")
		}
		p, err := d.ChangePassword(ctx, ChangePasswordInput{CurrentPassword: good, NewPassword: "a new password"})
		if err != nil || p.EndedSessions != 1 {
			d.t.Fatalf("%+v: %v", p, err)
		}
		if !d.works(x.Session) || d.works(other) || !d.works(stranger) {
			d.t.Error("the change ends the caller's other sessions and those alone")
		}
		if _, err := d.trade(other.RefreshToken); fault.CodeOf(err) != fault.Unauthenticated {
			d.t.Errorf("another session refreshes: %v", err)
		}
		if _, err := d.SignIn(d.t.Context(), SignInInput{Email: "ada@example.test", Password: good}); issues(err) != ":INVALID_CREDENTIALS " {
			d.t.Errorf("the old password: %v", err)
		}
		if _, err := d.SignIn(d.t.Context(), SignInInput{Email: "ada@example.test", Password: "a new password"}); err != nil {
			d.t.Errorf("the new password: %v", err)
		}
		for range attempts {
			_, _ = d.ChangePassword(ctx, ChangePasswordInput{CurrentPassword: "guess", NewPassword: "a new password"})
		}
		if _, err := d.ChangePassword(ctx, ChangePasswordInput{CurrentPassword: "a new password", NewPassword: "a newer password"}); fault.CodeOf(err) != fault.Throttled {
			d.t.Errorf("guesses at the password in use: %v", err)
		}
		if _, err := d.ChangePassword(d.t.Context(), ChangePasswordInput{}); fault.CodeOf(err) != fault.Unauthenticated {
			d.t.Errorf("nobody: %v", err)
		}
	})
}

func TestUpdateProfile(t *testing.T) {
	t.Parallel()
	each(t, func(d *desk) {
		x := d.join("ada")
		ctx := d.as(x.Session)
		if _, err := d.UpdateProfile(ctx, UpdateProfileInput{DisplayName: " "}); issues(err) != "displayName:REQUIRED " {
			d.t.Error(err)
		}
		keyed := eventlog.WithMutation(ctx, eventlog.Mutation{Key: "k", Fingerprint: "f"})
		for range 2 {
			p, err := d.UpdateProfile(keyed, UpdateProfileInput{DisplayName: " Ada L. "})
			if err != nil || p.User.DisplayName != "Ada L." || p.User.Version != 2 {
				d.t.Errorf("%+v: %v", p, err)
			}
		}
		if n := d.happened(userUpdated); n != 1 {
			d.t.Errorf("%d events of two requests under one key", n)
		}
		if _, err := d.UpdateProfile(d.t.Context(), UpdateProfileInput{}); fault.CodeOf(err) != fault.Unauthenticated {
			d.t.Error(err)
		}
	})
}

func TestEmailIsShownToFew(t *testing.T) {
	t.Parallel()
	each(t, func(d *desk) {
		ada, eve, admin := d.join("ada"), d.join("eve"), d.join("admin")
		workspace := id.New(id.Workspace)
		d.write(func(ctx context.Context, tx *entgen.Client) error {
			if err := tx.Workspace.Create().SetID(workspace).SetName("w").SetSlug("w").SetCreatedAt(d.clock.Now()).Exec(ctx); err != nil {
				return err
			}
			for u, role := range map[string]string{ada.User.ID: "user", eve.User.ID: "moderator", admin.User.ID: "admin"} {
				if err := tx.Member.Create().SetWorkspaceID(workspace).SetUserID(u).SetRole(role).SetJoinedAt(d.clock.Now()).Exec(ctx); err != nil {
					return err
				}
			}
			return nil
		})
		actor := func(u string, super bool) context.Context {
			return authz.WithActor(d.t.Context(), authz.NewActor(u, "", super, []string{workspace}))
		}
		for name, c := range map[string]struct {
			ctx  context.Context
			seen bool
		}{"herself": {actor(ada.User.ID, false), true}, "a member": {actor(eve.User.ID, false), false}, "an admin": {actor(admin.User.ID, false), true}, "a superAdmin": {actor("user_root", true), true}} {
			got, err := d.Email(c.ctx, ada.User)
			if err != nil || (got != nil) != c.seen {
				d.t.Errorf("%s sees %v: %v", name, got, err)
			}
		}
		d.write(func(ctx context.Context, tx *entgen.Client) error {
			return tx.Member.Update().SetLeftAt(d.clock.Now()).Exec(ctx)
		})
		if got, err := d.Email(actor(admin.User.ID, false), ada.User); err != nil || got != nil {
			d.t.Errorf("an admin sees the address of somebody who left: %v: %v", got, err)
		}
	})
}

func TestVerify(t *testing.T) {
	t.Parallel()
	h, err := hash("a password")
	if err != nil || !verify(h, "a password") || verify(h, "another") || verify(h, "") {
		t.Fatal(err)
	}
	if again, _ := hash("a password"); again == h {
		t.Error("hashes are not salted")
	}
	for _, bad := range []string{"", "$", "$$$$$", "plain", "$argon2i$v=19$m=1,t=1,p=1$AAAA$AAAA", "$argon2id$v=19$m=x,t=1,p=1$AAAA$AAAA",
		"$argon2id$v=19$m=8,t=1,p=1$!!$AAAA", "$argon2id$v=19$m=8,t=1,p=1$AAAA$!!", "$argon2id$v=19$m=8,t=1,p=1$AAAA$"} {
		if verify(bad, "") {
			t.Errorf("%q verifies", bad)
		}
	}
}
