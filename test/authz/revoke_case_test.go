package authz_test

import (
	"testing"
	"time"

	"karnak/internal/app/apptest"
	"karnak/test/world"
)

func revocations() []revocation {
	all := []string{onPublic, onPrivate, onFeed}
	channels := []string{onPublic, onPrivate}
	changed := func(deny ...string) func(*testing.T, *scene) {
		return func(t *testing.T, s *scene) {
			s.Run(t, s.Owner, "updateRole", "role { id }", apptest.Vars{"roleId": s.role, "deny": deny})
		}
	}
	return append([]revocation{
		{
			name: "a role that denies reading", prepare: func(t *testing.T, s *scene) { s.makeRole(t, "muted", "chat:read") },
			revoke: func(t *testing.T, s *scene) { s.assign(t, "muted") }, ends: channels,
		},
		{
			name: "a role that denies the feed", prepare: func(t *testing.T, s *scene) { s.makeRole(t, "deaf", "feed:*") },
			revoke: func(t *testing.T, s *scene) { s.assign(t, "deaf") }, ends: []string{onFeed},
		},
		{
			name: "a role that is changed", prepare: func(t *testing.T, s *scene) { s.makeRole(t, "own"); s.assign(t, "own") },
			revoke: changed("chat:*", "feed:read"), ends: all,
		},
		{
			name: "a parent's role that is changed",
			prepare: func(t *testing.T, s *scene) {
				s.makeRole(t, "above")
				input := apptest.Vars{"workspaceId": s.IDs["workspace"], "name": "below", "parents": []string{"above"}}
				s.Run(t, s.Owner, "createRole", "role { id }", input)
				s.assign(t, "below")
			},
			revoke: changed("chat:read"), ends: channels,
		},
		{
			name: "a moderator no more", role: "moderator", outside: true,
			revoke: func(t *testing.T, s *scene) { s.assign(t, "user") }, ends: []string{onPrivate},
		},
		{
			name: "a grant that is taken back", outside: true,
			prepare: func(t *testing.T, s *scene) {
				s.grant = s.World.Grant(t, s.Owner, s.reader, s.IDs["workspace"], "chat:read:all", "", time.Hour)
			},
			revoke: func(t *testing.T, s *scene) {
				s.Run(t, s.Owner, "revokeGrant", "grantId", apptest.Vars{"grantId": s.grant})
			}, ends: []string{onPrivate},
		},
		{
			name: "a member no more",
			revoke: func(t *testing.T, s *scene) {
				s.Run(t, s.Owner, "removeMember", "userId", apptest.Vars{"workspaceId": s.IDs["workspace"], "userId": s.reader.ID})
			}, ends: all,
		},
		{
			name: "leaving",
			revoke: func(t *testing.T, s *scene) {
				s.Run(t, s.reader, "leaveWorkspace", "workspaceId", apptest.Vars{"workspaceId": s.IDs["workspace"]})
			}, ends: all,
		},
		{
			name: "a member of the channel no more",
			revoke: func(t *testing.T, s *scene) {
				s.Run(t, s.Owner, "removeChannelMember", "userId", apptest.Vars{"channelId": s.IDs[onPrivate], "userId": s.reader.ID})
			}, ends: []string{onPrivate},
		},
		{
			name: "leaving the channel",
			revoke: func(t *testing.T, s *scene) {
				s.Run(t, s.reader, "leaveChannel", "channelId", apptest.Vars{"channelId": s.IDs[onPrivate]})
			}, ends: []string{onPrivate},
		},
	}, endedSessions()...)
}

// endedSessions are revocations that close the socket: of the session itself, each done from another one.
func endedSessions() []revocation {
	elsewhere := func(t *testing.T, s *scene) { s.other = s.SignIn(t, s.reader) }
	return []revocation{
		{
			name:   "signing out",
			revoke: func(t *testing.T, s *scene) { s.Run(t, s.reader, "signOut", "endedSessions", nil) }, closes: 4403,
		},
		{
			name: "signing out everywhere", prepare: elsewhere,
			revoke: func(t *testing.T, s *scene) {
				s.Run(t, s.other, "signOut", "endedSessions", apptest.Vars{"everywhere": true})
			}, closes: 4403,
		},
		{
			name: "a session revoked from another", prepare: elsewhere,
			revoke: func(t *testing.T, s *scene) {
				s.Run(t, s.other, "revokeSession", "sessionId", apptest.Vars{"sessionId": s.reader.Session})
			}, closes: 4403,
		},
		{
			name: "another password", prepare: elsewhere,
			revoke: func(t *testing.T, s *scene) {
				s.Run(t, s.other, "changePassword", "endedSessions", apptest.Vars{"currentPassword": world.Password, "newPassword": "another " + world.Password})
			}, closes: 4403,
		},
		{
			name: "a stolen refresh token",
			revoke: func(t *testing.T, s *scene) {
				first := s.reader.Refresh
				second := s.refreshed(t, first)
				s.refreshed(t, second)
				if a := s.refresh(t, first); a.Code() != "UNAUTHENTICATED" {
					t.Fatalf("an old refresh token: %s", a.Body)
				}
			}, closes: 4403,
		},
		{
			name: "one's own session when the password changes elsewhere goes on", prepare: func(t *testing.T, s *scene) {
				s.other = s.SignIn(t, s.reader)
				s.reader, s.other = s.other, s.reader
			},
			revoke: func(t *testing.T, s *scene) {
				s.Run(t, s.reader, "changePassword", "endedSessions", apptest.Vars{"currentPassword": world.Password, "newPassword": "another " + world.Password})
			},
		},
	}
}

func (s *scene) refresh(t *testing.T, token string) apptest.Answer {
	t.Helper()
	return s.Ask(t, "", `mutation($t: String!) { refreshSession(input: { refreshToken: $t }) { session { refreshToken } } }`, apptest.Vars{"t": token})
}

func (s *scene) refreshed(t *testing.T, token string) string {
	t.Helper()
	a := s.refresh(t, token)
	if len(a.Errors) > 0 {
		t.Fatal(string(a.Body))
	}
	return a.Text("refreshSession.session.refreshToken")
}
