package transport

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"time"

	"github.com/99designs/gqlgen/graphql"

	"karnak/internal/platform/clock"
)

// SSEConfig says how SSE works. HTTP and Session are required; zero values of the others stand for the defaults.
type SSEConfig struct {
	// HTTP reads the requests, and answers those that get one answer.
	HTTP *HTTP
	// Session returns what a subscription's stream hangs on: it ends with the context, whose cause is a *CloseError that says
	// why. Nil is for a stream without such an end.
	Session func(r *http.Request) (context.Context, error)
	// Share says how a subscription is answered together with others, nil for one that is not; the zero value shares nothing.
	Share    func(oc *graphql.OperationContext) *Share
	Observer Observer
	Clock    clock.Clock

	MaxStreams   int           // streams at a time, 16,384
	BeatEvery    time.Duration // a silent stream gets a comment after it, 15 s
	WriteTimeout time.Duration // how long one write may take, 10 s
}

// SSE answers GraphQL as server-sent events, in the mode of graphql-sse that is called distinct connections: a request that
// accepts text/event-stream, by POST or, for queries and subscriptions, by GET, is answered by a stream of the events next and
// complete. Errors come in a next. What is no GraphQL request is refused as HTTP refuses it.
//
// A next of an event carries the event's position as its id; a request with Last-Event-ID begins after it, as if the argument
// `after` of the subscription's field were that position, whatever else was given: who connects again repeats the old
// request. A stream that ends without complete was cut: connect again.
//
// A slow client slows nobody but itself: the next event is taken from the executor only when the one before it was handed
// over, and a client that does not read for WriteTimeout is cut off.
//
// It goes before HTTP in a server's transports.
type SSE struct {
	SSEConfig
	tick   time.Duration
	groups groups
	// drain is closed by Shutdown.
	drain    chan struct{}
	mu       sync.Mutex
	streams  map[*eventStream]struct{}
	draining bool
	// empty is closed when the last stream is gone, and made anew with the next first one.
	empty chan struct{}
}

var _ graphql.Transport = (*SSE)(nil)

// NewSSE returns the transport.
func NewSSE(c SSEConfig) (*SSE, error) {
	if c.HTTP == nil || c.Session == nil {
		return nil, errors.New("transport: server-sent events need HTTP and Session")
	}
	if c.MaxStreams < 0 || c.BeatEvery < 0 || c.WriteTimeout < 0 {
		return nil, errors.New("transport: limits of server-sent events must not be negative")
	}
	orElse(&c.MaxStreams, 16<<10)
	orElse(&c.BeatEvery, 15*time.Second)
	orElse(&c.WriteTimeout, 10*time.Second)
	if c.Observer == nil {
		c.Observer = NoObserver{}
	}
	if c.Clock == nil {
		c.Clock = clock.System{}
	}
	return &SSE{
		SSEConfig: c,
		tick:      min(500*time.Millisecond, c.BeatEvery/8, c.WriteTimeout/8),
		groups:    groups{all: map[string]*group{}},
		drain:     make(chan struct{}),
		streams:   map[*eventStream]struct{}{},
	}, nil
}

// Supports takes the requests that accept an event stream.
func (s *SSE) Supports(r *http.Request) bool {
	return !wantsSocket(r) && weighs(r.Header, mediaStream) > 0
}

// join takes a stream in, if there is room; the first one starts the sweeper.
func (s *SSE) join(st *eventStream) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.draining || len(s.streams) >= s.MaxStreams {
		return false
	}
	if len(s.streams) == 0 {
		s.empty = make(chan struct{})
		go s.sweepUntil(s.empty)
	}
	s.streams[st] = struct{}{}
	return true
}

func (s *SSE) leave(st *eventStream) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.streams, st)
	if len(s.streams) == 0 {
		close(s.empty)
	}
}

func (s *SSE) each(do func(*eventStream)) {
	s.mu.Lock()
	list := make([]*eventStream, 0, len(s.streams))
	for st := range s.streams {
		list = append(list, st)
	}
	s.mu.Unlock()
	for _, st := range list {
		do(st)
	}
}

// sweepUntil looks after all streams until the last one is gone. One goroutine and one timer serve them all.
func (s *SSE) sweepUntil(empty <-chan struct{}) {
	for {
		select {
		case <-empty:
			s.groups.sweep(s.Clock.Now().Add(keptFor))
			return
		case <-s.Clock.After(s.tick):
			now := s.Clock.Now()
			s.groups.sweep(now)
			s.each(func(st *eventStream) { st.check(now) })
		}
	}
}

// Shutdown takes no more streams and ends the subscriptions without complete: to clients a break, after which they connect
// again and resume. It returns when all streams are gone, queries among them; when ctx ends before that it cuts the rest and
// returns the error of ctx.
func (s *SSE) Shutdown(ctx context.Context) error {
	s.mu.Lock()
	if !s.draining {
		s.draining = true
		close(s.drain)
	}
	empty, none := s.empty, len(s.streams) == 0
	s.mu.Unlock()
	if none {
		return nil
	}
	select {
	case <-empty:
		return nil
	case <-ctx.Done():
	}
	s.each((*eventStream).cut)
	return ctx.Err()
}
