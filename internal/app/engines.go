package app

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"karnak/authz"
	"karnak/ent"
	"karnak/internal/core/eventlog"
	"karnak/internal/core/guard"
	"karnak/internal/core/nodes"
	"karnak/internal/core/presence"
	"karnak/internal/core/stream"
	"karnak/internal/core/tape"
	"karnak/internal/domain/access"
	"karnak/internal/domain/admin"
	"karnak/internal/domain/assistant"
	"karnak/internal/domain/chat"
	"karnak/internal/domain/identity"
	"karnak/internal/domain/tool"
	"karnak/internal/domain/workspace"
	"karnak/internal/platform/bus"
	"karnak/internal/platform/clock"
	"karnak/internal/platform/config"
	"karnak/internal/platform/id"
	"karnak/internal/platform/job"
	"karnak/internal/platform/sandbox"
	"karnak/internal/platform/secret"
)

// engines is what the rooms stand on.
type engines struct {
	cfg    *config.Config
	clock  clock.Clock
	logger *slog.Logger
	keys   *secret.Keyring
	db     *ent.DB
	jobs   *job.Queue
	bus    bus.Bus
	log    *eventlog.Log
	guard  *guard.Guard
	hub    *stream.Hub
	// tapes are the steps of what takes a while.
	tapes *tape.Engine
	// models answer.
	models *models
	// sandbox runs the programs of tools.
	sandbox *sandbox.Pool
	// presence knows who is where, on every node.
	presence *presence.Hub
	// nodes are those of the installation.
	nodes *nodes.Ring
	// restored is closed when the database was restored under this process.
	restored chan struct{}
}

func openEngines(ctx context.Context, cfg *config.Config, c clock.Clock, logger *slog.Logger) (e *engines, err error) {
	e = &engines{cfg: cfg, clock: c, logger: logger, restored: make(chan struct{})}
	defer func() {
		if err != nil {
			err = errors.Join(err, e.close())
		}
	}()
	s, err := openStore(ctx, cfg)
	if err != nil {
		return e, err
	}
	e.db = ent.New(s)
	if e.jobs, err = job.New(job.Config{Store: s, Clock: c, Logger: logger}); err != nil {
		return e, err
	}
	if e.keys, err = cfg.Keyring(); err != nil {
		return e, err
	}
	cursors := e.keys.Derive("eventlog/cursors")
	types := append(append(append(identity.Events(), workspace.Events()...), access.Events()...), append(append(chat.Events(), admin.Events()...), append(assistant.Events(), tool.Events()...)...)...)
	if e.log, err = eventlog.New(ctx, eventlog.Config{DB: e.db, Clock: c, Secret: cursors[:], Types: types}); err != nil {
		return e, err
	}
	// The guard hears of a commit before the hub's readers do.
	if e.guard, err = guard.New(guard.Config{DB: e.db, Log: e.log, Clock: c, Streams: cfg.LimitStreams}); err != nil {
		return e, err
	}
	node := id.New(id.Node)
	if e.bus, err = e.openBus(node); err != nil {
		return e, err
	}
	e.hub, err = stream.New(stream.Config{
		Log: e.log, Bus: e.bus, Clock: c, Logger: logger, Node: node, Changed: e.guard.Changed, Room: e.guard.Room,
		Restored: sync.OnceFunc(func() { close(e.restored) }),
	})
	if err != nil {
		return e, err
	}
	e.presence, err = presence.New(presence.Config{Bus: e.bus, Clock: c, Logger: logger, Node: node})
	if err != nil {
		return e, err
	}
	steps := e.keys.Derive("tape/cursors")
	alone := cfg.NATSURL == "" && cfg.BusListen == ""
	e.tapes, err = tape.New(tape.Config{DB: e.db, Hub: e.hub, Bus: e.bus, Clock: c, Logger: logger, Node: node, Alone: alone, Secret: steps[:]})
	if err != nil {
		return e, err
	}
	if e.models, err = openModels(ctx, cfg); err != nil {
		return e, err
	}
	if e.sandbox, err = openSandbox(cfg, c, logger); err != nil {
		return e, err
	}
	e.nodes, err = nodes.New(nodes.Config{Bus: e.bus, Clock: c, Presence: e.presence, Node: node, Alone: alone})
	return e, err
}

func (e *engines) openBus(node string) (bus.Bus, error) {
	c := bus.Config{Logger: e.logger, Node: "karnak-" + node, Listen: e.cfg.BusListen, Routes: e.cfg.BusRoutes}
	if e.cfg.NATSURL != "" {
		c.URL = e.cfg.NATSURL.Reveal()
		return bus.Open(c)
	}
	key := e.keys.Derive("bus/routes")
	c.Key = key[:]
	return bus.OpenEmbedded(c)
}

// jobsEnd is how long jobs may take to end when nothing was drained before.
const jobsEnd = 2 * time.Second

func (e *engines) close() (err error) {
	// Jobs use everything else.
	if e.jobs != nil {
		ctx, cancel := context.WithTimeout(context.Background(), jobsEnd)
		defer cancel()
		err = e.jobs.Stop(ctx)
	}
	if e.nodes != nil {
		e.nodes.Close()
	}
	if e.sandbox != nil {
		e.sandbox.Close()
	}
	if e.models != nil {
		err = errors.Join(err, e.models.close())
	}
	if e.tapes != nil {
		e.tapes.Close()
	}
	if e.presence != nil {
		e.presence.Close()
	}
	if e.hub != nil {
		e.hub.Close()
	}
	if e.bus != nil {
		e.bus.Close()
	}
	if e.db != nil {
		err = errors.Join(err, e.db.Close())
	}
	return err
}

// follow hears of what other nodes commit to the platform's log, until the context ends.
func (e *engines) follow(ctx context.Context, hear func(*eventlog.Event)) {
	ctx = authz.System(ctx, "app: follow the platform's log")
	for ctx.Err() == nil {
		if err := e.followOnce(ctx, hear); err != nil && ctx.Err() == nil && !errors.Is(err, stream.ErrClosed) {
			e.logger.Warn("the platform's log could not be followed; trying again", "error", err)
		}
		select {
		case <-ctx.Done():
		case <-e.clock.After(retryEvery):
		}
	}
}

func (e *engines) followOnce(ctx context.Context, hear func(*eventlog.Event)) error {
	r, err := e.hub.Read(ctx, stream.Spec{WorkspaceID: id.Platform, Filter: func() eventlog.Filter { return eventlog.Filter{} }, Allow: always})
	if err != nil {
		return err
	}
	defer r.Close()
	for {
		item, err := r.Next(ctx)
		if err != nil {
			return err
		}
		if item.Event != nil {
			hear(item.Event)
		}
	}
}
