// Package app puts karnak together: engines, rooms, server. It is the only place that knows everything.
package app

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"entgo.io/ent/dialect"
	"github.com/prometheus/client_golang/prometheus"

	"karnak/authz"
	"karnak/ent"
	"karnak/ent/entgen"
	"karnak/graph"
	"karnak/graph/limit"
	"karnak/graph/model"
	"karnak/graph/playground"
	"karnak/graph/transport"
	"karnak/internal/core/eventlog"
	"karnak/internal/core/llm"
	"karnak/internal/domain/access"
	"karnak/internal/platform/clock"
	"karnak/internal/platform/config"
	"karnak/internal/platform/page"
	"karnak/internal/platform/telemetry"
	"karnak/resolvers"
)

// Options is what an App is made of.
type Options struct {
	Config *config.Config
	Clock  clock.Clock
	Logger *slog.Logger
	// Idle runs no jobs and makes no answers, as for a command that soon ends.
	Idle bool
	// Models answer in place of those of the configuration, in tests.
	Models *llm.Catalogue
}

// App is a running node without its listener.
type App struct {
	*engines
	rooms     *rooms
	links     *links
	server    *graph.Server
	handler   http.Handler
	demoUsers []playground.DemoUser
	started   time.Time
	draining  atomic.Bool
	idle      bool
	stop      context.CancelFunc
	work      sync.WaitGroup
}

// Open opens the database, migrates it, and starts what runs beside requests. Close ends it.
func Open(ctx context.Context, o Options) (*App, error) {
	e, err := openEngines(ctx, o.Config, o.Clock, o.Logger)
	if err != nil {
		return nil, err
	}
	life, stop := context.WithCancel(context.WithoutCancel(ctx))
	a := &App{engines: e, started: o.Clock.Now(), stop: stop, idle: o.Idle, links: &links{clock: o.Clock, open: map[*link]struct{}{}}}
	if o.Models != nil {
		a.models.Catalogue = o.Models
	}
	if err := a.open(ctx, life); err != nil {
		return nil, errors.Join(err, a.Close(ctx))
	}
	return a, nil
}

func (a *App) open(ctx, life context.Context) (err error) {
	if a.rooms, err = openRooms(ctx, a.engines, a.idle); err != nil {
		return err
	}
	if a.cfg.SeedDemo {
		if a.demoUsers, err = a.seed(ctx); err != nil {
			return err
		}
	}
	registry, err := telemetry.NewRegistry(Version)
	if err != nil {
		return err
	}
	reads := prometheus.NewCounterFunc(prometheus.CounterOpts{
		Namespace: "karnak", Name: "database_reads_total", Help: "Queries outside transactions.",
	}, func() float64 { return float64(a.db.Reads()) })
	m, err := newMetrics(registry, append(append(append(a.jobs.Collectors(), a.rooms.assistant.Collectors()...), a.rooms.tool.Collectors()...), reads)...)
	if err != nil {
		return err
	}
	if a.server, err = graph.New(a.graphConfig(m)); err != nil {
		return err
	}
	if a.handler, err = a.routes(registry); err != nil {
		return err
	}
	a.rooms.admin.Serve(clients{a.server.Socket, a.server.Events})
	a.work.Go(func() { a.follow(life, a.hear) })
	a.work.Go(func() { a.links.watch(life) })
	a.work.Go(func() {
		a.rooms.identity.Lapse(life, func(err error) { a.logger.Error("the sessions of open sockets cannot be looked at", "error", err) })
	})
	if err := a.keepHouse(); err != nil || a.idle {
		return err
	}
	if a.db.Dialect() == dialect.SQLite {
		if err := a.tapes.Abandon(ctx); err != nil {
			return err
		}
	}
	a.work.Go(func() { a.rooms.assistant.Work(life) })
	a.work.Go(func() { a.rooms.tool.Work(life) })
	return a.jobs.Start(ctx)
}

// hear takes what another node, or this one, wrote to the platform's log.
func (a *App) hear(e *eventlog.Event) {
	if a.log.TypeOf(e.Type).Access {
		a.guard.Changed(e)
	}
	a.rooms.identity.Heard(e)
}

func (a *App) graphConfig(m *metrics) graph.Config {
	c := a.cfg
	r := a.rooms
	roots := resolvers.New(resolvers.Config{
		Guard: a.guard, Identity: r.identity, Workspace: r.workspace, Access: r.access, Chat: r.chat, Activity: r.activity, Admin: r.admin,
		Assistant: r.assistant, Tool: r.tool, Info: a.info,
	})
	return graph.Config{
		Resolvers: roots, Sources: roots.Sources(),
		Require: a.require, Logger: a.logger, Clock: a.clock, Limits: limits(c), Introspection: c.Introspection,
		MaxBody: int64(c.LimitBody), Timeout: c.RequestTimeout, Answered: m.answered, Lease: a.db.Lease,
		Socket: transport.SocketConfig{Init: a.initialise, Keep: handshake, Begin: a.begin, Origin: a.origin, Observer: m, MaxMessage: int64(c.LimitBody), MaxOperations: c.LimitSubscriptions},
		Events: transport.SSEConfig{Session: a.streamSession, Observer: m},
	}
}

func limits(c *config.Config) limit.Limits {
	l := limit.DefaultLimits()
	l.Tokens, l.Depth, l.Aliases, l.Cost, l.PageSize = c.LimitTokens, c.LimitDepth, c.LimitAliases, c.LimitCost, c.LimitPage
	return l
}

// require checks a permission on an object that a field hangs on.
func (a *App) require(ctx context.Context, object any, p authz.Permission) error {
	if w, ok := object.(*entgen.Workspace); ok {
		return a.guard.Require(ctx, w.ID, p, w.ID)
	}
	return nil
}

func (a *App) info() *model.ServerInfo {
	l := a.server.Guard.Limits()
	var streams *int
	if a.cfg.LimitStreams > 0 {
		streams = &a.cfg.LimitStreams
	}
	return &model.ServerInfo{
		Version: Version, StartedAt: a.started, UptimeSeconds: int(a.clock.Now().Sub(a.started) / time.Second),
		Backends: &model.ServerBackends{Database: a.db.Name(), Bus: a.bus.Name(), Llm: given(a.models.Providers())},
		Limits: &model.ServerLimits{
			BodyBytes: int(a.cfg.LimitBody), Tokens: l.Tokens, Depth: l.Depth, Aliases: l.Aliases, Cost: l.Cost,
			PageSize: page.Max, SubscriptionsPerConnection: a.cfg.LimitSubscriptions, StreamsPerWorkspace: streams,
		},
	}
}

// Handler answers HTTP.
func (a *App) Handler() http.Handler { return a.handler }

// Drain stops taking sockets and streams and ends those that are open so that clients resume elsewhere; it gives the answers
// that are made here to other nodes; and it takes no more jobs, and cancels those that have not ended in half the grace, which
// run again at the next start.
func (a *App) Drain(ctx context.Context) error {
	a.draining.Store(true)
	stopped := make(chan error, 1)
	go func() {
		ctx, cancel := context.WithTimeout(ctx, a.cfg.ShutdownGrace/2)
		defer cancel()
		stopped <- a.jobs.Stop(ctx)
	}()
	ended := make(chan error, 1)
	go func() { ended <- a.server.Events.Shutdown(ctx) }()
	given := errors.Join(a.rooms.assistant.Drain(ctx), a.rooms.tool.Drain(ctx))
	return errors.Join(given, a.server.Socket.Shutdown(ctx), <-ended, <-stopped)
}

// Close ends what runs beside requests and closes the database.
func (a *App) Close(ctx context.Context) error {
	a.stop()
	if a.rooms != nil && a.rooms.assistant != nil && a.rooms.tool != nil {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), jobsEnd)
		defer cancel()
		if err := errors.Join(a.rooms.assistant.Drain(ctx), a.rooms.tool.Drain(ctx)); err != nil {
			a.logger.Warn("answers or tools were still being made; their leases run out", "error", err)
		}
	}
	a.work.Wait()
	return a.engines.close()
}

// DB returns the data model, for tests.
func (a *App) DB() *ent.DB { return a.db }

// Sweep makes the answers and the runs of tools that nobody makes, until there are none, for tests of nodes that are idle.
func (a *App) Sweep(ctx context.Context) error {
	for {
		answers, err := a.rooms.assistant.Sweep(ctx)
		if err != nil {
			return err
		}
		runs, err := a.rooms.tool.Sweep(ctx)
		if err != nil || answers+runs == 0 {
			return err
		}
	}
}

// Access returns a room whose jobs tests call without waiting for the queue.
func (a *App) Access() *access.Service { return a.rooms.access }
