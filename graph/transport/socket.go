package transport

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/99designs/gqlgen/graphql"

	"karnak/internal/platform/clock"
)

// Init decides about a connection by the payload of its connection_init (nil when there is none). The context it returns is
// the one that operations run under; it has to be derived from the given one, which ends with the connection. A *fault.Error
// refuses: UNAUTHENTICATED closes with 4401, FORBIDDEN with 4403, THROTTLED and UNAVAILABLE with 1013; a *CloseError closes
// with its own code.
type Init func(ctx context.Context, payload json.RawMessage, r *http.Request) (context.Context, *Session, error)

// Session is what Init grants.
type Session struct {
	// Watch is given what ends the connection with the session: with the error where that is a *CloseError, refused as by Init
	// where it is a *fault.Error, else with 4403. It returns what ends the watching. Nil for a session without an end.
	Watch func(end func(error)) (stop func())
	// Ack is the payload of connection_ack, a JSON object; nil for none.
	Ack json.RawMessage
}

// SocketConfig says how Socket works. Only Init is required; zero values stand for the defaults.
type SocketConfig struct {
	Init Init
	// Origin reports whether a page of the request's Origin may connect; by default those of the same host may, and clients
	// that send no Origin.
	Origin func(r *http.Request) bool
	// Keep returns what a connection's operations know of its handshake; by default all that its context has. What it returns is held
	// for as long as the connection is.
	Keep func(r *http.Request) context.Context
	// Begin is called for each operation, to give its context a request id and what else belongs to one request.
	Begin func(ctx context.Context) context.Context
	// Share says of a subscription how it is answered together with others; nil for one on its own, and for none at all.
	Share func(oc *graphql.OperationContext) *Share
	// Present shows errors to clients; by default typed errors are shown and all others masked.
	Present  Present
	Observer Observer
	Clock    clock.Clock

	MaxMessage     int64 // bytes of a client's message, 128 KiB
	MaxDepth       int   // nesting of variables, 32
	MaxConnections int   // connections at a time, 16,384
	MaxOperations  int   // operations at a time on one connection, 100
	MaxQueued      int   // messages that wait to be written on one connection, 256
	MaxQueuedBytes int   // and their bytes, 1 MiB

	InitTimeout  time.Duration // from connecting to the end of Init, 10 s
	PingEvery    time.Duration // a silent client is pinged after it and cut before twice as long, 15 s
	WriteTimeout time.Duration // how long one write may take, 10 s
	DrainTimeout time.Duration // how long Shutdown lets queries and mutations run, 10 s
}

// Socket answers GraphQL over websockets with the protocol graphql-transport-ws: subscriptions, queries and mutations.
//
// A slow client slows nobody but itself: the next event of a subscription is taken from the executor only when the one before
// it was queued, the queue is bounded, and a client that does not read for WriteTimeout is cut off, with CloseSlow where it
// still takes the code. The close codes are the constants of this package.
type Socket struct {
	SocketConfig
	buffers buffers
	groups  groups
	tick    time.Duration
	// grace is how long a client may take to answer a close.
	grace time.Duration

	mu       sync.Mutex
	conns    map[*conn]struct{}
	draining bool
	// empty is closed when the last connection is gone, and made anew with the next first one, as the poller is.
	empty chan struct{}
	poll  *poller
}

var _ graphql.Transport = (*Socket)(nil)

// NewSocket returns the transport.
func NewSocket(c SocketConfig) (*Socket, error) {
	if c.Init == nil {
		return nil, errors.New("transport: a socket needs Init")
	}
	if c.MaxMessage < 0 || min(c.MaxDepth, c.MaxConnections, c.MaxOperations, c.MaxQueued, c.MaxQueuedBytes) < 0 {
		return nil, errors.New("transport: limits of a socket must not be negative")
	}
	if min(c.InitTimeout, c.PingEvery, c.WriteTimeout, c.DrainTimeout) < 0 {
		return nil, errors.New("transport: timeouts of a socket must not be negative")
	}
	c.setDefaults()
	return &Socket{
		SocketConfig: c,
		tick:         min(500*time.Millisecond, c.InitTimeout/8, c.PingEvery/8, c.WriteTimeout/8),
		grace:        min(2*time.Second, c.WriteTimeout/2),
		conns:        map[*conn]struct{}{},
		groups:       groups{all: map[string]*group{}},
	}, nil
}

func (c *SocketConfig) setDefaults() {
	orElse(&c.MaxMessage, 128<<10)
	orElse(&c.MaxDepth, 32)
	orElse(&c.MaxConnections, 16<<10)
	orElse(&c.MaxOperations, 100)
	orElse(&c.MaxQueued, 256)
	orElse(&c.MaxQueuedBytes, 1<<20)
	orElse(&c.InitTimeout, 10*time.Second)
	orElse(&c.PingEvery, 15*time.Second)
	orElse(&c.WriteTimeout, 10*time.Second)
	orElse(&c.DrainTimeout, 10*time.Second)
	if c.Origin == nil {
		c.Origin = sameHost
	}
	if c.Keep == nil {
		c.Keep = func(r *http.Request) context.Context { return r.Context() }
	}
	if c.Begin == nil {
		c.Begin = func(ctx context.Context) context.Context { return ctx }
	}
	if c.Present == nil {
		c.Present = presentPlain
	}
	if c.Observer == nil {
		c.Observer = NoObserver{}
	}
	if c.Clock == nil {
		c.Clock = clock.System{}
	}
}

func orElse[T comparable](v *T, standard T) {
	var zero T
	if *v == zero {
		*v = standard
	}
}

func sameHost(r *http.Request) bool {
	origin := r.Header.Get("Origin")
	if origin == "" {
		return true
	}
	u, err := url.Parse(origin)
	return err == nil && u.Host != "" && strings.EqualFold(u.Host, r.Host)
}

func wantsSocket(r *http.Request) bool { return names(r.Header, "Upgrade", "websocket") }

// Supports takes the requests that ask for a websocket.
func (s *Socket) Supports(r *http.Request) bool { return wantsSocket(r) }

// Connections returns how many connections are open.
func (s *Socket) Connections() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.conns)
}
