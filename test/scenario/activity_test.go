package scenario_test

import (
	"slices"
	"strings"
	"testing"

	"karnak/internal/app/apptest"
)

const feed = `query($w: ID!, $first: Int, $after: Cursor, $filter: ActivityFilter) { workspace(id: $w) { activity(first: $first, after: $after, filter: $filter) {
	edges { cursor node { id seq type cursor actor { id } ... on MessagePosted { message { body } } } } nodes { type seq id } pageInfo { hasNextPage hasPreviousPage endCursor } } } }`

const live = `subscription($w: ID!, $after: Cursor, $filter: ActivityFilter) { activity(workspaceId: $w, after: $after, filter: $filter) {
	id seq type cursor clientMutationId ... on MessagePosted { message { body } } } }`

func TestActivityPages(t *testing.T) {
	t.Parallel()
	apptest.Each(t, apptest.Options{}, func(t *testing.T, n *apptest.Node) {
		owner := n.SignUp(t, "Owner")
		w := n.Workspace(t, owner, "acme")
		c := n.Channel(t, owner, w, "general", "PUBLIC")
		for _, body := range []string{"one", "two", "three", "four"} {
			n.Send(t, owner, c, body)
		}
		all := n.Must(t, owner.Token, feed, apptest.Vars{"w": w})
		types := column(all, "workspace.activity.nodes", "type")
		want := []string{
			"chat.message.posted", "chat.message.posted", "chat.message.posted", "chat.message.posted",
			"chat.member.joined", "chat.channel.created", "workspace.member.joined", "workspace.created",
		}
		if !slices.Equal(types, want) {
			t.Fatalf("the feed is %v", types)
		}
		is(t, all, "workspace.activity.edges.0.node.message.body", "four")
		is(t, all, "workspace.activity.edges.0.node.actor.id", owner.ID)

		// Pages meet without a hole, also while more happens; a cursor says the same in every answer.
		var got []string
		var after any
		for range want {
			a := n.Must(t, owner.Token, feed, apptest.Vars{"w": w, "first": 3, "after": after})
			is(t, a, "workspace.activity.pageInfo.hasPreviousPage", after != nil)
			got = append(got, column(a, "workspace.activity.nodes", "id")...)
			if slices.ContainsFunc([]string{"0", "1", "2"}, func(i string) bool {
				e := "workspace.activity.edges." + i
				return a.Text(e+".cursor") != a.Text(e+".node.cursor")
			}) {
				t.Errorf("an edge has another cursor than its event: %s", a.Body)
			}
			if after = a.Get("workspace.activity.pageInfo.endCursor"); a.Get("workspace.activity.pageInfo.hasNextPage") != true {
				break
			}
			n.Send(t, owner, c, "meanwhile")
		}
		if ids := column(all, "workspace.activity.nodes", "id"); !slices.Equal(got, ids) {
			t.Errorf("pages gave %v, the list %v", got, ids)
		}

		foreign := n.Must(t, owner.Token, `query($w: ID!) { workspace(id: $w) { cursor } }`, apptest.Vars{"w": owner.Personal}).Text("workspace.cursor")
		for name, vars := range map[string]apptest.Vars{
			"none": {"first": 0}, "too many": {"first": 101}, "forged": {"after": "AAAA"}, "foreign": {"after": foreign},
			"a star": {"filter": apptest.Vars{"types": []string{"*"}}}, "two stars": {"filter": apptest.Vars{"types": []string{"chat.*.*"}}},
			"too long": {"filter": apptest.Vars{"actorIds": strings.Split(strings.Repeat("x ", 51), " ")}},
		} {
			vars["w"] = w
			if a := n.Do(t, owner.Token, feed, vars); a.Code() != "BAD_USER_INPUT" {
				t.Errorf("%s: %s", name, a.Body)
			}
		}
	})
}

func TestActivityFilter(t *testing.T) {
	t.Parallel()
	apptest.Each(t, apptest.Options{}, func(t *testing.T, n *apptest.Node) {
		owner, user := n.SignUp(t, "Owner"), n.SignUp(t, "User")
		w := n.Workspace(t, owner, "acme")
		n.Join(t, owner, user, w, "user")
		c, d := n.Channel(t, owner, w, "general", "PUBLIC"), n.Channel(t, owner, w, "dogs", "PUBLIC")
		m := n.Send(t, owner, c, "one")
		n.Send(t, user, d, "two")
		must(t, n, owner, "editMessage", "message { id }", apptest.Vars{"messageId": m, "body": "uno"})
		tests := []struct {
			name   string
			filter apptest.Vars
			want   string
		}{
			{"a type", apptest.Vars{"types": []string{"chat.message.edited"}}, "chat.message.edited"},
			{"a family", apptest.Vars{"types": []string{"chat.message.*"}}, "chat.message.edited chat.message.posted chat.message.posted"},
			{"two", apptest.Vars{"types": []string{"workspace.created", "chat.message.edited"}}, "chat.message.edited workspace.created"},
			{"an underscore is no wildcard", apptest.Vars{"types": []string{"chat_message.*"}}, ""},
			{"an actor", apptest.Vars{"actorIds": []string{user.ID}}, "chat.message.posted workspace.member.joined"},
			{"an actor and a family", apptest.Vars{"actorIds": []string{user.ID}, "types": []string{"workspace.*"}}, "workspace.member.joined"},
			{"a channel", apptest.Vars{"channelIds": []string{d}}, "chat.message.posted chat.member.joined chat.channel.created"},
			{"a channel and an actor", apptest.Vars{"channelIds": []string{c, d}, "actorIds": []string{user.ID}}, "chat.message.posted"},
			{"no channel", apptest.Vars{"channelIds": []string{}}, ""},
			{"what is not public", apptest.Vars{"types": []string{"workspace.member.invited"}}, ""},
		}
		for _, tt := range tests {
			a := n.Must(t, user.Token, feed, apptest.Vars{"w": w, "filter": tt.filter})
			if got := strings.Join(column(a, "workspace.activity.nodes", "type"), " "); got != tt.want {
				t.Errorf("%s: %q", tt.name, got)
			}
		}
	})
}

func TestActivityHidesPrivateChannels(t *testing.T) {
	t.Parallel()
	apptest.Each(t, apptest.Options{}, func(t *testing.T, n *apptest.Node) {
		owner, user := n.SignUp(t, "Owner"), n.SignUp(t, "User")
		w := n.Workspace(t, owner, "acme")
		n.Join(t, owner, user, w, "user")
		public, secret := n.Channel(t, owner, w, "general", "PUBLIC"), n.Channel(t, owner, w, "secret", "PRIVATE")
		plain := subscribe(t, n, user, live, apptest.Vars{"w": w, "after": n.Must(t, owner.Token, `query($w: ID!) { workspace(id: $w) { cursor } }`, apptest.Vars{"w": w}).Text("workspace.cursor")})
		n.Send(t, owner, secret, "canary")
		only := apptest.Vars{"channelIds": []string{secret}}
		for _, vars := range []apptest.Vars{{"w": w}, {"w": w, "filter": only}, {"w": w, "filter": apptest.Vars{"types": []string{"chat.*"}}}} {
			if a := n.Must(t, user.Token, feed, vars); strings.Contains(string(a.Body), "canary") || strings.Contains(string(a.Body), secret) {
				t.Errorf("%v shows the secret: %s", vars, a.Body)
			}
		}
		if a := n.Must(t, user.Token, feed, apptest.Vars{"w": w, "filter": only}); len(column(a, "workspace.activity.nodes", "id")) != 0 {
			t.Errorf("events of the secret channel: %s", a.Body)
		}
		n.Send(t, owner, public, "beacon")
		is(t, plain.next(t), "activity.message.body", "beacon")

		// From joining on it is there; from leaving on it is not.
		must(t, n, owner, "addChannelMember", "member { id }", apptest.Vars{"channelId": secret, "userId": user.ID})
		is(t, plain.next(t), "activity.type", "chat.member.joined")
		n.Send(t, owner, secret, "between us")
		is(t, plain.next(t), "activity.message.body", "between us")
		must(t, n, owner, "removeChannelMember", "userId", apptest.Vars{"channelId": secret, "userId": user.ID})
		n.Send(t, owner, secret, "canary")
		n.Send(t, owner, public, "beacon again")
		a := plain.next(t)
		if a.Text("activity.type") == "chat.member.removed" {
			a = plain.next(t)
		}
		is(t, a, "activity.message.body", "beacon again")
	})
}

func TestActivityResumes(t *testing.T) {
	t.Parallel()
	apptest.Each(t, apptest.Options{}, func(t *testing.T, n *apptest.Node) {
		owner, stranger := n.SignUp(t, "Owner"), n.SignUp(t, "Stranger")
		a := must(t, n, owner, "createWorkspace", "cursor workspace { id }", apptest.Vars{"name": "Acme", "slug": "acme"})
		w, created := a.Text("createWorkspace.workspace.id"), a.Text("createWorkspace.cursor")
		c := n.Channel(t, owner, w, "general", "PUBLIC")
		renamed := must(t, n, owner, "updateWorkspace", "cursor", apptest.Vars{"workspaceId": w, "name": "Renamed", "clientMutationId": "mine"}).Text("updateWorkspace.cursor")
		n.Send(t, owner, c, "one")

		s := subscribe(t, n, owner, live, apptest.Vars{"w": w, "after": created})
		var cursors []string
		for i, want := range []string{"chat.channel.created", "chat.member.joined", "workspace.updated", "chat.message.posted"} {
			e := s.next(t)
			is(t, e, "activity.type", want)
			is(t, e, "activity.seq", i+3)
			if cursors = append(cursors, e.Text("activity.cursor")); want == "workspace.updated" {
				is(t, e, "activity.cursor", renamed)
				is(t, e, "activity.clientMutationId", "mine")
			}
		}
		n.Send(t, owner, c, "two")
		is(t, s.next(t), "activity.message.body", "two")
		for i, after := range []string{renamed, cursors[3]} {
			again := subscribe(t, n, owner, live, apptest.Vars{"w": w, "after": after})
			for _, want := range []string{"one", "two"}[i:] {
				is(t, again.next(t), "activity.message.body", want)
			}
		}
		filtered := subscribe(t, n, owner, live, apptest.Vars{"w": w, "after": created, "filter": apptest.Vars{"types": []string{"workspace.*"}}})
		is(t, filtered.next(t), "activity.type", "workspace.updated")

		if code := subscribe(t, n, owner, live, apptest.Vars{"w": w, "after": "AAAA"}).refusal(t); code != "BAD_USER_INPUT" {
			t.Errorf("a forged cursor: %s", code)
		}
		if code := subscribe(t, n, stranger, live, apptest.Vars{"w": w}).refusal(t); code != "NOT_FOUND" {
			t.Errorf("a stranger: %s", code)
		}
	})
}
