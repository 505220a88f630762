package access_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/riverqueue/river/rivertype"

	"karnak/authz"
	"karnak/ent"
	"karnak/ent/entgen/event"
	"karnak/ent/entgen/grant"
	"karnak/internal/app/apptest"
	"karnak/internal/platform/clock"
)

const patience = 20 * time.Second

// house is a node with a clock that the test moves, and a workspace with somebody to grant to.
type house struct {
	*apptest.Node
	clock     *clock.Manual
	owner, p  apptest.Person
	workspace string
}

func newHouse(t *testing.T, n *apptest.Node, c *clock.Manual) *house {
	t.Helper()
	h := &house{Node: n, clock: c, owner: n.SignUp(t, "Ada"), p: n.SignUp(t, "Mo")}
	h.workspace = n.Workspace(t, h.owner, "grants")
	n.Join(t, h.owner, h.p, h.workspace, "user")
	return h
}

// grant grants for d and returns the grant's id.
func (h *house) grant(t *testing.T, d time.Duration) string {
	t.Helper()
	return h.Must(t, h.owner.Token, `mutation($w: ID!, $u: ID!, $at: DateTime!) {
		grantPermission(input: {workspaceId: $w, userId: $u, permission: "api:write", expiresAt: $at, reason: "for the test"}) {
			grant { id } userErrors { code message } } }`,
		apptest.Vars{"w": h.workspace, "u": h.p.ID, "at": h.clock.Now().Add(d).Format(time.RFC3339)}).Text("grantPermission.grant.id")
}

// recorded returns the types of the events of a grant's end, in order.
func (h *house) recorded(t *testing.T, grantID string) []string {
	t.Helper()
	types, err := h.DB().Client().Event.Query().Where(event.ObjectID(grantID), event.TypeIn("access.grant.ending", "access.grant.ended")).
		Order(event.BySeq()).Select(event.FieldType).Strings(authz.System(t.Context(), "test"))
	if err != nil {
		t.Fatal(err)
	}
	return types
}

func (h *house) await(t *testing.T, grantID string, want ...string) {
	t.Helper()
	var got []string
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		if got = h.recorded(t, grantID); slices.Equal(got, want) {
			return
		}
	}
	t.Fatalf("recorded %v, want %v", got, want)
}

func begin() *clock.Manual { return clock.NewManual(time.Date(2027, 3, 4, 5, 6, 7, 0, time.UTC)) }

func each(t *testing.T, f func(t *testing.T, h *house)) {
	t.Helper()
	t.Parallel()
	for _, engine := range []string{"sqlite3", "postgres"} {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			c := begin()
			f(t, newHouse(t, apptest.Start(t, engine, apptest.Options{Clock: c, Args: []string{"--access-ttl=24h"}}), c))
		})
	}
}

func TestAGrantIsWarnedOfAndEnds(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		long, short, taken := h.grant(t, time.Hour), h.grant(t, 2*time.Minute), h.grant(t, time.Hour)
		h.await(t, short, "access.grant.ending")
		h.Must(t, h.owner.Token, `mutation($id: ID!) { revokeGrant(input: {grantId: $id}) { userErrors { code } } }`, apptest.Vars{"id": taken})

		h.clock.Advance(2 * time.Minute)
		h.await(t, short, "access.grant.ending", "access.grant.ended")
		if got := h.recorded(t, long); len(got) != 0 {
			t.Errorf("recorded %v before their time", got)
		}
		h.clock.Advance(48 * time.Minute)
		h.await(t, long, "access.grant.ending")
		h.clock.Advance(10 * time.Minute)
		h.await(t, long, "access.grant.ending", "access.grant.ended")
		if got := h.recorded(t, taken); len(got) != 0 {
			t.Errorf("%v of a grant that was taken back", got)
		}
	})
}

func TestTheEndOfAGrantIsRecordedOnce(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		id := h.grant(t, time.Hour)
		s := h.Access()
		var later *rivertype.JobSnoozeError
		if err := s.GrantEnding(t.Context(), id); !errors.As(err, &later) || later.Duration != 50*time.Minute {
			t.Errorf("an hour before its end: %v", err)
		}
		if err := s.GrantEnded(t.Context(), id); !errors.As(err, &later) || later.Duration != time.Hour {
			t.Errorf("an hour before its end: %v", err)
		}
		if err := s.GrantEnded(t.Context(), "grant_01h455vb4pex5vsknk084sn02q"); err != nil {
			t.Errorf("of no grant: %v", err)
		}
		h.clock.Advance(time.Hour)
		failed := make(chan error, 16)
		for range 8 {
			go func() { failed <- s.GrantEnding(context.Background(), id) }()
			go func() { failed <- s.GrantEnded(context.Background(), id) }()
		}
		for range 16 {
			if err := <-failed; err != nil {
				t.Error(err)
			}
		}
		// It had ended before it was warned of.
		h.await(t, id, "access.grant.ended")
		if err := s.Sweep(t.Context()); err != nil {
			t.Error(err)
		}
		h.await(t, id, "access.grant.ended")
	})
}

// A grant of a database from before there were jobs has none.
func TestAGrantWithoutJobsIsSwept(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		var id string
		h.Write(t, func(tx *ent.Tx) error {
			now := h.clock.Now()
			g, err := tx.Grant.Create().SetWorkspaceID(h.workspace).SetUserID(h.p.ID).SetPermission("api:write").SetReason("old").
				SetGrantedBy(h.owner.ID).SetCreatedAt(now).SetExpiresAt(now.Add(time.Minute)).Save(authz.System(t.Context(), "test"))
			if err == nil {
				id = g.ID
			}
			return err
		})
		sweep := func() {
			t.Helper()
			if err := h.Access().Sweep(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		sweep()
		h.await(t, id, "access.grant.ending")
		h.clock.Advance(time.Minute)
		sweep()
		sweep()
		h.await(t, id, "access.grant.ending", "access.grant.ended")
		n, err := h.DB().Client().Grant.Query().Where(grant.ID(id), grant.EndedAtNotNil(), grant.WarnedAtNotNil()).Count(authz.System(t.Context(), "test"))
		if err != nil || n != 1 {
			t.Errorf("%d grants are marked: %v", n, err)
		}
	})
}

// The jobs are of the transaction that gives the grant: where that fails there are none.
func TestAGrantThatFailsLeavesNoJob(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		jobs := func() (n int) {
			t.Helper()
			if err := h.DB().Store.DB().QueryRowContext(t.Context(), "SELECT count(*) FROM river_job WHERE kind LIKE 'access.%'").Scan(&n); err != nil {
				t.Fatal(err)
			}
			return n
		}
		key := []string{"Idempotency-Key", "once"}
		give := func(reason string) apptest.Answer {
			return h.Do(t, h.owner.Token, `mutation($w: ID!, $u: ID!, $at: DateTime!, $reason: String!) {
				grantPermission(input: {workspaceId: $w, userId: $u, permission: "api:write", expiresAt: $at, reason: $reason}) {
					grant { id } userErrors { code } } }`,
				apptest.Vars{"w": h.workspace, "u": h.p.ID, "at": h.clock.Now().Add(time.Hour).Format(time.RFC3339), "reason": reason}, key...)
		}
		if a := give("first"); a.Text("grantPermission.grant.id") == "" || jobs() != 2 {
			t.Fatalf("%d jobs after %s", jobs(), a.Body)
		}
		if a := give("first"); a.Text("grantPermission.grant.id") == "" || jobs() != 2 {
			t.Errorf("%d jobs after the same again: %s", jobs(), a.Body)
		}
		if a := give("another"); a.Text("grantPermission.grant.id") != "" || jobs() != 2 {
			t.Errorf("%d jobs after a conflict: %s", jobs(), a.Body)
		}
	})
}
