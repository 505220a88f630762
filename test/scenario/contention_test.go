package scenario_test

import (
	"fmt"
	"slices"
	"testing"

	"karnak/authz"
	"karnak/ent"
	"karnak/ent/entgen/member"
	"karnak/internal/app/apptest"
)

// tally counts the outcomes of a mutation.
func tally(answers []apptest.Answer, mutation string) map[string]int {
	out := map[string]int{}
	for _, a := range answers {
		out[outcome(a, mutation)]++
	}
	return out
}

// TestManyDoTheSameAtOnce lets several requests meet in one place: each ends as if it had come alone.
func TestManyDoTheSameAtOnce(t *testing.T) {
	t.Parallel()
	const many = 8
	apptest.Each(t, apptest.Options{}, func(t *testing.T, n *apptest.Node) {
		owner, guest := n.SignUp(t, "Owner"), n.SignUp(t, "Guest")
		w := n.Workspace(t, owner, "acme")
		n.Join(t, owner, guest, w, "user")
		c := n.Channel(t, owner, w, "general", "PUBLIC")
		private := n.Channel(t, owner, w, "private", "PRIVATE")
		m := n.Send(t, owner, c, "hello")
		role := must(t, n, owner, "createRole", "role { id }", apptest.Vars{"workspaceId": w, "name": "helper", "allow": []string{"chat:read"}}).Text("createRole.role.id")
		for _, tt := range []struct {
			who      apptest.Person
			mutation string
			input    apptest.Vars
			want     map[string]int
		}{
			{guest, "joinChannel", apptest.Vars{"channelId": c}, map[string]int{"": many}},
			{owner, "addChannelMember", apptest.Vars{"channelId": private, "userId": guest.ID}, map[string]int{"": 1, "NOT_ALLOWED userId": many - 1}},
			{guest, "leaveChannel", apptest.Vars{"channelId": c}, map[string]int{"": 1, "NOT_ALLOWED channelId": many - 1}},
			{owner, "createChannel", apptest.Vars{"workspaceId": w, "name": "news"}, map[string]int{"": 1, "TAKEN name": many - 1}},
			{owner, "createWorkspace", apptest.Vars{"name": "x", "slug": "same-slug"}, map[string]int{"": 1, "TAKEN slug": many - 1}},
			{owner, "createRole", apptest.Vars{"workspaceId": w, "name": "twin"}, map[string]int{"": 1, "TAKEN name": many - 1}},
			{owner, "addReaction", apptest.Vars{"messageId": m, "emoji": "👍"}, map[string]int{"": many}},
			{owner, "sendMessage", apptest.Vars{"channelId": c, "body": "once", "id": "msg_01jyyyyyyyyyyyyyyyyyyyyyyy"}, map[string]int{"": many}},
			{owner, "markRead", apptest.Vars{"channelId": c, "seq": 1}, map[string]int{"": many}},
			{owner, "updateWorkspace", apptest.Vars{"workspaceId": w, "name": "new", "expectedVersion": 1}, map[string]int{"": 1, "CONFLICT expectedVersion": many - 1}},
			{owner, "updateChannel", apptest.Vars{"channelId": c, "topic": "new", "expectedVersion": 1}, map[string]int{"": 1, "CONFLICT expectedVersion": many - 1}},
			{owner, "updateRole", apptest.Vars{"roleId": role, "allow": []string{"chat:write"}, "expectedVersion": 1}, map[string]int{"": 1, "CONFLICT expectedVersion": many - 1}},
			{owner, "editMessage", apptest.Vars{"messageId": m, "body": "new", "expectedVersion": 1}, map[string]int{"": 1, "CONFLICT expectedVersion": many - 1}},
			{owner, "deleteMessage", apptest.Vars{"messageId": m}, map[string]int{"": many}},
			{owner, "deleteRole", apptest.Vars{"roleId": role}, map[string]int{"": 1, "NOT_FOUND roleId": many - 1}},
			{owner, "removeMember", apptest.Vars{"workspaceId": w, "userId": guest.ID}, map[string]int{"": 1, "NOT_FOUND userId": many - 1}},
		} {
			got := tally(together(many, func(int) apptest.Answer { return run(t, n, tt.who, tt.mutation, "clientMutationId", tt.input) }), tt.mutation)
			if fmt.Sprint(got) != fmt.Sprint(tt.want) {
				t.Errorf("%s: %v, want %v", tt.mutation, got, tt.want)
			}
		}
	})
}

// TestInvitationsAtOnce accepts one invitation several times, and several of one person, at once.
func TestInvitationsAtOnce(t *testing.T) {
	t.Parallel()
	apptest.Each(t, apptest.Options{}, func(t *testing.T, n *apptest.Node) {
		owner := n.SignUp(t, "Owner")
		w := n.Workspace(t, owner, "acme")
		for _, tokens := range []int{1, 6} {
			guest := n.SignUp(t, "Guest")
			var list []string
			for range tokens {
				list = append(list, must(t, n, owner, "inviteMember", "token", apptest.Vars{"workspaceId": w, "email": guest.Email, "role": "user"}).Text("inviteMember.token"))
			}
			answers := together(6, func(i int) apptest.Answer {
				return run(t, n, guest, "acceptInvitation", "member { id }", apptest.Vars{"token": list[i%len(list)]})
			})
			got := tally(answers, "acceptInvitation")
			if got[""] != 1 || got[""]+got["NOT_ALLOWED"]+got["EXPIRED token"] != 6 {
				t.Errorf("%d invitations: %v", tokens, got)
			}
		}
	})
}

// TestTheLastOwnerStays lets all owners leave at once: one stays.
func TestTheLastOwnerStays(t *testing.T) {
	t.Parallel()
	apptest.Each(t, apptest.Options{}, func(t *testing.T, n *apptest.Node) {
		owners := []apptest.Person{n.SignUp(t, "A"), n.SignUp(t, "B"), n.SignUp(t, "C")}
		w := n.Workspace(t, owners[0], "acme")
		for _, p := range owners[1:] {
			n.Join(t, owners[0], p, w, "admin")
		}
		n.Write(t, func(tx *ent.Tx) error {
			return tx.Member.Update().Where(member.WorkspaceID(w)).SetOwner(true).Exec(authz.System(t.Context(), "test"))
		})
		got := tally(together(3, func(i int) apptest.Answer {
			return run(t, n, owners[i], "leaveWorkspace", "workspaceId", apptest.Vars{"workspaceId": w})
		}), "leaveWorkspace")
		if got[""] != 2 || got["NOT_ALLOWED"] != 1 {
			t.Errorf("%v", got)
		}
	})
}

// TestNumbersOfAChannel lets many write to one channel, half of them in vain: the messages are numbered without a hole.
func TestNumbersOfAChannel(t *testing.T) {
	t.Parallel()
	apptest.Each(t, apptest.Options{}, func(t *testing.T, n *apptest.Node) {
		owner := n.SignUp(t, "Owner")
		w := n.Workspace(t, owner, "acme")
		c := n.Channel(t, owner, w, "general", "PUBLIC")
		taken := "msg_01jzzzzzzzzzzzzzzzzzzzzzzz"
		must(t, n, owner, "sendMessage", "message { seq }", apptest.Vars{"channelId": n.Channel(t, owner, w, "other", "PUBLIC"), "body": "x", "id": taken})
		together(60, func(i int) apptest.Answer {
			in, want := apptest.Vars{"channelId": c, "body": fmt.Sprint(i)}, ""
			if i%2 == 0 {
				in["id"], want = taken, "TAKEN id"
			}
			return refuse(t, n, owner, want, "sendMessage", "message { seq }", in)
		})
		a := n.Must(t, owner.Token, `query($c: ID!) { node(id: $c) { ... on Channel { lastSeq messages(first: 100) { nodes { seq } } } } }`, apptest.Vars{"c": c})
		is(t, a, "node.lastSeq", 30)
		list, _ := a.Get("node.messages.nodes").([]any)
		for i, x := range list {
			if x.(map[string]any)["seq"] != float64(i+1) {
				t.Fatalf("number %v in place %d", x, i+1)
			}
		}
		if len(list) != 30 {
			t.Errorf("%d messages", len(list))
		}
	})
}

// TestClientMadeIDsInUse names the id where the id is taken, and not something else.
func TestClientMadeIDsInUse(t *testing.T) {
	t.Parallel()
	apptest.Each(t, apptest.Options{}, func(t *testing.T, n *apptest.Node) {
		owner, other := n.SignUp(t, "Owner"), n.SignUp(t, "Other")
		w, elsewhere := n.Workspace(t, owner, "acme"), n.Workspace(t, other, "elsewhere")
		c := n.Channel(t, owner, w, "general", "PUBLIC")
		foreign := n.Channel(t, other, elsewhere, "theirs", "PUBLIC")
		for _, id := range []string{c, foreign} {
			refuse(t, n, owner, "TAKEN id", "createChannel", "channel { id }", apptest.Vars{"workspaceId": w, "name": "fresh", "id": id})
		}
		refuse(t, n, owner, "TAKEN name", "createChannel", "channel { id }", apptest.Vars{"workspaceId": w, "name": "General"})
		refuse(t, n, owner, "INVALID id", "createChannel", "channel { id }", apptest.Vars{"workspaceId": w, "name": "fresh", "id": w})
		refuse(t, n, owner, "TAKEN id", "createWorkspace", "workspace { id }", apptest.Vars{"name": "x", "slug": "fresh", "id": elsewhere})
		a := n.Must(t, owner.Token, `query($w: ID!) { workspace(id: $w) { channels { nodes { name } } } }`, apptest.Vars{"w": w})
		if got := column(a, "workspace.channels.nodes", "name"); !slices.Equal(got, []string{"general"}) {
			t.Errorf("channels %v", got)
		}
	})
}

// TestEachMutationOfAnOperationAnswersForItself does two changes in one operation: the second answer shows the second change.
func TestEachMutationOfAnOperationAnswersForItself(t *testing.T) {
	t.Parallel()
	apptest.Each(t, apptest.Options{}, func(t *testing.T, n *apptest.Node) {
		owner := n.SignUp(t, "Owner")
		w := n.Workspace(t, owner, "acme")
		c := n.Channel(t, owner, w, "general", "PUBLIC")
		a := n.Must(t, owner.Token, `mutation($c: ID!) {
			a: sendMessage(input: {channelId: $c, body: "one"}) { message { seq author { displayName } channel { lastSeq workspace { cursor } } reactions { count } } cursor userErrors { code } }
			n: updateProfile(input: {displayName: "Renamed"}) { user { displayName } userErrors { code } }
			b: sendMessage(input: {channelId: $c, body: "two"}) { message { seq author { displayName } channel { lastSeq workspace { cursor } } reactions { count } } cursor userErrors { code } } }`, apptest.Vars{"c": c})
		is(t, a, "a.message.channel.lastSeq", 1)
		is(t, a, "b.message.channel.lastSeq", 2)
		is(t, a, "a.message.author.displayName", "Owner")
		is(t, a, "b.message.author.displayName", "Renamed")
		is(t, a, "b.message.channel.workspace.cursor", a.Text("b.cursor"))
	})
}
