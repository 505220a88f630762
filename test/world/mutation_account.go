package world

import (
	"cmp"
	"fmt"
	"testing"

	"karnak/internal/app/apptest"
)

// again is the principal in a session of its own, so that the call does not end the one the others use; nobody stays
// nobody.
func again(t *testing.T, w *World, p Person) *Person {
	t.Helper()
	if p.Token != "" {
		p = w.SignIn(t, p)
	}
	return &p
}

func identityProviders() map[string]Provider {
	return map[string]Provider{
		"signUp": func(_ *testing.T, w *World, _ Person) Attempt {
			return given(apptest.Vars{"email": fmt.Sprintf("new%d@example.test", w.Number()), "password": Password, "displayName": "New"})
		},
		"signIn": func(_ *testing.T, w *World, p Person) Attempt {
			if p.Email == "" {
				p = w.Owner
			}
			return given(apptest.Vars{"email": p.Email, "password": Password})
		},
		"signIn@guess": func(_ *testing.T, w *World, _ Person) Attempt {
			return given(apptest.Vars{"email": w.Owner.Email, "password": "not the password"})
		},
		"refreshSession": func(t *testing.T, w *World, _ Person) Attempt {
			return given(apptest.Vars{"refreshToken": w.SignIn(t, w.Target).Refresh})
		},
		"refreshSession@access": func(_ *testing.T, w *World, p Person) Attempt {
			if p.Token == "" {
				p = w.Owner
			}
			return given(apptest.Vars{"refreshToken": p.Token})
		},
		"renewSession": func(_ *testing.T, w *World, p Person) Attempt {
			if p.Token == "" {
				p = w.Owner
			}
			return Attempt{Input: apptest.Vars{"accessToken": p.Token}, Live: true}
		},
		"renewSession@request": func(_ *testing.T, w *World, p Person) Attempt {
			if p.Token == "" {
				p = w.Owner
			}
			return given(apptest.Vars{"accessToken": p.Token})
		},
		"renewSession@else": func(_ *testing.T, w *World, _ Person) Attempt {
			return Attempt{Input: apptest.Vars{"accessToken": w.Target.Token}, Live: true}
		},
		"signOut": func(t *testing.T, w *World, p Person) Attempt {
			return Attempt{Input: apptest.Vars{}, As: again(t, w, p)}
		},
		"revokeSession": func(t *testing.T, w *World, p Person) Attempt {
			other := again(t, w, p)
			if other.Session == "" {
				other.Session = w.Target.Session
			}
			return given(apptest.Vars{"sessionId": other.Session})
		},
		"revokeSession@else": func(_ *testing.T, w *World, _ Person) Attempt {
			return given(apptest.Vars{"sessionId": w.IDs["victimSession"]})
		},
		"changePassword": func(_ *testing.T, _ *World, _ Person) Attempt {
			return given(apptest.Vars{"currentPassword": Password, "newPassword": Password})
		},
		"changePassword@guess": func(_ *testing.T, _ *World, _ Person) Attempt {
			return given(apptest.Vars{"currentPassword": "not the password", "newPassword": Password})
		},
		"updateProfile": func(_ *testing.T, w *World, _ Person) Attempt {
			return given(apptest.Vars{"displayName": fmt.Sprintf("Renamed %d", w.Number())})
		},
	}
}

func workspaceProviders() map[string]Provider {
	return map[string]Provider{
		"createWorkspace": func(_ *testing.T, w *World, _ Person) Attempt {
			return given(apptest.Vars{"name": "Another", "slug": fmt.Sprintf("another-%d", w.Number())})
		},
		"updateWorkspace": func(_ *testing.T, w *World, _ Person) Attempt {
			return given(apptest.Vars{"workspaceId": w.IDs["workspace"], "name": fmt.Sprintf("Acme %d", w.Number())})
		},
		"setEventRetention": func(_ *testing.T, w *World, _ Person) Attempt {
			return given(apptest.Vars{"workspaceId": w.IDs["workspace"], "retention": fmt.Sprintf("P%dD", 30+w.Number())})
		},
		"inviteMember": func(_ *testing.T, w *World, _ Person) Attempt {
			return given(apptest.Vars{"workspaceId": w.IDs["workspace"], "email": fmt.Sprintf("asked%d@example.test", w.Number()), "role": "user"})
		},
		"inviteMember@superAdmin": func(_ *testing.T, w *World, _ Person) Attempt {
			return given(apptest.Vars{"workspaceId": w.IDs["workspace"], "email": "asked@example.test", "role": "superAdmin"})
		},
		"revokeInvitation": func(t *testing.T, w *World, _ Person) Attempt {
			_, invitation := w.Invite(t, w.Owner, w.IDs["workspace"], fmt.Sprintf("asked%d@example.test", w.Number()), "user")
			return given(apptest.Vars{"invitationId": invitation})
		},
		"acceptInvitation": func(t *testing.T, w *World, p Person) Attempt {
			token, _ := w.Invite(t, w.Stranger, w.Workspace(t, w.Stranger), cmp.Or(p.Email, "nobody@example.test"), "user")
			return given(apptest.Vars{"token": token})
		},
		"acceptInvitation@else": func(t *testing.T, w *World, _ Person) Attempt {
			token, _ := w.Invite(t, w.Owner, w.IDs["workspace"], fmt.Sprintf("asked%d@example.test", w.Number()), "admin")
			return given(apptest.Vars{"token": token})
		},
		"leaveWorkspace": func(t *testing.T, w *World, p Person) Attempt {
			a := given(apptest.Vars{"workspaceId": w.IDs["workspace"]})
			if p.Token == "" || !w.Belongs(t, p) {
				return a
			}
			a.After = func() {
				if !w.Belongs(t, p) {
					w.Join(t, w.Owner, p, w.IDs["workspace"], RoleOf(p))
				}
			}
			return a
		},
		"removeMember": func(t *testing.T, w *World, _ Person) Attempt {
			return given(apptest.Vars{"workspaceId": w.IDs["workspace"], "userId": w.Member(t).ID})
		},
		"removeMember@owner": func(_ *testing.T, w *World, _ Person) Attempt {
			return given(apptest.Vars{"workspaceId": w.IDs["workspace"], "userId": w.Owner.ID})
		},
	}
}

// RoleOf is the role that a principal has in the workspace.
func RoleOf(p Person) string {
	if p.Name == Expired {
		return User
	}
	return p.Name
}
