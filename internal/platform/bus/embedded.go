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

// OpenEmbedded starts a NATS server inside this process: it listens on no port, writes no file and handles no signal.
func OpenEmbedded(cfg Config) (Bus, error) {
	if err := cfg.validate(); err != nil {
		return nil, err
	}
	srv, err := server.NewServer(&server.Options{
		ServerName: cfg.Node,
		DontListen: true,
		NoSigs:     true,
		MaxPayload: MaxPayload,
		MaxPending: 64 << 20,
	})
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
		stop()
		return nil, errors.New("bus: the embedded server did not start in 5 s")
	}
	b := &natsBus{name: "nats-embedded", log: cfg.Logger, stop: stop}
	b.conn, err = nats.Connect("", append(b.options(cfg.Node), nats.InProcessServer(srv), nats.MaxReconnects(-1))...)
	if err != nil {
		stop()
		return nil, fmt.Errorf("bus: embedded connection: %w", err)
	}
	return b, nil
}

// serverLog passes the server's log on; its notices are of use to developers alone.
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
func (s serverLog) Errorf(format string, args ...any)  { s.at(slog.LevelError, format, args) }

// Fatalf is part of the server's logger; it must not end the process.
func (s serverLog) Fatalf(format string, args ...any) { s.at(slog.LevelError, format, args) }
