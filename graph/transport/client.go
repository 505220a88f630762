package transport

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
)

// Client is an open connection as it stands. Its ids grow with time.
type Client struct {
	ID string
	// Context is that of its operations: with it comes who is signed in.
	Context    context.Context
	Since      time.Time
	Operations []ClientOperation
	// Queued messages, of so many bytes, wait to be written, the oldest for as long as Lag.
	Queued, QueuedBytes int
	Lag                 time.Duration
}

// ClientOperation is an operation that runs over a connection.
type ClientOperation struct {
	// ID is what the client calls it, empty where it has only one; Name is its name, or its first field.
	ID, Name     string
	Subscription bool
}

// Clients returns the connections that are open, by id, with an id above after, at most limit, and how many there are in all.
func (s *Socket) Clients(after string, limit int) ([]Client, int) {
	all := slices.DeleteFunc(s.snapshot(), func(c *conn) bool { return !c.open() })
	return clients(all, after, limit, func(c *conn) string { return c.id }, (*conn).client), len(all)
}

// End closes a connection; it returns what it was, and false when there is none of this id.
func (s *Socket) End(id string, end *CloseError) (Client, bool) {
	for _, c := range s.snapshot() {
		if c.id == id && c.open() {
			was := c.client()
			return was, c.close(closing(end.Code, "%s", end.Reason))
		}
	}
	return Client{}, false
}

// open reports whether a connection has begun and has not been told that it ends.
func (c *conn) open() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.attached.Load() && c.end == nil
}

func (c *conn) client() Client {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := c.s.Clock.Now()
	out := Client{ID: c.id, Context: c.ctx, Since: c.opened.time(), Queued: len(c.out.frames), QueuedBytes: c.out.bytes, Lag: max(0, c.writing.age(now))}
	if c.base != nil {
		out.Context = c.base
	}
	if len(c.out.frames) > 0 {
		out.Lag = max(out.Lag, now.Sub(c.out.frames[0].at))
	}
	for _, op := range c.proto.active {
		out.Operations = append(out.Operations, ClientOperation{op.id, op.name, op.subscription})
	}
	slices.SortFunc(out.Operations, func(a, b ClientOperation) int { return strings.Compare(a.ID, b.ID) })
	return out
}

// Clients returns the streams that are open, as Socket.Clients does.
func (s *SSE) Clients(after string, limit int) ([]Client, int) {
	var all []*eventStream
	s.each(func(st *eventStream) {
		if st.open() {
			all = append(all, st)
		}
	})
	return clients(all, after, limit, func(st *eventStream) string { return st.id }, (*eventStream).client), len(all)
}

// End ends a stream, with an error where there is one, after which clients stay away; else it breaks off and they connect
// again. It returns what it was, and false when there is none of this id.
func (s *SSE) End(id string, err error) (was Client, ok bool) {
	s.each(func(st *eventStream) {
		if st.id == id {
			was = st.client()
			ok = st.end(err)
		}
	})
	return was, ok
}

// open reports whether a stream goes on.
func (st *eventStream) open() bool { return st.ctx.Err() == nil && !st.parting.Load() }

// end breaks a stream off; it reports false when it ends already.
func (st *eventStream) end(err error) bool {
	switch {
	case !st.open() || !st.parting.CompareAndSwap(false, true):
		return false
	case st.writing.never():
		st.ended <- err
	default:
		st.cut()
	}
	return true
}

func (st *eventStream) client() Client {
	return Client{
		ID: st.id, Context: st.ctx, Since: st.began, Lag: max(0, st.writing.age(st.s.Clock.Now())),
		Operations: []ClientOperation{{Name: st.name, Subscription: st.subscription}},
	}
}

// clients looks at those of a list that come next after an id.
func clients[T any](all []T, after string, limit int, id func(T) string, look func(T) Client) []Client {
	next := slices.DeleteFunc(all[:len(all):len(all)], func(x T) bool { return id(x) <= after })
	slices.SortFunc(next, func(a, b T) int { return strings.Compare(id(a), id(b)) })
	var out []Client
	for _, x := range next[:min(len(next), limit)] {
		out = append(out, look(x))
	}
	return out
}

// nameOf returns what people call an operation.
func nameOf(oc *graphql.OperationContext) string {
	if oc == nil || oc.Operation == nil {
		return ""
	}
	if oc.Operation.Name != "" || len(oc.Operation.SelectionSet) == 0 {
		return oc.Operation.Name
	}
	if f, ok := oc.Operation.SelectionSet[0].(*ast.Field); ok {
		return f.Name
	}
	return ""
}
