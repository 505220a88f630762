package scenario_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"karnak/internal/app/apptest"
)

const connections = `query($f: Int, $a: Cursor) { admin { connections(first: $f, after: $a) { totalCount pageInfo { hasNextPage endCursor } nodes {
	id user { id displayName } address transport node connectedAt queuedMessages queuedBytes lagMs operations { id name subscription } } } } }`

// TestConnections lists sockets and streams, page by page, and ends some.
func TestConnections(t *testing.T) {
	t.Parallel()
	apptest.Each(t, apptest.Options{}, func(t *testing.T, n *apptest.Node) {
		operator, owner := n.SuperAdmin(t), n.SignUp(t, "Owner")
		w := n.Workspace(t, owner, "acme")
		c := n.Channel(t, owner, w, "general", "PUBLIC")
		vars := apptest.Vars{"c": c, "after": head(t, n, owner, c)}
		is(t, n.Must(t, operator.Token, connections, nil), "admin.connections", map[string]any{
			"totalCount": 0.0, "nodes": []any{}, "pageInfo": map[string]any{"hasNextPage": false, "endCursor": nil},
		})
		quiet := subscribe(t, n, owner, `subscription News($c: ID!, $after: Cursor) { channelEvents(channelId: $c, after: $after) { seq } }`, vars)
		bare := subscribe(t, n, owner, `subscription($c: ID!, $after: Cursor) { channelEvents(channelId: $c, after: $after) { seq } }`, vars)
		stream := listen(t, n, owner, streamed, vars, "")
		n.Send(t, owner, c, "to be sure that all are open")
		quiet.next(t)
		bare.next(t)
		stream.next(t)

		a := n.Must(t, operator.Token, connections, nil)
		is(t, a, "admin.connections.totalCount", 3)
		ids := column(a, "admin.connections.nodes", "id")
		if len(ids) != 3 || !slices.IsSorted(ids) {
			t.Fatalf("connections %v", ids)
		}
		for i, want := range []struct{ transport, name, id string }{{"WEBSOCKET", "News", "1"}, {"WEBSOCKET", "channelEvents", "1"}, {"EVENT_STREAM", "channelEvents", ""}} {
			at := fmt.Sprintf("admin.connections.nodes.%d.", i)
			is(t, a, at+"user", map[string]any{"id": owner.ID, "displayName": "Owner"})
			is(t, a, at+"address", "127.0.0.1")
			is(t, a, at+"transport", want.transport)
			is(t, a, at+"operations", []any{map[string]any{"id": want.id, "name": want.name, "subscription": true}})
			is(t, a, at+"lagMs", 0)
			if since, err := time.Parse(time.RFC3339, a.Text(at+"connectedAt")); err != nil || time.Since(since) > time.Minute || !strings.HasPrefix(a.Text(at+"node"), "node_") {
				t.Errorf("%v on %s: %v", since, a.Text(at+"node"), err)
			}
		}
		var paged []string
		for after := any(nil); len(paged) < 10; {
			p := n.Must(t, operator.Token, connections, apptest.Vars{"f": 2, "a": after})
			paged = append(paged, column(p, "admin.connections.nodes", "id")...)
			if after = p.Get("admin.connections.pageInfo.endCursor"); p.Get("admin.connections.pageInfo.hasNextPage") != true {
				break
			}
		}
		if !slices.Equal(paged, ids) {
			t.Errorf("page by page there are %v, not %v", paged, ids)
		}

		end := func(i int, more apptest.Vars) {
			more["connectionId"] = ids[i]
			must(t, n, operator, "terminateConnection", "connectionId", more)
			refuse(t, n, operator, "NOT_FOUND connectionId", "terminateConnection", "connectionId", apptest.Vars{"connectionId": ids[i]})
		}
		refuse(t, n, operator, "TOO_LONG reason", "terminateConnection", "connectionId", apptest.Vars{"connectionId": ids[0], "reason": strings.Repeat("ä", 41)})
		end(0, apptest.Vars{"reason": "too many of you"})
		closes := func(s *socket, code websocket.StatusCode, reason string) {
			t.Helper()
			if got := s.closing(t); got.Code != code || got.Reason != reason {
				t.Errorf("closed with %v, want %d %s", got, code, reason)
			}
		}
		closes(quiet, 1012, "ended by an operator: too many of you")
		end(1, apptest.Vars{"reconnect": false})
		closes(bare, 4403, "ended by an operator")
		end(2, apptest.Vars{"reconnect": false})
		if e := stream.next(t); !strings.Contains(string(e.Body), "FORBIDDEN") {
			t.Errorf("the stream ends with %s", e.Body)
		}
		is(t, n.Must(t, operator.Token, connections, nil), "admin.connections.totalCount", 0)
		for _, ask := range []string{connections, `{ admin { __typename } }`} {
			if a := n.Do(t, owner.Token, ask, nil); a.Code() != "FORBIDDEN" {
				t.Errorf("the owner of a workspace is answered %s", a.Body)
			}
		}
	})
}

// closing reads to the end of a socket.
func (s *socket) closing(t testing.TB) websocket.CloseError {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	for {
		if _, _, err := s.conn.Read(ctx); err != nil {
			var end websocket.CloseError
			if !errors.As(err, &end) {
				t.Fatal(err)
			}
			return end
		}
	}
}

// TestRenewedSocketGoesOn refreshes a session and gives its socket the fresh token: it outlives the first. Time is the
// machine's, since clients answer pings in it.
func TestRenewedSocketGoesOn(t *testing.T) {
	t.Parallel()
	const life = 8 * time.Second
	apptest.Each(t, apptest.Options{Args: []string{"--access-ttl=8s"}}, func(t *testing.T, n *apptest.Node) {
		owner := n.SignUp(t, "Owner")
		began := time.Now()
		w := n.Workspace(t, owner, "acme")
		c := n.Channel(t, owner, w, "general", "PUBLIC")
		const events = `subscription($c: ID!, $after: Cursor) { channelEvents(channelId: $c, after: $after) { seq ... on MessagePosted { message { body } } } }`
		vars := apptest.Vars{"c": c, "after": head(t, n, owner, c)}
		renewed, forgotten := subscribe(t, n, owner, events, vars), subscribe(t, n, owner, events, vars)
		n.Send(t, owner, c, "both hear")
		renewed.next(t)
		forgotten.next(t)

		other := signIn(t, n, owner)
		time.Sleep(time.Until(began.Add(life / 2)))
		a := must(t, n, apptest.Person{}, "refreshSession", "session { accessToken accessTokenExpiresAt: expiresAt }", apptest.Vars{"refreshToken": owner.Refresh})
		fresh := owner
		fresh.Token = a.Text("refreshSession.session.accessToken")
		const renew = `mutation($t: String!) { renewSession(input: {accessToken: $t}) { expiresAt userErrors { code field } } }`
		answer := func(token string) apptest.Answer {
			renewed.write(t, "renew", "subscribe", map[string]any{"query": renew, "variables": apptest.Vars{"t": token}})
			out := renewed.next(t)
			if f := renewed.read(t); f.Type != "complete" {
				t.Fatalf("%+v", f)
			}
			return out
		}
		is(t, answer("nonsense"), "renewSession.userErrors", []any{map[string]any{"code": "EXPIRED", "field": []any{"input", "accessToken"}}})
		is(t, answer(other.Token), "renewSession.userErrors.0.code", "NOT_ALLOWED") // of another session
		is(t, answer(fresh.Token), "renewSession.expiresAt", a.Get("refreshSession.session.accessTokenExpiresAt"))
		refuse(t, n, fresh, "NOT_ALLOWED", "renewSession", "expiresAt", apptest.Vars{"accessToken": fresh.Token})

		if end := forgotten.closing(t); end.Code != 4401 {
			t.Errorf("the socket without a fresh token ended with %v", end)
		}
		if d := time.Since(began); d < life {
			t.Errorf("it ended after %v", d)
		}
		n.Send(t, signIn(t, n, owner), c, "one hears")
		is(t, renewed.next(t), "channelEvents.message.body", "one hears")
		if end := renewed.closing(t); end.Code != 4401 {
			t.Errorf("the renewed socket ended with %v", end)
		}
	})
}
