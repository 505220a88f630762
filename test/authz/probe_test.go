package authz_test

import (
	"fmt"
	"testing"

	"karnak/internal/app/apptest"
	"karnak/test/world"
)

// asks is a probe of a query: the word for what is at a path of the answer.
func asks(query, path, object string) probe {
	return func(t *testing.T, w *world.World, p world.Person) string {
		t.Helper()
		a := w.Ask(t, p.Token, query, apptest.Vars{"o": w.IDs[object]})
		if len(a.Errors) > 0 {
			return a.Code()
		}
		return valueWord(a.Get(path))
	}
}

// does is a probe of a mutation.
func does(mutation string, input func(t *testing.T, w *world.World, p world.Person) apptest.Vars) probe {
	return func(t *testing.T, w *world.World, p world.Person) string {
		t.Helper()
		return try(t, w, p, mutation, input(t, w, p))
	}
}

// try makes a call that may be refused.
func try(t testing.TB, w *world.World, p world.Person, mutation string, input apptest.Vars) string {
	t.Helper()
	query := fmt.Sprintf("mutation($input: %sInput!) { %s(input: $input) { userErrors { code } } }", world.Title(mutation), mutation)
	return mutationWord(w.Ask(t, p.Token, query, apptest.Vars{"input": input}), mutation, true)
}

func sees(object string) probe {
	return asks(`query($o: ID!) { node(id: $o) { id } }`, "node", object)
}

// lists looks for a channel in the list of channels.
func lists(channel string) probe {
	return func(t *testing.T, w *world.World, p world.Person) string {
		t.Helper()
		a := w.Ask(t, p.Token, `query($w: ID!) { workspace(id: $w) { channels(first: 50) { nodes { id } } } }`, apptest.Vars{"w": w.IDs["workspace"]})
		if len(a.Errors) > 0 {
			return a.Code()
		}
		for _, o := range objectsAt(a.Data, "workspace.channels.nodes") {
			if o["id"] == w.IDs[channel] {
				return allow
			}
		}
		return hidden
	}
}

func members(t *testing.T, w *world.World, p world.Person) string {
	t.Helper()
	return asks(`query($o: ID!) { workspace(id: $o) { members(first: 1) { nodes { id } } } }`, "workspace.members", "workspace")(t, w, p)
}

func grants(t *testing.T, w *world.World, p world.Person) string {
	t.Helper()
	return asks(`query($o: ID!) { workspace(id: $o) { grants(first: 1) { pageInfo { hasNextPage } } } }`, "workspace.grants", "workspace")(t, w, p)
}

func readsFeed(t *testing.T, w *world.World, p world.Person) string {
	t.Helper()
	return asks(`query($o: ID!) { workspace(id: $o) { activity(first: 1) { nodes { id } } } }`, "workspace.activity", "workspace")(t, w, p)
}

// listens subscribes to a channel after the owner has sent something there.
func listens(channel string) probe {
	return func(t *testing.T, w *world.World, p world.Person) string {
		t.Helper()
		after := w.Cursor(t, w.Owner, w.IDs["workspace"])
		w.Send(t, w.Owner, w.IDs[channel], "live in "+channel)
		return follow(t, w, world.Feed{Query: world.ChannelEvents, Vars: apptest.Vars{"o": w.IDs[channel], "after": after}}, p).word
	}
}

func followsFeed(t *testing.T, w *world.World, p world.Person) string {
	t.Helper()
	after := w.Cursor(t, w.Owner, w.IDs["workspace"])
	w.Run(t, w.Owner, "updateWorkspace", "workspace { id }", apptest.Vars{"workspaceId": w.IDs["workspace"], "name": fmt.Sprint("Acme ", w.Number())})
	got := follow(t, w, world.Feed{Query: world.Activity, Vars: apptest.Vars{"o": w.IDs["workspace"], "after": after}}, p)
	if got.word == "next" {
		return allow
	}
	return got.word
}

func sends(channel string) probe {
	return does("sendMessage", func(_ *testing.T, w *world.World, _ world.Person) apptest.Vars {
		return apptest.Vars{"channelId": w.IDs[channel], "body": "hello"}
	})
}

func joins(channel string) probe {
	return does("joinChannel", func(_ *testing.T, w *world.World, _ world.Person) apptest.Vars {
		return apptest.Vars{"channelId": w.IDs[channel]}
	})
}

func creates(t *testing.T, w *world.World, p world.Person) string {
	t.Helper()
	return try(t, w, p, "createChannel", apptest.Vars{"workspaceId": w.IDs["workspace"], "name": fmt.Sprint("channel ", w.Number())})
}

// deletes has the one who asks post a message, and delete it.
func deletes(channel string) probe {
	return does("deleteMessage", func(t *testing.T, w *world.World, p world.Person) apptest.Vars {
		return apptest.Vars{"messageId": w.Send(t, p, w.IDs[channel], "one's own")}
	})
}

func deletesOf(message string) probe {
	return does("deleteMessage", func(_ *testing.T, w *world.World, _ world.Person) apptest.Vars {
		return apptest.Vars{"messageId": w.IDs[message]}
	})
}

func invites(role string) probe {
	return does("inviteMember", func(_ *testing.T, w *world.World, _ world.Person) apptest.Vars {
		return apptest.Vars{"workspaceId": w.IDs["workspace"], "email": fmt.Sprintf("asked%d@example.test", w.Number()), "role": role}
	})
}

func passes(permission string) probe {
	return does("grantPermission", func(_ *testing.T, w *world.World, _ world.Person) apptest.Vars {
		return world.Granting(w, w.Owner.ID, permission)
	})
}

func promotes(t *testing.T, w *world.World, p world.Person) string {
	t.Helper()
	return try(t, w, p, "assignRole", apptest.Vars{"workspaceId": w.IDs["workspace"], "userId": p.ID, "role": "admin"})
}

func renames(t *testing.T, w *world.World, p world.Person) string {
	t.Helper()
	return try(t, w, p, "updateWorkspace", apptest.Vars{"workspaceId": w.IDs["workspace"], "name": fmt.Sprint("Acme ", w.Number())})
}

func makesRole(permission string) probe {
	return does("createRole", func(_ *testing.T, w *world.World, _ world.Person) apptest.Vars {
		return apptest.Vars{"workspaceId": w.IDs["workspace"], "name": fmt.Sprintf("role-%d", w.Number()), "allow": []string{permission}}
	})
}
