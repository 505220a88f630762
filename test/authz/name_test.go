package authz_test

import (
	"fmt"
	"slices"
	"testing"

	"karnak/internal/app/apptest"
	"karnak/test/world"
)

// TestNamesGiveNothing has users whose name or address is that of a role, of a subject or of an id: they hold what others
// of their role hold, and nothing where they do not belong.
func TestNamesGiveNothing(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, engine string) {
		w := grantWorld(t, engine)
		plain := w.SignUp(t, "Plain")
		w.Join(t, w.Owner, plain, w.IDs["workspace"], "user")
		want := w.Held(t, plain, w.IDs["workspace"])
		for i, name := range []string{"admin", "role:admin", "superAdmin", "role:superAdmin", "owner", "*", "system", w.Owner.ID, w.IDs["workspace"], "role::admin, superAdmin"} {
			p := w.SignUpAs(t, name, fmt.Sprintf("admin+%d@superadmin.test", i), name)
			refused(t, w, p, "NOT_FOUND", nil)
			w.Join(t, w.Owner, p, w.IDs["workspace"], "user")
			refused(t, w, p, "FORBIDDEN", want)
			renamed := w.SignUp(t, "Renamed")
			w.Join(t, w.Owner, renamed, w.IDs["workspace"], "user")
			w.Run(t, renamed, "updateProfile", "user { id }", apptest.Vars{"displayName": name})
			refused(t, w, renamed, "FORBIDDEN", want)
		}
	})
}

// refused checks that somebody holds exactly what is wanted and is refused what an admin may do.
func refused(t *testing.T, w *world.World, p world.Person, code string, want []string) {
	t.Helper()
	if got := w.Held(t, p, w.IDs["workspace"]); !slices.Equal(got, want) {
		t.Errorf("a user named %q holds %v; %v is wanted", p.Name, got, want)
	}
	for name, f := range (probes{"renaming": renames, "inviting": invites("user"), "promoting": promotes, "granting": passes("chat:read"), "a role": makesRole("chat:read")}) {
		if got := f(t, w, p); got != code && got != "!"+code {
			t.Errorf("a user named %q: %s is %s; %s is wanted", p.Name, name, got, code)
		}
	}
	for name, f := range (probes{"private": sees("private"), "live": listens("private"), "grants": grants}) {
		if got := f(t, w, p); got == allow {
			t.Errorf("a user named %q: %s is open", p.Name, name)
		}
	}
}

// TestRolesAreNotTaken has a workspace try to make roles under the names of built-in ones, which would raise their members.
func TestRolesAreNotTaken(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, engine string) {
		w := grantWorld(t, engine)
		for _, name := range []string{"user", "pro", "moderator", "admin", "superAdmin", "superadmin", "role:admin", "Admin", "user "} {
			got := try(t, w, w.Owner, "createRole", apptest.Vars{"workspaceId": w.IDs["workspace"], "name": name, "allow": []string{"*"}})
			if got != "!TAKEN" && got != "!INVALID" {
				t.Errorf("a role named %q: %s", name, got)
			}
		}
	})
}
