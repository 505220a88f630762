package scenario_test

import (
	"fmt"
	"testing"
	"time"

	"karnak/internal/app/apptest"
)

// TestStreamsHaveTheRoomOfTheTier opens as many streams as a workspace of the second tier may have here, over a socket and by
// HTTP: the next is refused, whatever it is of, until one of them ends. Another workspace has its own room.
func TestStreamsHaveTheRoomOfTheTier(t *testing.T) {
	t.Parallel()
	const activity = `subscription($w: ID!, $after: Cursor) { activity(workspaceId: $w, after: $after) { seq } }`
	apptest.Each(t, apptest.Options{Args: []string{"--limit-streams=1"}}, func(t *testing.T, n *apptest.Node) {
		owner := n.SignUp(t, "Owner")
		w, other := n.Workspace(t, owner, "crowded"), n.Workspace(t, owner, "empty")
		c, quiet := n.Channel(t, owner, w, "general", "PUBLIC"), n.Channel(t, owner, other, "general", "PUBLIC")
		vars, elsewhere := apptest.Vars{"c": c, "after": head(t, n, owner, c)}, apptest.Vars{"c": quiet, "after": head(t, n, owner, quiet)}
		all := apptest.Vars{"w": w, "after": vars["after"]}
		n.Send(t, owner, c, "whoever is open has this")
		n.Send(t, owner, quiet, "there is room elsewhere")
		many := subscribe(t, n, owner, streamed, vars)
		many.next(t)
		for i := 2; i < 10; i++ {
			query, v := streamed, vars
			if i%2 == 0 {
				query, v = activity, all
			}
			many.write(t, fmt.Sprint(i), "subscribe", map[string]any{"query": query, "variables": v})
			many.next(t)
		}
		listen(t, n, owner, streamed, vars, "").next(t)
		for query, v := range map[string]apptest.Vars{streamed: vars, activity: all} {
			if code := subscribe(t, n, owner, query, v).refusal(t); code != "THROTTLED" {
				t.Errorf("the eleventh is refused with %s", code)
			}
		}
		subscribe(t, n, owner, streamed, elsewhere).next(t)
		many.write(t, "2", "complete", nil)
		for end := time.Now().Add(patience); subscribe(t, n, owner, activity, all).read(t).Type != "next"; {
			if time.Now().After(end) {
				t.Fatal("there is no room where one has ended")
			}
		}
	})
}
