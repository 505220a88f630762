package identity

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"karnak/authz"
	"karnak/ent/entgen"
	"karnak/internal/platform/fault"
	"karnak/internal/platform/id"
	"karnak/internal/platform/page"
)

func TestRefreshRotates(t *testing.T) {
	t.Parallel()
	each(t, func(d *desk) {
		first := d.join("ada").Session
		d.clock.Advance(time.Minute)
		second, err := d.trade(first.RefreshToken)
		if err != nil || second.ID != first.ID || second.RefreshToken == first.RefreshToken || second.AccessToken == first.AccessToken {
			d.t.Fatalf("%+v: %v", second, err)
		}
		if !second.ExpiresAt.Equal(d.clock.Now().Add(d.AccessTTL)) || !d.works(second) || !d.works(first) {
			d.t.Errorf("the pair ends at %s", second.ExpiresAt)
		}
		// Within the grace the token of before answers with the very same pair, however often.
		d.clock.Advance(grace)
		for range 3 {
			again, err := d.trade(first.RefreshToken)
			if err != nil || *again != *second {
				d.t.Errorf("within the grace: %+v, want %+v: %v", again, second, err)
			}
		}
		d.clock.Advance(time.Hour)
		third, err := d.trade(second.RefreshToken)
		if err != nil || !d.works(third) || d.works(second) {
			d.t.Errorf("later: %v", err)
		}
		if d.happened(reuseDetected) != 0 || d.happened(sessionEnded) != 0 {
			d.t.Error("ordinary use is told as theft")
		}
	})
}

func TestReuseEndsTheSession(t *testing.T) {
	t.Parallel()
	for name, reuse := range map[string]func(d *desk, first, second *AuthSession) string{
		"after the grace": func(d *desk, first, _ *AuthSession) string {
			d.clock.Advance(grace + time.Microsecond)
			return first.RefreshToken
		},
		"older generation": func(d *desk, first, second *AuthSession) string {
			if _, err := d.trade(second.RefreshToken); err != nil {
				d.t.Fatal(err)
			}
			return first.RefreshToken
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			each(t, func(d *desk) {
				x := d.join("ada")
				first, other := x.Session, d.again("ada")
				second, err := d.trade(first.RefreshToken)
				if err != nil {
					d.t.Fatal(err)
				}
				closed := 0
				d.OnEnd(first.ID, func() { closed++ })
				old := reuse(d, first, second)
				if _, err := d.trade(old); fault.CodeOf(err) != fault.Unauthenticated {
					d.t.Errorf("an old token: %v", err)
				}
				if d.works(second) || closed != 1 {
					d.t.Errorf("the session lives on; %d sockets were closed", closed)
				}
				if _, err := d.trade(second.RefreshToken); fault.CodeOf(err) != fault.Unauthenticated {
					d.t.Errorf("the newest token: %v", err)
				}
				if _, err := d.trade(old); fault.CodeOf(err) != fault.Unauthenticated {
					d.t.Errorf("the old token once more: %v", err)
				}
				if !d.works(other) {
					d.t.Error("another session of the user ended too")
				}
				if r, e := d.happened(reuseDetected), d.happened(sessionEnded); r != 1 || e != 1 {
					d.t.Errorf("%d events of reuse and %d of an end, want one of each", r, e)
				}
			})
		})
	}
}

func TestTabsRefreshAtOnce(t *testing.T) {
	t.Parallel()
	each(t, func(d *desk) {
		first := d.join("ada").Session
		d.clock.Advance(time.Minute)
		var mu sync.Mutex
		pairs := map[AuthSession]int{}
		var wg sync.WaitGroup
		for range 8 {
			wg.Go(func() {
				p, err := d.trade(first.RefreshToken)
				if err != nil {
					d.t.Error(err)
					return
				}
				mu.Lock()
				pairs[*p]++
				mu.Unlock()
			})
		}
		wg.Wait()
		if len(pairs) != 1 {
			d.t.Errorf("%d different pairs", len(pairs))
		}
	})
}

func TestRefreshOfWhatHasEnded(t *testing.T) {
	t.Parallel()
	each(t, func(d *desk) {
		x := d.join("ada")
		d.clock.Advance(d.RefreshTTL)
		if _, err := d.trade(x.Session.RefreshToken); fault.CodeOf(err) != fault.Unauthenticated {
			d.t.Errorf("past its life: %v", err)
		}
		y := d.again("ada")
		d.clock.Advance(d.RefreshTTL - time.Second)
		z, err := d.trade(y.RefreshToken)
		if err != nil {
			d.t.Errorf("a second before its end: %v", err)
		}
		d.clock.Advance(d.RefreshTTL - time.Second)
		if z, err = d.trade(z.RefreshToken); err != nil {
			d.t.Errorf("each refresh gives it its life anew: %v", err)
		}
		d.write(func(ctx context.Context, tx *entgen.Client) error {
			return tx.User.UpdateOneID(x.User.ID).SetSuspendedAt(d.clock.Now()).Exec(ctx)
		})
		if _, err := d.trade(z.RefreshToken); fault.CodeOf(err) != fault.Unauthenticated {
			d.t.Errorf("of somebody suspended: %v", err)
		}
		if d.happened(reuseDetected) != 0 {
			d.t.Error("told as theft")
		}
	})
}

func TestSignOut(t *testing.T) {
	t.Parallel()
	each(t, func(d *desk) {
		x := d.join("ada").Session
		others := []*AuthSession{d.again("ada"), d.again("ada"), d.again("ada")}
		stranger := d.join("eve").Session
		ctx := d.as(others[0])
		if p, err := d.SignOut(ctx, SignOutInput{}); err != nil || p.EndedSessions != 1 {
			d.t.Errorf("%+v: %v", p, err)
		}
		if d.works(others[0]) || !d.works(x) || !d.works(others[1]) {
			d.t.Error("signing out ends the session of the call and no other")
		}
		if _, err := d.trade(others[0].RefreshToken); fault.CodeOf(err) != fault.Unauthenticated {
			d.t.Errorf("refreshed after signing out: %v", err)
		}
		if p, err := d.SignOut(d.as(x), SignOutInput{Everywhere: true}); err != nil || p.EndedSessions != 3 {
			d.t.Errorf("everywhere: %+v: %v", p, err)
		}
		if d.works(x) || d.works(others[1]) || d.works(others[2]) || !d.works(stranger) {
			d.t.Error("everywhere is everywhere of one's own")
		}
		if _, err := d.SignOut(d.t.Context(), SignOutInput{}); fault.CodeOf(err) != fault.Unauthenticated {
			d.t.Errorf("nobody signs out: %v", err)
		}
		if n := d.happened(sessionEnded); n != 4 {
			d.t.Errorf("%d sessions ended by the log, want 4", n)
		}
	})
}

func TestRevokeSession(t *testing.T) {
	t.Parallel()
	each(t, func(d *desk) {
		x := d.join("ada")
		other, stranger := d.again("ada"), d.join("eve").Session
		ctx := d.as(x.Session)
		super := authz.WithActor(d.t.Context(), authz.NewActor(x.User.ID, x.Session.ID, true, nil))
		missing := ""
		for _, who := range []context.Context{ctx, super} {
			for _, session := range []string{stranger.ID, id.New(id.Session), "", "sess_x", x.User.ID} {
				_, err := d.RevokeSession(who, RevokeSessionInput{SessionID: session})
				if missing == "" {
					missing = err.Error()
				}
				if issues(err) != "sessionId:NOT_FOUND " || err.Error() != missing {
					d.t.Errorf("session %q: %v", session, err)
				}
			}
		}
		if p, err := d.RevokeSession(ctx, RevokeSessionInput{SessionID: other.ID}); err != nil || *p.SessionID != other.ID {
			d.t.Errorf("%+v: %v", p, err)
		}
		if d.works(other) || !d.works(x.Session) || !d.works(stranger) {
			d.t.Error("another session ended than was named")
		}
		if _, err := d.RevokeSession(ctx, RevokeSessionInput{SessionID: other.ID}); issues(err) != "sessionId:NOT_FOUND " {
			d.t.Errorf("an ended one: %v", err)
		}
		if s, err := d.SessionByID(ctx, other.ID); err != nil || s != nil {
			d.t.Errorf("an ended session is shown: %+v: %v", s, err)
		}
		if s, err := d.SessionByID(ctx, stranger.ID); err != nil || s != nil {
			d.t.Errorf("a stranger's session is shown: %+v: %v", s, err)
		}
		if s, err := d.CurrentSession(ctx); err != nil || s.ID != x.Session.ID || !s.Current {
			d.t.Errorf("%+v: %v", s, err)
		}
	})
}

func TestSessionsPage(t *testing.T) {
	t.Parallel()
	each(t, func(d *desk) {
		first := d.join("ada").Session
		d.join("eve")
		want := []string{first.ID}
		for range 6 {
			want = append(want, d.again("ada").ID)
		}
		ended := d.again("ada")
		if _, err := d.SignOut(d.as(ended), SignOutInput{}); err != nil {
			d.t.Fatal(err)
		}
		ctx := d.as(first)
		var after *string
		n := 3
		got := []string{}
		for {
			p, err := d.Sessions(ctx, page.Forward(&n, after))
			if err != nil {
				d.t.Fatal(err)
			}
			for _, s := range p.Nodes() {
				got = append(got, s.ID)
				if s.Current != (s.ID == first.ID) || !s.LastUsedAt().Equal(d.clock.Now()) {
					d.t.Errorf("%+v", s)
				}
			}
			if total, err := p.TotalCount(ctx); err != nil || total != len(want) {
				d.t.Errorf("%d in all: %v", total, err)
			}
			if after = p.PageInfo().EndCursor; !p.PageInfo().HasNextPage {
				break
			}
		}
		for i, j := 0, len(want)-1; i < j; i, j = i+1, j-1 {
			want[i], want[j] = want[j], want[i]
		}
		if fmt.Sprint(got) != fmt.Sprint(want) {
			d.t.Errorf("%v, want the newest first: %v", got, want)
		}
		forged := "AAAA"
		if _, err := d.Sessions(ctx, page.Forward(nil, &forged)); fault.CodeOf(err) != fault.BadUserInput {
			d.t.Errorf("a forged cursor: %v", err)
		}
		if _, err := d.Sessions(d.t.Context(), page.Args{}); fault.CodeOf(err) != fault.Unauthenticated {
			d.t.Errorf("nobody: %v", err)
		}
		d.clock.Advance(d.RefreshTTL)
		if p, err := d.Sessions(ctx, page.Args{}); err != nil || len(p.Edges()) != 0 {
			d.t.Errorf("sessions past their life are listed: %v", err)
		}
	})
}
