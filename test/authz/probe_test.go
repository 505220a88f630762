package authz_test

import (
	"fmt"
	"testing"

	"karnak/internal/app/apptest"
)

// asks is a probe of a query: the word for what is at a path of the answer.
func asks(query, path, object string) probe {
	return func(t *testing.T, w *world, p person) string {
		t.Helper()
		a := w.ask(t, p.token, query, apptest.Vars{"o": w.ids[object]})
		if len(a.Errors) > 0 {
			return a.Code()
		}
		return valueWord(a.Get(path))
	}
}

// does is a probe of a mutation.
func does(mutation string, input func(t *testing.T, w *world, p person) apptest.Vars) probe {
	return func(t *testing.T, w *world, p person) string {
		t.Helper()
		return w.attempt(t, p, mutation, input(t, w, p))
	}
}

// attempt makes a call that may be refused.
func (w *world) attempt(t testing.TB, p person, mutation string, input apptest.Vars) string {
	t.Helper()
	query := fmt.Sprintf("mutation($input: %sInput!) { %s(input: $input) { userErrors { code } } }", title(mutation), mutation)
	return mutationWord(w.ask(t, p.token, query, apptest.Vars{"input": input}), mutation, true)
}

func sees(object string) probe {
	return asks(`query($o: ID!) { node(id: $o) { id } }`, "node", object)
}

// lists looks for a channel in the list of channels.
func lists(channel string) probe {
	return func(t *testing.T, w *world, p person) string {
		t.Helper()
		a := w.ask(t, p.token, `query($w: ID!) { workspace(id: $w) { channels(first: 50) { nodes { id } } } }`, apptest.Vars{"w": w.ids["workspace"]})
		if len(a.Errors) > 0 {
			return a.Code()
		}
		for _, o := range objectsAt(a.Data, "workspace.channels.nodes") {
			if o["id"] == w.ids[channel] {
				return allow
			}
		}
		return hidden
	}
}

func members(t *testing.T, w *world, p person) string {
	t.Helper()
	return asks(`query($o: ID!) { workspace(id: $o) { members(first: 1) { nodes { id } } } }`, "workspace.members", "workspace")(t, w, p)
}

func grants(t *testing.T, w *world, p person) string {
	t.Helper()
	return asks(`query($o: ID!) { workspace(id: $o) { grants(first: 1) { pageInfo { hasNextPage } } } }`, "workspace.grants", "workspace")(t, w, p)
}

func readsFeed(t *testing.T, w *world, p person) string {
	t.Helper()
	return asks(`query($o: ID!) { workspace(id: $o) { activity(first: 1) { nodes { id } } } }`, "workspace.activity", "workspace")(t, w, p)
}

// listens subscribes to a channel after the owner has sent something there.
func listens(channel string) probe {
	return func(t *testing.T, w *world, p person) string {
		t.Helper()
		after := w.cursor(t, w.owner, w.ids["workspace"])
		w.send(t, w.owner, w.ids[channel], "live in "+channel)
		return w.follow(t, feed{channelEvents, apptest.Vars{"o": w.ids[channel], "after": after}}, p).word
	}
}

func followsFeed(t *testing.T, w *world, p person) string {
	t.Helper()
	after := w.cursor(t, w.owner, w.ids["workspace"])
	w.run(t, w.owner, "updateWorkspace", "workspace { id }", apptest.Vars{"workspaceId": w.ids["workspace"], "name": fmt.Sprint("Acme ", w.number())})
	got := w.follow(t, feed{activity, apptest.Vars{"o": w.ids["workspace"], "after": after}}, p)
	if got.word == "next" {
		return allow
	}
	return got.word
}

func sends(channel string) probe {
	return does("sendMessage", func(_ *testing.T, w *world, _ person) apptest.Vars {
		return apptest.Vars{"channelId": w.ids[channel], "body": "hello"}
	})
}

func joins(channel string) probe {
	return does("joinChannel", func(_ *testing.T, w *world, _ person) apptest.Vars { return apptest.Vars{"channelId": w.ids[channel]} })
}

func creates(t *testing.T, w *world, p person) string {
	t.Helper()
	return w.attempt(t, p, "createChannel", apptest.Vars{"workspaceId": w.ids["workspace"], "name": fmt.Sprint("channel ", w.number())})
}

// deletes has the one who asks post a message, and delete it.
func deletes(channel string) probe {
	return does("deleteMessage", func(t *testing.T, w *world, p person) apptest.Vars {
		return apptest.Vars{"messageId": w.send(t, p, w.ids[channel], "one's own")}
	})
}

func deletesOf(message string) probe {
	return does("deleteMessage", func(_ *testing.T, w *world, _ person) apptest.Vars { return apptest.Vars{"messageId": w.ids[message]} })
}

func invites(role string) probe {
	return does("inviteMember", func(_ *testing.T, w *world, _ person) apptest.Vars {
		return apptest.Vars{"workspaceId": w.ids["workspace"], "email": fmt.Sprintf("asked%d@example.test", w.number()), "role": role}
	})
}

func passes(permission string) probe {
	return does("grantPermission", func(_ *testing.T, w *world, _ person) apptest.Vars { return granting(w, w.owner.id, permission) })
}

func promotes(t *testing.T, w *world, p person) string {
	t.Helper()
	return w.attempt(t, p, "assignRole", apptest.Vars{"workspaceId": w.ids["workspace"], "userId": p.id, "role": "admin"})
}

func renames(t *testing.T, w *world, p person) string {
	t.Helper()
	return w.attempt(t, p, "updateWorkspace", apptest.Vars{"workspaceId": w.ids["workspace"], "name": fmt.Sprint("Acme ", w.number())})
}

func makesRole(permission string) probe {
	return does("createRole", func(_ *testing.T, w *world, _ person) apptest.Vars {
		return apptest.Vars{"workspaceId": w.ids["workspace"], "name": fmt.Sprintf("role-%d", w.number()), "allow": []string{permission}}
	})
}
