package transport

import (
	"context"
	"net/http"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"karnak/internal/platform/fault"
)

// Do serves one connection until it ends and all its operations have ended.
func (s *Socket) Do(w http.ResponseWriter, r *http.Request, exec graphql.GraphExecutor) {
	if !s.Origin(r) {
		s.turnAway(w, r, http.StatusForbidden, fault.New(fault.Forbidden, "Pages of this origin may not connect."))
		return
	}
	c := newConn(s, r, exec)
	if !s.join(c) {
		w.Header().Set("Retry-After", "5")
		s.turnAway(w, r, http.StatusServiceUnavailable, fault.New(fault.Unavailable, "No more connections are taken now."))
		return
	}
	accepted := false
	defer func() {
		if !accepted {
			s.leave(c)
		}
	}()
	raw, early, err := shakeHands(w, r)
	if err != nil {
		// It was answered that this is no handshake.
		return
	}
	s.Observer.Connected()
	c.attach(raw)
	if !speaks(r) {
		c.close(closing(CloseSubprotocol, "Subprotocol not acceptable"))
	}
	// The server's goroutine, and what it holds for requests, are given back.
	accepted = true
	go c.serve(early)
}

func (s *Socket) turnAway(w http.ResponseWriter, r *http.Request, status int, err error) {
	body := appendResponse(nil, &graphql.Response{Errors: gqlerror.List{s.Present(r.Context(), err)}})
	w.Header().Set("Content-Type", mediaJSON+"; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write(body)
}

// join takes a connection in, if there is room; the first one starts the sweeper.
func (s *Socket) join(c *conn) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.draining || len(s.conns) >= s.MaxConnections {
		return false
	}
	if len(s.conns) == 0 {
		s.empty = make(chan struct{})
		s.poll = newPoller()
		go s.sweepUntil(s.empty)
	}
	c.poll = s.poll
	s.conns[c] = struct{}{}
	return true
}

func (s *Socket) leave(c *conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.conns, c)
	if len(s.conns) == 0 {
		close(s.empty)
		if s.poll != nil {
			s.poll.close()
		}
	}
}

func (s *Socket) snapshot() []*conn {
	s.mu.Lock()
	defer s.mu.Unlock()
	list := make([]*conn, 0, len(s.conns))
	for c := range s.conns {
		list = append(list, c)
	}
	return list
}

// Shutdown takes no more connections and no more operations, ends the subscriptions, lets queries and mutations end within
// DrainTimeout, and closes every connection with CloseRestart: to clients a break, not the end of their streams. It returns
// when all are gone; when ctx ends before that it cuts the rest and returns the error of ctx.
func (s *Socket) Shutdown(ctx context.Context) error {
	s.mu.Lock()
	s.draining = true
	empty, none := s.empty, len(s.conns) == 0
	s.mu.Unlock()
	if none {
		return nil
	}
	for _, c := range s.snapshot() {
		c.drain()
	}
	select {
	case <-empty:
		return nil
	case <-s.Clock.After(s.DrainTimeout):
	case <-ctx.Done():
	}
	for _, c := range s.snapshot() {
		c.close(restarting())
	}
	select {
	case <-empty:
		return nil
	case <-ctx.Done():
	}
	for _, c := range s.snapshot() {
		c.cut()
	}
	return ctx.Err()
}

func restarting() *CloseError {
	return closing(CloseRestart, "The server restarts: connect again and resume")
}
