package app

import (
	"context"
	"slices"
	"strings"
	"time"

	"karnak/authz"
	"karnak/graph/transport"
	"karnak/internal/domain/admin"
	"karnak/internal/platform/fault"
	"karnak/internal/platform/telemetry"
)

// clients are the open connections of this node.
type clients struct {
	socket *transport.Socket
	events *transport.SSE
}

// Clients returns them by id.
func (c clients) Clients(after string, limit int) ([]admin.ConnectedClient, int) {
	sockets, n := c.socket.Clients(after, limit)
	streams, m := c.events.Clients(after, limit)
	out := make([]admin.ConnectedClient, 0, len(sockets)+len(streams))
	for _, x := range sockets {
		out = append(out, client(x, admin.Websocket))
	}
	for _, x := range streams {
		out = append(out, client(x, admin.EventStream))
	}
	slices.SortFunc(out, func(a, b admin.ConnectedClient) int { return strings.Compare(a.ID, b.ID) })
	return out[:min(len(out), limit)], n + m
}

func client(x transport.Client, t admin.ClientTransport) admin.ConnectedClient {
	out := admin.ConnectedClient{
		ID: x.ID, UserID: userOf(x.Context), Transport: t, ConnectedAt: x.Since,
		QueuedMessages: x.Queued, QueuedBytes: x.QueuedBytes, LagMs: int(x.Lag / time.Millisecond),
	}
	if a := telemetry.Client(x.Context); a.IsValid() {
		out.Address = a.String()
	}
	for _, op := range x.Operations {
		out.Operations = append(out.Operations, admin.ClientOperation(op))
	}
	return out
}

func userOf(ctx context.Context) string {
	if a := authz.ActorOf(ctx); a != nil {
		return a.UserID
	}
	return ""
}

// End ends one of them.
func (c clients) End(connectionID string, reconnect bool, reason string) (string, bool) {
	text := "ended by an operator"
	if reason != "" {
		text += ": " + reason
	}
	end, err := &transport.CloseError{Code: transport.CloseForbidden, Reason: text}, error(fault.New(fault.Forbidden, "The stream was %s.", text))
	if reconnect {
		end.Code, err = transport.CloseRestart, nil
	}
	was, ok := c.socket.End(connectionID, end)
	if !ok {
		was, ok = c.events.End(connectionID, err)
	}
	if !ok {
		return "", false
	}
	return userOf(was.Context), true
}
