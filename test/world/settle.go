package world

import (
	"testing"
	"time"

	"karnak/authz"
	"karnak/internal/app/apptest"
	"karnak/internal/platform/clock"
)

// Noon is a whole second, so that grants can end at exact distances from it.
func Noon() *clock.Manual {
	return clock.NewManual(time.Date(2026, time.November, 22, 12, 0, 0, 0, time.UTC))
}

// Settle makes the world that the access table asks about.
func Settle(t *testing.T, n *apptest.Node, c *clock.Manual) *World {
	t.Helper()
	w := New(n, c)
	w.Populate(t)
	return w
}

// Populate makes everybody and everything that the access table asks about.
func (w *World) Populate(t *testing.T) {
	t.Helper()
	w.Owner, w.Target, w.Stranger = w.SignUp(t, "Owner"), w.SignUp(t, "Target"), w.SignUp(t, "Stranger")
	ws := w.Workspace(t, w.Owner)
	w.IDs["workspace"], w.IDs["targetMember"] = ws, w.Join(t, w.Owner, w.Target, ws, "user")
	w.IDs["owner"], w.IDs["target"], w.IDs["stranger"], w.IDs["victimSession"] = w.Owner.ID, w.Target.ID, w.Stranger.ID, w.Target.Session
	w.IDs["slug"] = w.Must(t, w.Owner.Token, `query($w: ID!) { workspace(id: $w) { slug } }`, apptest.Vars{"w": ws}).Text("workspace.slug")
	w.settlePrincipals(t, ws)
	w.settleChannels(t, ws)
	w.settleTalks(t, ws)
	w.settleTools(t, ws)
	w.settleAccess(t, ws)
	w.settleLobby(t, ws)
}

// settleLobby makes a channel of all members, in which the owner is and types.
func (w *World) settleLobby(t *testing.T, ws string) {
	lobby := w.Channel(t, w.Owner, ws, "PUBLIC")
	for _, name := range []string{User, Pro, Moderator, Admin, Expired} {
		w.Enter(t, w.Owner, w.People[name], lobby)
	}
	w.IDs["lobby"] = lobby
	s := Dial(t, w.Node, w.Owner.Token)
	s.Subscribe(t, "lobby", Presence, apptest.Vars{"o": lobby})
	if m, err := s.Read(Patience); err != nil || m.Type != "next" {
		t.Fatalf("%s %s %v", m.Type, m.Payload, err)
	}
	go func() { // takes in what comes, so that the socket stays
		for {
			if _, err := s.Read(time.Hour); err != nil {
				return
			}
		}
	}()
	w.Run(t, w.Owner, "setTyping", "expiresAt", apptest.Vars{"channelId": lobby})
}

func (w *World) settlePrincipals(t *testing.T, ws string) {
	w.People[Anonymous] = Person{Name: Anonymous, ID: w.Owner.ID}
	for _, role := range []string{User, Pro, Moderator, Admin} {
		p := w.SignUp(t, role)
		w.Join(t, w.Owner, p, ws, role)
		w.People[role] = p
	}
	w.People[SuperAdmin] = w.SuperAdmin(t)
	w.People[Foreign] = w.SignUp(t, Foreign)
	w.IDs["foreignWorkspace"] = w.Workspace(t, w.People[Foreign])
	w.People[Expired] = w.formerHolder(t, ws)
}

// formerHolder is a plain member who was granted everything that can be granted, until a moment ago.
func (w *World) formerHolder(t *testing.T, ws string) Person {
	t.Helper()
	const half = 30 * time.Minute
	p := w.SignUp(t, Expired)
	w.Join(t, w.Owner, p, ws, "user")
	granted := 0
	for _, x := range authz.All() {
		if !x.Platform {
			w.Grant(t, w.Owner, p, ws, string(x.Name), "", half)
			granted++
		}
	}
	if got := w.Held(t, p, ws); len(got) != granted {
		t.Fatalf("of %d live grants %v are held", granted, got)
	}
	w.Clock.Advance(half)
	return p
}

// Held returns the permissions that somebody holds on an object.
func (w *World) Held(t testing.TB, p Person, objectID string) (names []string) {
	t.Helper()
	var all []string
	for _, x := range authz.All() {
		all = append(all, string(x.Name))
	}
	a := w.Must(t, p.Token, `query($all: [String!]!, $o: ID!) { viewer { can(permissions: $all, objectId: $o) { permission allowed } } }`,
		apptest.Vars{"all": all, "o": objectID})
	list, _ := a.Get("viewer.can").([]any)
	for _, x := range list {
		if m, _ := x.(map[string]any); m["allowed"] == true {
			names = append(names, m["permission"].(string))
		}
	}
	return names
}

func (w *World) settleChannels(t *testing.T, ws string) {
	public, private := w.Channel(t, w.Owner, ws, "PUBLIC"), w.Channel(t, w.Owner, ws, "PRIVATE")
	a := w.Run(t, w.Owner, "openDirectChannel", "channel { id members(first: 1) { nodes { id } } }", apptest.Vars{"workspaceId": ws, "userIds": []string{w.Target.ID}})
	direct := a.Text("openDirectChannel.channel.id")
	w.IDs["directMember"] = a.Text("openDirectChannel.channel.members.nodes.0.id")
	w.IDs["public"], w.IDs["private"], w.IDs["direct"] = public, private, direct
	w.IDs["publicMember"], w.IDs["privateMember"] = w.Enter(t, w.Owner, w.Target, public), w.Enter(t, w.Owner, w.Target, private)
	w.Run(t, w.Owner, "updateChannel", "channel { id }", apptest.Vars{"channelId": public, "topic": "everything" + w.Mark})
	w.settleMessages(t, public)
	w.IDs["privateMessage"] = w.Send(t, w.Owner, private, "a canary in the secret "+w.Mark)
	w.IDs["directMessage"] = w.Send(t, w.Owner, direct, "a whisper "+w.Mark)
	w.Run(t, w.Owner, "markRead", "channel { id }", apptest.Vars{"channelId": public, "seq": 1})
	left := w.SignUp(t, "Left")
	w.Join(t, w.Owner, left, ws, "user")
	w.Enter(t, w.Owner, left, public)
	w.Run(t, left, "leaveChannel", "channelId", apptest.Vars{"channelId": public})
}

// settleMessages posts a message that has everything a message can have, and one that was deleted.
func (w *World) settleMessages(t *testing.T, channelID string) {
	first := w.Send(t, w.Owner, channelID, "a beginning "+w.Mark)
	a := w.Run(t, w.Owner, "sendMessage", "message { id }", apptest.Vars{"channelId": channelID, "body": "an answer " + w.Mark, "replyToId": first})
	id := a.Text("sendMessage.message.id")
	w.IDs["message"] = id
	w.Run(t, w.Owner, "editMessage", "message { id }", apptest.Vars{"messageId": id, "body": "an answer for @[" + w.Target.ID + "] " + w.Mark})
	w.Run(t, w.Owner, "addReaction", "message { id }", apptest.Vars{"messageId": id, "emoji": "👍" + w.Mark})
	w.Run(t, w.Owner, "addReaction", "message { id }", apptest.Vars{"messageId": id, "emoji": "👎"})
	w.Run(t, w.Owner, "removeReaction", "message { id }", apptest.Vars{"messageId": id, "emoji": "👎"})
	gone := w.Send(t, w.Owner, channelID, "a mistake "+w.Mark)
	w.Run(t, w.Owner, "deleteMessage", "message { id }", apptest.Vars{"messageId": gone})
	w.IDs["deleted"] = gone
}

// day is how long what is there lasts.
const day = 24 * time.Hour

func (w *World) settleAccess(t *testing.T, ws string) {
	// Who invited is no member, and has to be shown all the same.
	_, w.IDs["invitation"] = w.Invite(t, w.People[SuperAdmin], ws, "somebody"+w.Mark+"@example.test", "user")
	w.IDs["grant"] = w.Grant(t, w.Owner, w.Target, ws, "chat:delete", "", day)
	w.IDs["scoped"] = w.Grant(t, w.Owner, w.Target, ws, "user:write", w.IDs["public"], day)
	w.IDs["role"] = w.Run(t, w.Owner, "createRole", "role { id }", apptest.Vars{
		"workspaceId": ws, "name": "quiet" + w.Mark, "parents": []string{"user"}, "allow": []string{"chat:delete"}, "deny": []string{"chat:write"},
	}).Text("createRole.role.id")
}
