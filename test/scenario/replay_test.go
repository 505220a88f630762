package scenario_test

import (
	"bytes"
	"testing"
	"time"

	"karnak/internal/app/apptest"
)

// TestEveryMutationCanBeRepeated does every mutation that takes a key twice under one: the second answer is the first, byte
// for byte, also where what it was about is gone since, and the log has the change once.
func TestEveryMutationCanBeRepeated(t *testing.T) {
	t.Parallel()
	apptest.Each(t, apptest.Options{}, func(t *testing.T, n *apptest.Node) {
		owner, guest, third := n.SignUp(t, "Owner"), n.SignUp(t, "Guest"), n.SignUp(t, "Third")
		w := n.Workspace(t, owner, "acme")
		n.Join(t, owner, guest, w, "pro")
		n.Join(t, owner, third, w, "moderator")
		c, private := n.Channel(t, owner, w, "general", "PUBLIC"), n.Channel(t, owner, w, "private", "PRIVATE")
		own := n.Channel(t, guest, w, "own", "PRIVATE")
		m := n.Send(t, guest, c, "hello")
		invite := func(p apptest.Person) (id, token string) {
			a := must(t, n, owner, "inviteMember", "invitation { id } token", apptest.Vars{"workspaceId": w, "email": p.Email, "role": "user"})
			return a.Text("inviteMember.invitation.id"), a.Text("inviteMember.token")
		}
		joiner := n.SignUp(t, "Joiner")
		_, token := invite(joiner)
		unwanted, _ := invite(n.SignUp(t, "Unwanted"))
		role := must(t, n, owner, "createRole", "role { id }", apptest.Vars{"workspaceId": w, "name": "helper"}).Text("createRole.role.id")
		at := time.Now().UTC().Add(time.Hour).Truncate(time.Second).Format(time.RFC3339)
		grant := must(t, n, owner, "grantPermission", "grant { id }", apptest.Vars{"workspaceId": w, "userId": guest.ID, "permission": "user:write", "reason": "once", "expiresAt": at}).Text("grantPermission.grant.id")
		for _, tt := range []struct {
			who                 apptest.Person
			mutation, selection string
			input               apptest.Vars
		}{
			{owner, "updateWorkspace", "workspace { name version }", apptest.Vars{"workspaceId": w, "name": "Renamed", "expectedVersion": 1}},
			{joiner, "acceptInvitation", "member { id role } workspace { name }", apptest.Vars{"token": token}},
			{owner, "revokeInvitation", "invitationId", apptest.Vars{"invitationId": unwanted}},
			{owner, "assignRole", "member { id role }", apptest.Vars{"workspaceId": w, "userId": guest.ID, "role": "moderator"}},
			{owner, "updateRole", "role { id version allow }", apptest.Vars{"roleId": role, "allow": []string{"chat:read"}, "expectedVersion": 1}},
			{owner, "deleteRole", "roleId", apptest.Vars{"roleId": role}},
			{owner, "revokeGrant", "grantId", apptest.Vars{"grantId": grant}},
			{owner, "updateChannel", "channel { id topic version }", apptest.Vars{"channelId": c, "topic": "new", "expectedVersion": 1}},
			{owner, "openDirectChannel", "channel { id visibility }", apptest.Vars{"workspaceId": w, "userIds": []string{guest.ID}}},
			{guest, "joinChannel", "channel { id }", apptest.Vars{"channelId": c}},
			{owner, "addChannelMember", "member { id user { displayName } }", apptest.Vars{"channelId": private, "userId": guest.ID}},
			{guest, "leaveChannel", "channelId", apptest.Vars{"channelId": private}},
			{owner, "addChannelMember", "member { id }", apptest.Vars{"channelId": c, "userId": third.ID}},
			{owner, "removeChannelMember", "userId", apptest.Vars{"channelId": c, "userId": third.ID}},
			{guest, "removeChannelMember", "userId", apptest.Vars{"channelId": own, "userId": guest.ID}},
			{guest, "editMessage", "message { id body version }", apptest.Vars{"messageId": m, "body": "edited", "expectedVersion": 1}},
			{guest, "addReaction", "message { reactions { emoji count viewerReacted } }", apptest.Vars{"messageId": m, "emoji": "👍"}},
			{guest, "removeReaction", "message { reactions { emoji } }", apptest.Vars{"messageId": m, "emoji": "👍"}},
			{guest, "markRead", "channel { lastReadSeq }", apptest.Vars{"channelId": c, "seq": 1}},
			{guest, "deleteMessage", "message { id body deletedAt }", apptest.Vars{"messageId": m}},
			{guest, "updateProfile", "user { displayName }", apptest.Vars{"displayName": "Renamed"}},
			{owner, "removeMember", "userId", apptest.Vars{"workspaceId": w, "userId": third.ID}},
			{guest, "leaveWorkspace", "workspaceId", apptest.Vars{"workspaceId": w}},
		} {
			tt.input["clientMutationId"] = "id of " + tt.mutation
			selection := tt.selection + " cursor clientMutationId"
			key := []string{"Idempotency-Key", "key of " + tt.mutation + " by " + tt.who.ID + tt.selection}
			first := must(t, n, tt.who, tt.mutation, selection, tt.input, key...)
			is(t, first, tt.mutation+".clientMutationId", tt.input["clientMutationId"])
			head := func() any {
				return n.Must(t, owner.Token, `query($w: ID!) { workspace(id: $w) { cursor } }`, apptest.Vars{"w": w}).Get("workspace.cursor")
			}
			after := head()
			for range 2 {
				if again := run(t, n, tt.who, tt.mutation, selection, tt.input, key...); !bytes.Equal(again.Body, first.Body) {
					t.Errorf("%s: the repeat answers otherwise\n%s\n%s", tt.mutation, again.Body, first.Body)
				}
			}
			if head() != after {
				t.Errorf("%s: the repeats wrote to the log", tt.mutation)
			}
			tt.input["clientMutationId"] = "another"
			refuse(t, n, tt.who, "!IDEMPOTENCY_CONFLICT", tt.mutation, selection, tt.input, key...)
		}
	})
}
