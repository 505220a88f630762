package authz_test

import (
	"testing"
	"time"

	"karnak/authz"
	"karnak/internal/app/apptest"
	"karnak/internal/platform/clock"
)

// noon is a whole second, so that grants can end at exact distances from it.
func noon() *clock.Manual {
	return clock.NewManual(time.Date(2026, time.November, 22, 12, 0, 0, 0, time.UTC))
}

// settle makes the world that the access table asks about.
func settle(t *testing.T, n *apptest.Node, c *clock.Manual) *world {
	t.Helper()
	w := newWorld(n, c)
	w.owner, w.target, w.stranger = w.signUp(t, "Owner"), w.signUp(t, "Target"), w.signUp(t, "Stranger")
	ws := w.workspace(t, w.owner)
	w.ids["workspace"], w.ids["targetMember"] = ws, w.join(t, w.owner, w.target, ws, "user")
	w.ids["owner"], w.ids["target"], w.ids["stranger"], w.ids["victimSession"] = w.owner.id, w.target.id, w.stranger.id, w.target.session
	w.ids["slug"] = w.Must(t, w.owner.token, `query($w: ID!) { workspace(id: $w) { slug } }`, apptest.Vars{"w": ws}).Text("workspace.slug")
	w.settlePrincipals(t, ws)
	w.settleChannels(t, ws)
	w.settleAccess(t, ws)
	return w
}

func (w *world) settlePrincipals(t *testing.T, ws string) {
	w.people[anonymous] = person{name: anonymous, id: w.owner.id}
	for _, role := range []string{user, pro, moderator, admin} {
		p := w.signUp(t, role)
		w.join(t, w.owner, p, ws, role)
		w.people[role] = p
	}
	w.people[superAdmin] = w.superAdmin(t)
	w.people[foreign] = w.signUp(t, foreign)
	w.ids["foreignWorkspace"] = w.workspace(t, w.people[foreign])
	w.people[expired] = w.formerHolder(t, ws)
}

// formerHolder is a plain member who was granted everything that can be granted, until a moment ago.
func (w *world) formerHolder(t *testing.T, ws string) person {
	t.Helper()
	const half = 30 * time.Minute
	p := w.signUp(t, expired)
	w.join(t, w.owner, p, ws, "user")
	granted := 0
	for _, x := range authz.All() {
		if !x.Platform {
			w.grant(t, w.owner, p, ws, string(x.Name), "", half)
			granted++
		}
	}
	if got := w.held(t, p, ws); len(got) != granted {
		t.Fatalf("of %d live grants %v are held", granted, got)
	}
	w.clock.Advance(half)
	return p
}

// held returns the permissions that somebody holds on an object.
func (w *world) held(t testing.TB, p person, objectID string) (names []string) {
	t.Helper()
	var all []string
	for _, x := range authz.All() {
		all = append(all, string(x.Name))
	}
	a := w.Must(t, p.token, `query($all: [String!]!, $o: ID!) { viewer { can(permissions: $all, objectId: $o) { permission allowed } } }`,
		apptest.Vars{"all": all, "o": objectID})
	list, _ := a.Get("viewer.can").([]any)
	for _, x := range list {
		if m, _ := x.(map[string]any); m["allowed"] == true {
			names = append(names, m["permission"].(string))
		}
	}
	return names
}

func (w *world) settleChannels(t *testing.T, ws string) {
	public, private := w.channel(t, w.owner, ws, "PUBLIC"), w.channel(t, w.owner, ws, "PRIVATE")
	a := w.run(t, w.owner, "openDirectChannel", "channel { id members(first: 1) { nodes { id } } }", apptest.Vars{"workspaceId": ws, "userIds": []string{w.target.id}})
	direct := a.Text("openDirectChannel.channel.id")
	w.ids["directMember"] = a.Text("openDirectChannel.channel.members.nodes.0.id")
	w.ids["public"], w.ids["private"], w.ids["direct"] = public, private, direct
	w.ids["publicMember"], w.ids["privateMember"] = w.enter(t, w.owner, w.target, public), w.enter(t, w.owner, w.target, private)
	w.run(t, w.owner, "updateChannel", "channel { id }", apptest.Vars{"channelId": public, "topic": "everything"})
	w.settleMessages(t, public)
	w.ids["privateMessage"] = w.send(t, w.owner, private, "a canary in the secret")
	w.ids["directMessage"] = w.send(t, w.owner, direct, "a whisper")
	left := w.signUp(t, "Left")
	w.join(t, w.owner, left, ws, "user")
	w.enter(t, w.owner, left, public)
	w.run(t, left, "leaveChannel", "channelId", apptest.Vars{"channelId": public})
}

// settleMessages posts a message that has everything a message can have, and one that was deleted.
func (w *world) settleMessages(t *testing.T, channelID string) {
	first := w.send(t, w.owner, channelID, "a beginning")
	a := w.run(t, w.owner, "sendMessage", "message { id }", apptest.Vars{"channelId": channelID, "body": "an answer", "replyToId": first})
	id := a.Text("sendMessage.message.id")
	w.ids["message"] = id
	w.run(t, w.owner, "editMessage", "message { id }", apptest.Vars{"messageId": id, "body": "an answer for @[" + w.target.id + "]"})
	w.run(t, w.owner, "addReaction", "message { id }", apptest.Vars{"messageId": id, "emoji": "👍"})
	w.run(t, w.owner, "addReaction", "message { id }", apptest.Vars{"messageId": id, "emoji": "👎"})
	w.run(t, w.owner, "removeReaction", "message { id }", apptest.Vars{"messageId": id, "emoji": "👎"})
	gone := w.send(t, w.owner, channelID, "a mistake")
	w.run(t, w.owner, "deleteMessage", "message { id }", apptest.Vars{"messageId": gone})
	w.ids["deleted"] = gone
}

func (w *world) settleAccess(t *testing.T, ws string) {
	// Who invited is no member, and has to be shown all the same.
	_, w.ids["invitation"] = w.invite(t, w.people[superAdmin], ws, "somebody@example.test", "user")
	w.ids["grant"] = w.grant(t, w.owner, w.target, ws, "chat:delete", "", time.Hour)
	w.ids["scoped"] = w.grant(t, w.owner, w.target, ws, "user:write", w.ids["public"], time.Hour)
	w.ids["role"] = w.run(t, w.owner, "createRole", "role { id }", apptest.Vars{
		"workspaceId": ws, "name": "quiet", "parents": []string{"user"}, "allow": []string{"chat:delete"}, "deny": []string{"chat:write"},
	}).Text("createRole.role.id")
}
