package authz_test

import (
	"fmt"
	"slices"
	"testing"

	"karnak/internal/app/apptest"
)

// TestNamesGiveNothing has users whose name or address is that of a role, of a subject or of an id: they hold what others
// of their role hold, and nothing where they do not belong.
func TestNamesGiveNothing(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, engine string) {
		w := grantWorld(t, engine)
		plain := w.signUp(t, "Plain")
		w.join(t, w.owner, plain, w.ids["workspace"], "user")
		want := w.held(t, plain, w.ids["workspace"])
		for i, name := range []string{"admin", "role:admin", "superAdmin", "role:superAdmin", "owner", "*", "system", w.owner.id, w.ids["workspace"], "role::admin, superAdmin"} {
			p := w.signUpAs(t, name, fmt.Sprintf("admin+%d@superadmin.test", i), name)
			refused(t, w, p, "NOT_FOUND", nil)
			w.join(t, w.owner, p, w.ids["workspace"], "user")
			refused(t, w, p, "FORBIDDEN", want)
			renamed := w.signUp(t, "Renamed")
			w.join(t, w.owner, renamed, w.ids["workspace"], "user")
			w.run(t, renamed, "updateProfile", "user { id }", apptest.Vars{"displayName": name})
			refused(t, w, renamed, "FORBIDDEN", want)
		}
	})
}

// refused checks that somebody holds exactly what is wanted and is refused what an admin may do.
func refused(t *testing.T, w *world, p person, code string, want []string) {
	t.Helper()
	if got := w.held(t, p, w.ids["workspace"]); !slices.Equal(got, want) {
		t.Errorf("a user named %q holds %v; %v is wanted", p.name, got, want)
	}
	for name, f := range (probes{"renaming": renames, "inviting": invites("user"), "promoting": promotes, "granting": passes("chat:read"), "a role": makesRole("chat:read")}) {
		if got := f(t, w, p); got != code && got != "!"+code {
			t.Errorf("a user named %q: %s is %s; %s is wanted", p.name, name, got, code)
		}
	}
	for name, f := range (probes{"private": sees("private"), "live": listens("private"), "grants": grants}) {
		if got := f(t, w, p); got == allow {
			t.Errorf("a user named %q: %s is open", p.name, name)
		}
	}
}

// TestRolesAreNotTaken has a workspace try to make roles under the names of built-in ones, which would raise their members.
func TestRolesAreNotTaken(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, engine string) {
		w := grantWorld(t, engine)
		for _, name := range []string{"user", "pro", "moderator", "admin", "superAdmin", "superadmin", "role:admin", "Admin", "user "} {
			got := w.attempt(t, w.owner, "createRole", apptest.Vars{"workspaceId": w.ids["workspace"], "name": name, "allow": []string{"*"}})
			if got != "!TAKEN" && got != "!INVALID" {
				t.Errorf("a role named %q: %s", name, got)
			}
		}
	})
}
