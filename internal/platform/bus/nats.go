package bus

import (
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
)

// natsBus is a Bus over one NATS connection; stop ends what the connection stands on, and reaches says whether that reaches
// others.
type natsBus struct {
	name    string
	conn    *nats.Conn
	log     *slog.Logger
	stop    func()
	reaches func() bool
}

// Open connects to NATS servers and returns at once, whether they are there or not: the connection is tried for ever. While
// it is down a bounded number of messages waits; then Publish fails.
func Open(cfg Config) (Bus, error) {
	if err := cfg.validate(); err != nil {
		return nil, err
	}
	if strings.TrimSpace(cfg.URL) == "" {
		return nil, errors.New("bus: no URL")
	}
	b := &natsBus{name: "nats", log: cfg.Logger, stop: func() {}, reaches: func() bool { return true }}
	conn, err := nats.Connect(cfg.URL, append(b.options(cfg.Node),
		nats.RetryOnFailedConnect(true),
		nats.MaxReconnects(-1),
		nats.ReconnectWait(250*time.Millisecond),
		nats.ReconnectJitter(250*time.Millisecond, 500*time.Millisecond),
		nats.ReconnectBufSize(8<<20),
		nats.PingInterval(5*time.Second),
		nats.MaxPingsOutstanding(2),
		nats.Timeout(2*time.Second),
	)...)
	if err != nil {
		// The address may hold a password, and so may the library's error.
		return nil, errors.New("bus: the URL of the NATS servers cannot be used")
	}
	b.conn = conn
	return b, nil
}

func (b *natsBus) options(node string) []nats.Option {
	return []nats.Option{
		nats.Name(node),
		nats.ErrorHandler(func(_ *nats.Conn, sub *nats.Subscription, err error) {
			if errors.Is(err, nats.ErrSlowConsumer) && sub != nil {
				dropped, _ := sub.Dropped()
				b.log.Warn("bus: a subscriber is slow, messages were dropped", "pattern", sub.Subject, "dropped", dropped)
				return
			}
			b.log.Warn("bus: error", "error", err)
		}),
		nats.DisconnectErrHandler(func(_ *nats.Conn, err error) {
			if err != nil {
				b.log.Warn("bus: connection lost", "error", err)
			}
		}),
		nats.ReconnectHandler(func(*nats.Conn) { b.log.Info("bus: connected again") }),
	}
}

func (b *natsBus) Publish(subject string, payload []byte) error {
	switch {
	case !wellFormed(subject, false):
		return ErrSubject
	case len(payload) > MaxPayload:
		return ErrPayload
	}
	return translate(b.conn.Publish(subject, payload))
}

func (b *natsBus) Subscribe(pattern string, handle func(string, []byte)) (func(), error) {
	if !wellFormed(pattern, true) {
		return nil, ErrSubject
	}
	sub, err := b.conn.Subscribe(pattern, func(m *nats.Msg) { b.call(handle, m) })
	if err != nil {
		return nil, translate(err)
	}
	if err := sub.SetPendingLimits(pendingMessages, pendingBytes); err != nil {
		return nil, translate(err)
	}
	// The server must know the subscription before another node's message comes; a connection that is down repeats it later.
	if b.conn.IsConnected() {
		if err := b.conn.FlushTimeout(2 * time.Second); err != nil {
			b.log.Warn("bus: a subscription is not confirmed yet", "pattern", pattern, "error", err)
		}
	}
	return func() {
		// The second time the subscription is known to be closed.
		if err := sub.Unsubscribe(); err != nil && !errors.Is(translate(err), ErrClosed) {
			b.log.Warn("bus: unsubscribe", "pattern", pattern, "error", err)
		}
	}, nil
}

// call keeps a panic of one handler from ending the process.
func (b *natsBus) call(handle func(string, []byte), m *nats.Msg) {
	defer func() {
		if r := recover(); r != nil {
			b.log.Error("bus: a handler failed", "subject", m.Subject, "panic", fmt.Sprint(r), "stack", string(debug.Stack()))
		}
	}()
	handle(m.Subject, m.Data)
}

func (b *natsBus) Name() string { return b.name }

func (b *natsBus) Healthy() bool { return b.conn.IsConnected() && b.reaches() }

func (b *natsBus) Close() {
	b.conn.Close()
	b.stop()
}

func translate(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, nats.ErrConnectionClosed), errors.Is(err, nats.ErrConnectionDraining), errors.Is(err, nats.ErrBadSubscription):
		return ErrClosed
	case errors.Is(err, nats.ErrMaxPayload):
		return ErrPayload
	}
	return fmt.Errorf("bus: %w", err)
}
