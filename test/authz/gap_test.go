package authz_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"strings"
	"testing"

	"karnak/authz"
	"karnak/ent"
	"karnak/ent/entgen/event"
	"karnak/ent/entgen/eventhead"
	"karnak/internal/app/apptest"
	"karnak/internal/platform/id"
	"karnak/test/world"
)

// A reader takes a page of 200 events from the database and the next one when the client has them. So a gap is seen by who
// is still busy with the first page, of events too large for the buffers between, while the log is cut beyond it.
const (
	gapEvents = 300
	gapFloor  = 250
	gapBody   = 16_000
)

// askGap asks for the fields of StreamGap, which only a stream has.
func askGap(t *testing.T, w *world.World, c world.Contract, rows []world.Row) {
	t.Helper()
	request, vars := longFeed(t, w, c, rows)
	open := map[string]*world.Socket{}
	for _, name := range world.Principals() {
		s := world.DialBy(t, w.Node, w.People[name].Token, narrow())
		s.Subscribe(t, "1", request, vars)
		m, err := s.Read(world.Patience)
		if err != nil {
			t.Fatalf("StreamGap for %s: %v", name, err)
		}
		if m.Type == "next" {
			open[name] = s
			continue
		}
		for _, r := range rows {
			check(t, r, name, outcome{m.Code(), request, string(m.Payload)})
		}
	}
	cut(t, w, vars["o"].(string))
	for _, name := range world.Principals() {
		if open[name] != nil {
			checkGap(t, open[name], request, rows, name)
		}
	}
}

// narrow dials with a small buffer for what comes in.
func narrow() *http.Client {
	return &http.Client{Transport: &http.Transport{DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
		c, err := (&net.Dialer{}).DialContext(ctx, network, address)
		if tcp, ok := c.(*net.TCPConn); ok {
			err = tcp.SetReadBuffer(64 << 10)
		}
		return c, err
	}}}
}

// longFeed makes a workspace with a long and heavy log, and a subscription to all of it.
func longFeed(t *testing.T, w *world.World, c world.Contract, rows []world.Row) (request string, vars apptest.Vars) {
	t.Helper()
	ws := w.Workspace(t, w.Owner)
	for _, name := range []string{world.User, world.Pro, world.Moderator, world.Admin, world.Expired} {
		w.Join(t, w.Owner, w.People[name], ws, world.RoleOf(w.People[name]))
	}
	channel := w.Channel(t, w.Owner, ws, "PUBLIC")
	heavy := w.Send(t, w.Owner, channel, strings.Repeat("heavy ", gapBody/6))
	after := w.Cursor(t, w.Owner, ws)
	sys := authz.System(t.Context(), "test")
	w.Write(t, func(tx *ent.Tx) error {
		head, err := tx.EventHead.Get(sys, ws)
		if err != nil {
			return err
		}
		for i := range int64(gapEvents) {
			err := tx.Event.Create().SetID(id.New(id.Event)).SetWorkspaceID(ws).SetSeq(head.Seq + 1 + i).SetType("chat.message.posted").SetActorID(w.Owner.ID).
				SetObjectID(heavy).SetChannelID(channel).SetOccurredAt(w.Now()).SetRecordedAt(w.Now()).SetSource("test").Exec(sys)
			if err != nil {
				return err
			}
		}
		return tx.EventHead.UpdateOneID(ws).SetSeq(head.Seq + gapEvents).Exec(sys)
	})
	var fields []string
	for i, r := range rows {
		fields = append(fields, c.Selection(t, r, fmt.Sprintf("f%d", i), "{ __typename }"))
	}
	request = `subscription($o: ID!, $after: Cursor) { activity(workspaceId: $o, after: $after) { __typename
		... on MessagePosted { a: message { body } b: message { body } c: message { body } d: message { body } }
		... on StreamGap { ` + strings.Join(fields, " ") + ` } } }`
	return request, apptest.Vars{"o": ws, "after": after}
}

// cut removes what the log has kept for too long.
func cut(t *testing.T, w *world.World, ws string) {
	t.Helper()
	sys := authz.System(t.Context(), "test")
	w.Write(t, func(tx *ent.Tx) error {
		if _, err := tx.Event.Delete().Where(event.WorkspaceID(ws), event.SeqLTE(gapFloor)).Exec(sys); err != nil {
			return err
		}
		return tx.EventHead.Update().Where(eventhead.ID(ws)).SetFloor(gapFloor).Exec(sys)
	})
}

// checkGap reads on until the gap comes.
func checkGap(t *testing.T, s *world.Socket, request string, rows []world.Row, name string) {
	t.Helper()
	defer func() { _ = s.Conn.CloseNow() }()
	for n := 1; ; n++ {
		m, err := s.Read(world.Patience)
		if err != nil || m.Type != "next" {
			t.Errorf("%s for %s: no gap after %d messages: %s %v", rows[0].Where, name, n, m.Payload, err)
			return
		}
		if !m.Has(`"__typename":"StreamGap"`) {
			continue
		}
		var a apptest.Answer
		if err := json.Unmarshal(m.Payload, &a); err != nil {
			t.Error(err)
			return
		}
		for i, r := range rows {
			check(t, r, name, outcome{wordOf(a, objectsAt(a.Data, "activity"), fmt.Sprintf("f%d", i)), request, string(m.Payload)})
		}
		return
	}
}
