package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"time"

	"karnak/internal/core/eventlog"
	"karnak/internal/platform/clock"
	"karnak/internal/platform/config"
	"karnak/internal/platform/telemetry"
)

// Time limits of a connection: headers have to come soon, a request wholly within a while.
const (
	headersWithin = 5 * time.Second
	readWithin    = 15 * time.Second
	idleFor       = 2 * time.Minute
	headerBytes   = 32 << 10
)

// Serve serves until the context ends, and then drains: no new streams, running requests finish, sockets close with a code
// that lets clients resume, all within the configured grace.
func Serve(ctx context.Context, cfg *config.Config) (err error) {
	logger := telemetry.NewLogger(os.Stderr, cfg.LogLevel)
	a, err := Open(ctx, Options{Config: cfg, Clock: clock.System{}, Logger: logger})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, a.Close(context.WithoutCancel(ctx))) }()
	listener, err := cfg.Listen(ctx)
	if err != nil {
		return err
	}
	server := &http.Server{
		Handler: a.Handler(), ReadHeaderTimeout: headersWithin, ReadTimeout: readWithin, IdleTimeout: idleFor,
		WriteTimeout: readWithin + cfg.RequestTimeout, MaxHeaderBytes: headerBytes,
		BaseContext: func(net.Listener) context.Context { return context.WithoutCancel(ctx) },
	}
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	if err := a.greet(os.Stdout, listener.Addr()); err != nil {
		return err
	}
	select {
	case err := <-failed:
		return err
	case <-a.restored:
		err = eventlog.ErrRestored
	case <-ctx.Done():
	}
	logger.Info("draining")
	return errors.Join(err, a.drain(context.WithoutCancel(ctx), server))
}

func (a *App) drain(ctx context.Context, server *http.Server) error {
	ctx, cancel := context.WithTimeout(ctx, a.cfg.ShutdownGrace)
	defer cancel()
	return errors.Join(a.Drain(ctx), server.Shutdown(ctx))
}

// greet tells where the server is, and the demo's sign-ins where there are any.
func (a *App) greet(out io.Writer, addr net.Addr) error {
	host := addr.String()
	if t, ok := addr.(*net.TCPAddr); ok && (t.IP.IsUnspecified() || t.IP.IsLoopback()) {
		host = fmt.Sprintf("localhost:%d", t.Port)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "karnak %s on %s, bus %s\n\n  http://%s/          GraphiQL\n  http://%s/graphql   the API, also by websocket\n", Version, a.db.Name(), a.bus.Name(), host, host)
	if len(a.demoUsers) > 0 {
		b.WriteString("\n  Sign-ins of the demo (password " + demoPassword + "):\n")
		for _, u := range a.demoUsers {
			fmt.Fprintf(&b, "    %-28s %-10s in %s\n", u.Email, u.Role, u.Workspace)
		}
	}
	b.WriteString("\n")
	_, err := io.WriteString(out, b.String())
	return err
}

// Check opens everything that serving needs but the listener, and closes it again.
func Check(ctx context.Context, cfg *config.Config) error {
	a, err := Open(ctx, Options{Config: cfg, Clock: clock.System{}, Logger: telemetry.NewLogger(os.Stderr, cfg.LogLevel), Idle: true})
	if err != nil {
		return err
	}
	return a.Close(ctx)
}

// Migrate brings the database to the newest schema.
func Migrate(ctx context.Context, cfg *config.Config) error {
	s, err := openStore(ctx, cfg)
	if err != nil {
		return err
	}
	return s.Close()
}

// Seed fills an empty database with the demo and prints its sign-ins.
func Seed(ctx context.Context, cfg *config.Config, out io.Writer) error {
	cfg.SeedDemo = true
	a, err := Open(ctx, Options{Config: cfg, Clock: clock.System{}, Logger: telemetry.NewLogger(os.Stderr, cfg.LogLevel), Idle: true})
	if err != nil {
		return err
	}
	for _, u := range a.demoUsers {
		if _, err := fmt.Fprintf(out, "%s\t%s\t%s\t%s\n", u.Email, u.Password, u.Role, u.Workspace); err != nil {
			return errors.Join(err, a.Close(ctx))
		}
	}
	return a.Close(ctx)
}
