package scenario_test

import (
	"testing"
	"time"

	"karnak/ent/enttest"
	"karnak/internal/app/apptest"
	"karnak/internal/platform/clock"
)

// start returns where clocks stand that tests move.
func start() time.Time { return time.Date(2030, 1, 2, 12, 0, 0, 0, time.UTC) }

func TestInvitation(t *testing.T) {
	t.Parallel()
	for _, engine := range enttest.Engines {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			c := clock.NewManual(start())
			n := apptest.Start(t, engine, apptest.Options{Clock: c, Args: []string{"--access-ttl=24h"}})
			invitations(t, n, c)
		})
	}
}

func invitations(t *testing.T, n *apptest.Node, c *clock.Manual) {
	t.Helper()
	owner, admin, guest, other := n.SignUp(t, "Owner"), n.SignUp(t, "Admin"), n.SignUp(t, "Guest"), n.SignUp(t, "Other")
	w := n.Workspace(t, owner, "acme")
	n.Join(t, owner, admin, w, "pro")
	invite := func(email, role string) apptest.Vars {
		return apptest.Vars{"workspaceId": w, "email": email, "role": role}
	}

	refuse(t, n, owner, "TAKEN email", "inviteMember", "token", invite(admin.Email, "user"))
	refuse(t, n, owner, "INVALID role", "inviteMember", "token", invite(guest.Email, "king"))
	refuse(t, n, owner, "INVALID role", "inviteMember", "token", invite(guest.Email, "superAdmin"))
	refuse(t, n, owner, "INVALID email, INVALID role", "inviteMember", "token", invite("no address", "king"))
	refuse(t, n, admin, "!FORBIDDEN", "inviteMember", "token", invite(guest.Email, "user"))
	refuse(t, n, guest, "NOT_FOUND", "inviteMember", "token", invite(guest.Email, "user"))

	// Somebody who may invite by a grant invites at most to what their role holds.
	must(t, n, owner, "grantPermission", "grant { id }", apptest.Vars{"workspaceId": w, "userId": admin.ID, "permission": "admin:users",
		"expiresAt": start().Add(30 * 24 * time.Hour).Format(time.RFC3339), "reason": "while the owner is away"})
	refuse(t, n, admin, "NOT_ALLOWED role", "inviteMember", "token", invite(guest.Email, "admin"))

	token := func() (token, id string) {
		a := must(t, n, admin, "inviteMember", "token invitation { id email role }", invite(guest.Email, "user"))
		return a.Text("inviteMember.token"), a.Text("inviteMember.invitation.id")
	}
	accept := func(token string) apptest.Vars { return apptest.Vars{"token": token} }
	good, _ := token()
	revoked, revokedID := token()
	late, _ := token()

	refuse(t, n, other, "EXPIRED token", "acceptInvitation", "member { id }", accept(good))
	refuse(t, n, guest, "EXPIRED token", "acceptInvitation", "member { id }", accept("kinv_made_up"))
	is(t, must(t, n, owner, "revokeInvitation", "invitationId", apptest.Vars{"invitationId": revokedID}), "revokeInvitation.invitationId", revokedID)
	refuse(t, n, owner, "NOT_FOUND invitationId", "revokeInvitation", "invitationId", apptest.Vars{"invitationId": revokedID})
	refuse(t, n, guest, "EXPIRED token", "acceptInvitation", "member { id }", accept(revoked))

	a := must(t, n, guest, "acceptInvitation", "member { role owner user { id } } workspace { id slug }", accept(good))
	is(t, a, "acceptInvitation.member", map[string]any{"role": "user", "owner": false, "user": map[string]any{"id": guest.ID}})
	is(t, a, "acceptInvitation.workspace.id", w)
	refuse(t, n, guest, "EXPIRED token", "acceptInvitation", "member { id }", accept(good))
	refuse(t, n, guest, "NOT_ALLOWED", "acceptInvitation", "member { id }", accept(late))

	must(t, n, guest, "leaveWorkspace", "workspaceId", apptest.Vars{"workspaceId": w})
	c.Advance(7*24*time.Hour - time.Second)
	owner, guest = signIn(t, n, owner), signIn(t, n, guest)
	is(t, n.Must(t, owner.Token, `query($w: ID!) { workspace(id: $w) { invitations { totalCount } } }`, apptest.Vars{"w": w}), "workspace.invitations.totalCount", 1)
	c.Advance(time.Second)
	refuse(t, n, guest, "EXPIRED token", "acceptInvitation", "member { id }", accept(late))
	is(t, n.Must(t, owner.Token, `query($w: ID!) { workspace(id: $w) { invitations { totalCount } } }`, apptest.Vars{"w": w}), "workspace.invitations.totalCount", 0)
}
