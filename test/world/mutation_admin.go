package world

import (
	"testing"

	"karnak/internal/app/apptest"
)

func adminProviders() map[string]Provider {
	return map[string]Provider{
		"terminateConnection": func(t *testing.T, w *World, _ Person) Attempt {
			Dial(t, w.Node, w.Target.Token)
			return given(apptest.Vars{"connectionId": w.Connection(t, w.Target)})
		},
	}
}

// Connection returns the id of somebody's newest connection.
func (w *World) Connection(t *testing.T, of Person) (id string) {
	t.Helper()
	const query = `query($a: Cursor) { admin { connections(first: 100, after: $a) { nodes { id user { id } } pageInfo { hasNextPage endCursor } } } }`
	for after := any(nil); ; {
		a := w.Ask(t, w.People[SuperAdmin].Token, query, apptest.Vars{"a": after})
		list, _ := a.Get("admin.connections.nodes").([]any)
		for _, x := range list {
			if c := (apptest.Answer{Data: x.(map[string]any)}); c.Text("user.id") == of.ID {
				id = c.Text("id")
			}
		}
		if a.Get("admin.connections.pageInfo.hasNextPage") != true {
			break
		}
		after = a.Get("admin.connections.pageInfo.endCursor")
	}
	if id == "" {
		t.Fatalf("%s has no connection", of.Name)
	}
	return id
}
