package store_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/url"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"karnak/ent/enttest"
	"karnak/internal/platform/store"
)

// relay stands between a store and its server, and may hold back what both say, as a server does that was stopped.
type relay struct {
	listener net.Listener
	to       string
	held     atomic.Bool
	freed    chan struct{}
	work     sync.WaitGroup
}

func newRelay(t *testing.T, to string) *relay {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	r := &relay{listener: l, to: to, freed: make(chan struct{})}
	r.work.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			r.work.Go(func() { r.join(c) })
		}
	})
	t.Cleanup(func() { _ = l.Close() })
	return r
}

func (r *relay) join(near net.Conn) {
	far, err := net.Dial("tcp", r.to)
	if err != nil {
		_ = near.Close()
		return
	}
	go r.pass(far, near)
	r.pass(near, far)
}

func (r *relay) pass(to io.WriteCloser, from io.Reader) {
	defer func() { _ = to.Close() }()
	b := make([]byte, 4096)
	for {
		n, err := from.Read(b)
		if err != nil {
			return
		}
		if r.held.Load() {
			<-r.freed
		}
		if _, err := to.Write(b[:n]); err != nil {
			return
		}
	}
}

// TestPostgresThatDoesNotAnswer holds the server's answers back: whatever waits ends soon after its context, and not before.
func TestPostgresThatDoesNotAnswer(t *testing.T) {
	t.Parallel()
	u, err := url.Parse(enttest.Postgres(t))
	if err != nil {
		t.Fatal(err)
	}
	r := newRelay(t, u.Host)
	u.Host = r.listener.Addr().String()
	s, err := store.Open(t.Context(), store.Config{URL: u.String(), Pool: 2})
	if err != nil {
		t.Fatal(err)
	}
	// A context that ended with its statement does not reach the connection later.
	for range 3 {
		ctx, cancel := context.WithCancel(t.Context())
		if err := s.Ping(ctx); err != nil {
			t.Fatal(err)
		}
		cancel()
	}
	time.Sleep(time.Second)
	if n := s.DB().Stats().OpenConnections; n != 1 || s.Ping(t.Context()) != nil || s.DB().Stats().MaxIdleClosed != 0 {
		t.Errorf("%d connections are open after one was used in turn", n)
	}
	r.held.Store(true)
	waits := map[string]func(context.Context) error{
		"a statement":             s.Ping,
		"a second one":            s.Ping,
		"one that has to connect": s.Ping,
		"a transaction": func(ctx context.Context) error {
			return s.InTx(ctx, func(context.Context, *store.Tx) error { return errors.New("it began") })
		},
	}
	var all sync.WaitGroup
	for name, wait := range waits {
		all.Go(func() {
			ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
			defer cancel()
			began := time.Now()
			err := wait(ctx)
			if took := time.Since(began); err == nil || !store.Unavailable(err) && !errors.Is(err, context.DeadlineExceeded) || took > 3*time.Second {
				t.Errorf("%s: %v after %s", name, err, took)
			}
		})
	}
	all.Wait()
	r.held.Store(false)
	close(r.freed)
	if err := s.Ping(t.Context()); err != nil {
		t.Errorf("once it answers again: %v", err)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}
