package authz_test

import (
	"cmp"
	"fmt"
	"testing"

	"karnak/internal/app/apptest"
)

// again is the principal in a session of its own, so that the call does not end the one the others use; nobody stays
// nobody.
func again(t *testing.T, w *world, p person) *person {
	t.Helper()
	if p.token != "" {
		p = w.signIn(t, p)
	}
	return &p
}

func identityProviders() map[string]provider {
	return map[string]provider{
		"signUp": func(_ *testing.T, w *world, _ person) attempt {
			return given(apptest.Vars{"email": fmt.Sprintf("new%d@example.test", w.number()), "password": password, "displayName": "New"})
		},
		"signIn": func(_ *testing.T, w *world, p person) attempt {
			if p.email == "" {
				p = w.owner
			}
			return given(apptest.Vars{"email": p.email, "password": password})
		},
		"signIn@guess": func(_ *testing.T, w *world, _ person) attempt {
			return given(apptest.Vars{"email": w.owner.email, "password": "not the password"})
		},
		"refreshSession": func(t *testing.T, w *world, _ person) attempt {
			return given(apptest.Vars{"refreshToken": w.signIn(t, w.target).refresh})
		},
		"refreshSession@access": func(_ *testing.T, w *world, p person) attempt {
			if p.token == "" {
				p = w.owner
			}
			return given(apptest.Vars{"refreshToken": p.token})
		},
		"signOut": func(t *testing.T, w *world, p person) attempt {
			return attempt{input: apptest.Vars{}, as: again(t, w, p)}
		},
		"revokeSession": func(t *testing.T, w *world, p person) attempt {
			other := again(t, w, p)
			if other.session == "" {
				other.session = w.target.session
			}
			return given(apptest.Vars{"sessionId": other.session})
		},
		"revokeSession@else": func(_ *testing.T, w *world, _ person) attempt {
			return given(apptest.Vars{"sessionId": w.ids["victimSession"]})
		},
		"changePassword": func(_ *testing.T, _ *world, _ person) attempt {
			return given(apptest.Vars{"currentPassword": password, "newPassword": password})
		},
		"changePassword@guess": func(_ *testing.T, _ *world, _ person) attempt {
			return given(apptest.Vars{"currentPassword": "not the password", "newPassword": password})
		},
		"updateProfile": func(_ *testing.T, w *world, _ person) attempt {
			return given(apptest.Vars{"displayName": fmt.Sprintf("Renamed %d", w.number())})
		},
	}
}

func workspaceProviders() map[string]provider {
	return map[string]provider{
		"createWorkspace": func(_ *testing.T, w *world, _ person) attempt {
			return given(apptest.Vars{"name": "Another", "slug": fmt.Sprintf("another-%d", w.number())})
		},
		"updateWorkspace": func(_ *testing.T, w *world, _ person) attempt {
			return given(apptest.Vars{"workspaceId": w.ids["workspace"], "name": fmt.Sprintf("Acme %d", w.number())})
		},
		"inviteMember": func(_ *testing.T, w *world, _ person) attempt {
			return given(apptest.Vars{"workspaceId": w.ids["workspace"], "email": fmt.Sprintf("asked%d@example.test", w.number()), "role": "user"})
		},
		"inviteMember@superAdmin": func(_ *testing.T, w *world, _ person) attempt {
			return given(apptest.Vars{"workspaceId": w.ids["workspace"], "email": "asked@example.test", "role": "superAdmin"})
		},
		"revokeInvitation": func(t *testing.T, w *world, _ person) attempt {
			_, invitation := w.invite(t, w.owner, w.ids["workspace"], fmt.Sprintf("asked%d@example.test", w.number()), "user")
			return given(apptest.Vars{"invitationId": invitation})
		},
		"acceptInvitation": func(t *testing.T, w *world, p person) attempt {
			token, _ := w.invite(t, w.stranger, w.workspace(t, w.stranger), cmp.Or(p.email, "nobody@example.test"), "user")
			return given(apptest.Vars{"token": token})
		},
		"acceptInvitation@else": func(t *testing.T, w *world, _ person) attempt {
			token, _ := w.invite(t, w.owner, w.ids["workspace"], fmt.Sprintf("asked%d@example.test", w.number()), "admin")
			return given(apptest.Vars{"token": token})
		},
		"leaveWorkspace": func(t *testing.T, w *world, p person) attempt {
			a := given(apptest.Vars{"workspaceId": w.ids["workspace"]})
			if p.token == "" || !w.belongs(t, p) {
				return a
			}
			a.after = func() {
				if !w.belongs(t, p) {
					w.join(t, w.owner, p, w.ids["workspace"], roleOf(p))
				}
			}
			return a
		},
		"removeMember": func(t *testing.T, w *world, _ person) attempt {
			return given(apptest.Vars{"workspaceId": w.ids["workspace"], "userId": w.member(t).id})
		},
		"removeMember@owner": func(_ *testing.T, w *world, _ person) attempt {
			return given(apptest.Vars{"workspaceId": w.ids["workspace"], "userId": w.owner.id})
		},
	}
}

// roleOf is the role that a principal has in the workspace.
func roleOf(p person) string {
	if p.name == expired {
		return user
	}
	return p.name
}
