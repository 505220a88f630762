// Command peer is what karnak's subscriptions are measured beside: the least that can be done, and what comes with gqlgen.
//
//	floor   gorilla/websocket: one prepared frame, written to each socket
//	stock   gqlgen's transport.Websocket, a channel for each subscriber, over an executor written by hand, which costs less
//	        than a generated one
//	relay   one socket for an answer of a language model: each token is handed on as it comes, and nothing is kept
//
// POST /publish makes its body, a JSON value, an event. Nothing is kept, checked or bounded.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"

	"github.com/99designs/gqlgen/graphql/handler"
	stock "github.com/99designs/gqlgen/graphql/handler/transport"
	"github.com/gorilla/websocket"

	"karnak/graph/transport/transporttest"
)

// peer serves sockets and publishes to them.
type peer interface {
	http.Handler
	publish(event json.RawMessage)
}

func main() {
	addr := flag.String("addr", "127.0.0.1:0", "address to listen on")
	mode := flag.String("mode", "floor", "floor, stock or relay")
	provider := flag.String("provider", "", "with relay: the endpoint of a provider that speaks OpenAI's protocol, up to /v1")
	flag.Parse()
	if err := run(*addr, *mode, *provider); err != nil {
		fmt.Fprintln(os.Stderr, "peer:", err)
		os.Exit(1)
	}
}

func run(addr, mode, provider string) error {
	p, err := newPeer(mode, provider)
	if err != nil {
		return err
	}
	mux := http.NewServeMux()
	mux.Handle("/graphql", p)
	mux.HandleFunc("/readyz", func(http.ResponseWriter, *http.Request) {})
	mux.HandleFunc("POST /publish", func(_ http.ResponseWriter, r *http.Request) {
		if b, err := io.ReadAll(r.Body); err == nil {
			p.publish(b)
		}
	})
	s := &http.Server{Addr: addr, Handler: mux, ReadHeaderTimeout: 10 * time.Second}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, func() { _ = s.Close() })
	if err := s.ListenAndServe(); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

func newPeer(mode, provider string) (peer, error) {
	switch mode {
	case "floor":
		return &floor{up: websocket.Upgrader{Subprotocols: []string{"graphql-transport-ws"}}}, nil
	case "stock":
		return newStocked()
	case "relay":
		return &relay{up: websocket.Upgrader{Subprotocols: []string{"graphql-transport-ws"}}, url: provider + "/chat/completions"}, nil
	}
	return nil, fmt.Errorf("there is no mode %q", mode)
}

// floor writes one prepared frame to each socket. All subscriptions have the id 1.
type floor struct {
	up    websocket.Upgrader
	mu    sync.Mutex
	conns []*websocket.Conn
}

func (f *floor) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c, err := f.up.Upgrade(w, r, nil)
	if err != nil {
		return
	}
	for {
		var m struct{ Type string }
		if err := c.ReadJSON(&m); err != nil {
			return
		}
		f.mu.Lock()
		switch m.Type {
		case "connection_init":
			err = c.WriteMessage(websocket.TextMessage, []byte(`{"type":"connection_ack"}`))
		case "subscribe":
			f.conns = append(f.conns, c)
		}
		f.mu.Unlock()
		if err != nil {
			return
		}
	}
}

func (f *floor) publish(event json.RawMessage) {
	m, err := websocket.NewPreparedMessage(websocket.TextMessage, fmt.Appendf(nil, `{"id":"1","type":"next","payload":{"data":{"other":%s}}}`, event))
	if err != nil {
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, c := range f.conns {
		_ = c.WritePreparedMessage(m) // one that is gone is no matter here
	}
}

// stocked is gqlgen's server with its own transport.
type stocked struct {
	http.Handler
	mu   sync.Mutex
	subs map[chan any]struct{}
}

func newStocked() (*stocked, error) {
	s := &stocked{subs: map[chan any]struct{}{}}
	schema, err := transporttest.New(transporttest.Config{Streams: map[string]transporttest.Stream{"other": s.subscribe}})
	if err != nil {
		return nil, err
	}
	h := handler.New(schema)
	h.AddTransport(stock.Websocket{KeepAlivePingInterval: 15 * time.Second})
	s.Handler = h
	return s, nil
}

func (s *stocked) subscribe(ctx context.Context, _ map[string]any) (<-chan any, error) {
	events := make(chan any, 64)
	s.mu.Lock()
	s.subs[events] = struct{}{}
	s.mu.Unlock()
	context.AfterFunc(ctx, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.subs, events)
	})
	return events, nil
}

func (s *stocked) publish(event json.RawMessage) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for c := range s.subs {
		c <- event
	}
}
