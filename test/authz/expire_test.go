package authz_test

import (
	"testing"
	"time"

	"karnak/internal/app/apptest"
	"karnak/test/world"
)

// TestExpiry lets what streams hang on run out while they are open: nobody takes it away and nothing else happens, and
// they end all the same, at the second.
func TestExpiry(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, engine string) {
		c := world.Noon()
		w := world.New(apptest.Start(t, engine, world.Options(t, c)), c)
		for _, x := range expiries() {
			t.Run(x.name, func(t *testing.T) { x.run(t, w.Beside()) })
		}
	})
}

// brief is how long what runs out lasts. The clock that is moved is that of the sockets, too: over eight seconds they take
// a write for stuck that was under way when it jumped.
const brief = 6 * time.Second

func expiries() []revocation {
	granted := func(permission string) func(*testing.T, *scene) {
		return func(t *testing.T, s *scene) {
			s.World.Grant(t, s.Owner, s.reader, s.IDs["workspace"], permission, "", brief)
		}
	}
	return []revocation{
		{name: "a grant to read private channels", outside: true, prepare: granted("chat:read:all"), revoke: runOut, quiet: true, ends: []string{onPrivate}},
		{
			name: "a grant to read the feed",
			prepare: func(t *testing.T, s *scene) {
				input := apptest.Vars{"workspaceId": s.IDs["workspace"], "name": "chatter", "allow": []string{"chat:*"}, "deny": []string{"chat:read:all"}}
				s.Run(t, s.Owner, "createRole", "role { id }", input)
				s.assign(t, "chatter")
				granted("feed:read")(t, s)
			},
			revoke: runOut, quiet: true, ends: []string{onFeed},
		},
	}
}

// TestTokenExpiry lets the access token of an open socket run out, and the five seconds of grace after it.
func TestTokenExpiry(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, engine string) {
		c := world.Noon()
		w := world.New(apptest.Start(t, engine, apptest.Options{Clock: c, Idle: true, Args: []string{world.Trusting, "--access-ttl=1s"}}), c)
		revocation{revoke: func(t *testing.T, s *scene) {
			c.Advance(brief)
			s.Owner = s.SignIn(t, s.Owner)
		}, closes: 4401}.run(t, w)
	})
}

// runOut lets a grant end, and sees that it holds until then.
func runOut(t *testing.T, s *scene) {
	t.Helper()
	s.Clock.Advance(brief - time.Second)
	s.say(t, "late")
	s.hear(t, "late", map[string]int{onPublic: 1, onPrivate: 1, onFeed: 2})
	s.Clock.Advance(time.Second)
}
