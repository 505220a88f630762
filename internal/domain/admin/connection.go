package admin

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"karnak/ent/entgen"
	"karnak/internal/core/eventlog"
	"karnak/internal/platform/fault"
	"karnak/internal/platform/id"
	"karnak/internal/platform/page"
)

// ClientTransport is how a client is connected.
type ClientTransport string

// The transports.
const (
	Websocket   ClientTransport = "WEBSOCKET"
	EventStream ClientTransport = "EVENT_STREAM"
)

// ConnectedClient is an open connection, as it was when it was asked for. Its ids grow with time.
type ConnectedClient struct {
	ID             string            `json:"id"`
	UserID         string            `json:"userId,omitempty"`
	Address        string            `json:"address"`
	Transport      ClientTransport   `json:"transport"`
	Node           string            `json:"node,omitempty"`
	ConnectedAt    time.Time         `json:"connectedAt"`
	Operations     []ClientOperation `json:"operations,omitempty"`
	QueuedMessages int               `json:"queuedMessages,omitempty"`
	QueuedBytes    int               `json:"queuedBytes,omitempty"`
	// LagMs is how long the oldest message has waited, in milliseconds.
	LagMs int `json:"lagMs,omitempty"`
}

// ClientOperation runs over a connection.
type ClientOperation struct {
	ID           string `json:"id,omitempty"`
	Name         string `json:"name"`
	Subscription bool   `json:"subscription,omitempty"`
}

// A page of connections.
type (
	ConnectedClientConnection = page.Connection[*ConnectedClient]
	ConnectedClientEdge       = page.Edge[*ConnectedClient]
)

// Connections are those of this node.
type Connections interface {
	// Clients returns at most limit connections with an id above after, by id, and how many there are in all.
	Clients(after string, limit int) ([]ConnectedClient, int)
	// End ends a connection, telling its client why, and whether it may come back. It returns whose it was, and false when
	// there is none of this id.
	End(connectionID string, reconnect bool, reason string) (userID string, ok bool)
}

// The questions that nodes ask each other.
const (
	topicList = "connections"
	topicEnd  = "terminate"
)

type listQuestion struct {
	After string `json:"after"`
	Limit int    `json:"limit"`
}

type listAnswer struct {
	Clients []ConnectedClient `json:"clients"`
	Total   int               `json:"total"`
}

type endQuestion struct {
	ID        string `json:"id"`
	Reconnect bool   `json:"reconnect"`
	Reason    string `json:"reason"`
}

type endAnswer struct {
	UserID string `json:"userId"`
	Ended  bool   `json:"ended"`
}

// Connections returns the open connections of all nodes, the oldest first. Needs admin:system; UNAVAILABLE while a node does
// not answer.
func (s *Service) Connections(ctx context.Context, args page.Args) (*ConnectedClientConnection, error) {
	if err := s.require(ctx); err != nil {
		return nil, err
	}
	w, err := s.clients.Window(args)
	if err != nil {
		return nil, err
	}
	q := listQuestion{Limit: w.Limit + 1}
	if w.After != nil {
		q.After, _ = w.After[0].(string)
	}
	answers, err := ask[listAnswer](ctx, s, topicList, q)
	if err != nil {
		return nil, err
	}
	var all []*ConnectedClient
	total := 0
	for node, a := range answers {
		total += a.Total
		for i := range a.Clients {
			a.Clients[i].Node = node
			all = append(all, &a.Clients[i])
		}
	}
	slices.SortFunc(all, func(a, b *ConnectedClient) int { return strings.Compare(a.ID, b.ID) })
	all = all[:min(len(all), w.Limit+1)]
	s.expect(ctx, all)
	return page.Build(s.clients, w, all, func(context.Context) (int, error) { return total, nil }), nil
}

func (s *Service) expect(ctx context.Context, all []*ConnectedClient) {
	var users []string
	for _, c := range all {
		if c.UserID != "" {
			users = append(users, c.UserID)
		}
	}
	s.Guard.ExpectPersons(ctx, users)
}

// User returns who is signed in over a connection; nil for nobody.
func (s *Service) User(ctx context.Context, c *ConnectedClient) (*entgen.User, error) {
	if c.UserID == "" {
		return nil, nil
	}
	return s.Guard.Person(ctx, c.UserID)
}

// TerminateConnection ends an open connection on whatever node it is. Needs admin:system. It is written down in the
// platform's log once the connection has been told.
func (s *Service) TerminateConnection(ctx context.Context, in TerminateConnectionInput) (*TerminateConnectionPayload, error) {
	if err := s.require(ctx); err != nil {
		return nil, err
	}
	if done, err := s.Log.Replay(ctx); done != nil || err != nil {
		return terminated(done, err)
	}
	if err := in.validate(); err != nil {
		return nil, err
	}
	none := fault.User(fault.Missing, "connectionId", "No such connection is open: it may have ended by itself.")
	if !id.Valid(id.Connection, in.ConnectionID) {
		return nil, none
	}
	// One node has it: that another is silent is no matter when it has ended.
	answers, silent := ask[endAnswer](ctx, s, topicEnd, endQuestion{in.ConnectionID, in.Reconnect, in.Reason})
	for _, a := range answers {
		if a.Ended {
			done, err := s.Log.Change(ctx, func(ctx context.Context, tx *eventlog.Tx) (string, error) {
				return in.ConnectionID, tx.Append(ctx, id.Platform, eventlog.Draft{
					Type: connectionTerminated, SubjectID: a.UserID, ObjectID: in.ConnectionID, Data: map[string]string{"reason": in.Reason},
				})
			})
			return terminated(done, err)
		}
	}
	if silent != nil {
		return nil, silent
	}
	return nil, none
}

func terminated(done *eventlog.Done, err error) (*TerminateConnectionPayload, error) {
	if err != nil {
		return nil, err
	}
	return &TerminateConnectionPayload{done.Receipt, &done.ObjectID}, nil
}

// ask asks every node and reads the answers. With an error come those of the nodes that did answer.
func ask[A any](ctx context.Context, s *Service, topic string, question any) (map[string]A, error) {
	b, err := json.Marshal(question)
	if err != nil {
		return nil, err
	}
	raw, silent := s.Nodes.Ask(ctx, topic, b)
	out := make(map[string]A, len(raw))
	for node, r := range raw {
		var a A
		if err := json.Unmarshal(r, &a); err != nil {
			return nil, err
		}
		out[node] = a
	}
	return out, silent
}
