package bus

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
)

const startTimeout = 5 * time.Second

// OpenEmbedded starts a NATS server inside this process: it writes no file and handles no signal. It listens on no port, unless
// Config.Listen makes it one of a cluster: then it takes the other nodes' connections there, and theirs alone.
func OpenEmbedded(cfg Config) (Bus, error) {
	if err := cfg.validate(); err != nil {
		return nil, err
	}
	options := &server.Options{ServerName: cfg.Node, DontListen: true, NoSigs: true, MaxPayload: MaxPayload, MaxPending: 64 << 20}
	if err := cfg.cluster(options); err != nil {
		return nil, err
	}
	if err := cfg.free(); err != nil {
		return nil, err
	}
	srv, err := server.NewServer(options)
	if err != nil {
		return nil, fmt.Errorf("bus: embedded server: %w", err)
	}
	srv.SetLoggerV2(serverLog{cfg.Logger}, false, false, false)
	srv.Start()
	stop := sync.OnceFunc(func() {
		srv.Shutdown()
		srv.WaitForShutdown()
	})
	if !srv.ReadyForConnections(startTimeout) {
		go stop() // a server that cannot listen waits for itself for ever
		return nil, errors.New("bus: the embedded server did not start in 5 s")
	}
	alone := len(options.Routes) == 0
	b := &natsBus{name: "nats-embedded", log: cfg.Logger, stop: stop, reaches: func() bool { return alone || srv.NumRoutes() > 0 }}
	b.conn, err = nats.Connect("", append(b.options(cfg.Node), nats.InProcessServer(srv), nats.Token(options.Authorization), nats.MaxReconnects(-1))...)
	if err != nil {
		stop()
		return nil, fmt.Errorf("bus: embedded connection: %w", err)
	}
	return b, nil
}

// serverLog passes the server's log on; its notices are of use to developers alone. Nothing it tells is an error of karnak's,
// which goes on without the bus.
type serverLog struct{ log *slog.Logger }

func (s serverLog) at(level slog.Level, format string, args []any) {
	if s.log.Enabled(context.Background(), level) {
		s.log.Log(context.Background(), level, "nats: "+fmt.Sprintf(format, args...))
	}
}

func (s serverLog) Noticef(format string, args ...any) { s.at(slog.LevelDebug, format, args) }
func (s serverLog) Debugf(format string, args ...any)  { s.at(slog.LevelDebug, format, args) }
func (s serverLog) Tracef(format string, args ...any)  { s.at(slog.LevelDebug, format, args) }
func (s serverLog) Warnf(format string, args ...any)   { s.at(slog.LevelWarn, format, args) }
func (s serverLog) Errorf(format string, args ...any)  { s.at(slog.LevelWarn, format, args) }

// Fatalf is part of the server's logger; it must not end the process.
func (s serverLog) Fatalf(format string, args ...any) { s.at(slog.LevelError, format, args) }
