package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync"
	"time"

	"karnak/test/crash/ledger"
	"karnak/test/crash/rig"
)

// Plan is a run: on which engine, how often the server is killed, and after how long.
type Plan struct {
	Engine string
	// Binary is the server; Server a PostgreSQL's URL.
	Binary, Server string
	Cycles         int
	Least, Most    time.Duration
	Writers        int
	Subscribers    int
	// Nodes is how many servers there are, 0 for 1; Bus what they hear each other by.
	Nodes int
	Bus   string
	// Cluster is the server, where a storm may restart it; nil for one that is left alone.
	Cluster *rig.Cluster
	// Weather is what happens to connections on their way; nil for nothing.
	Weather *rig.Weather
	Seed    uint64
	// Args are further arguments of karnak serve.
	Args []string
	// Disturb is done instead of killing the server, and to one that goes on running.
	Disturb func(context.Context, *run) error
	// made is done once the world is made, killed after each kill; ended, after the last one, tells where the database is then.
	made   func()
	killed func(*run) error
	ended  func(*run) (*rig.Database, error)
	// Folder holds the ledgers and the server's log, and the data unless Data is another one.
	Folder, Data string
	Out          io.Writer
}

// run is a plan that is carried out.
type run struct {
	Plan
	// server is the first node's, and api goes to it past all weather.
	server       *rig.Server
	api          *rig.API
	nodes        []*rig.Node
	bus          *rig.Bus
	gate         *rig.Gate
	places       []rig.Workspace
	books        *ledger.Books
	subscribers  []*subscriber
	acknowledged counter
	cuts         counter
	ready        []time.Duration
	dice         *rand.Rand
}

const (
	// workspaces are written to by a quarter of the writers each.
	workspaces = 4
	// answerWithin is how long a client waits for an answer.
	answerWithin = 30 * time.Second
	// catchUp is how long subscribers have, once nobody writes, to receive what is left.
	catchUp = 60 * time.Second
)

// Run carries a plan out and checks the ledgers.
func Run(ctx context.Context, p Plan) (report Report, err error) {
	r := &run{Plan: p, gate: rig.NewGate(), dice: dice(p.Seed, 1<<32)}
	db, err := rig.NewDatabase(ctx, p.Engine, cmp.Or(p.Data, p.Folder), p.Server)
	if err != nil {
		return report, err
	}
	defer func() { err = errors.Join(err, db.Drop()) }()
	r.nodes, r.bus, err = rig.NewNodes(rig.NodesConfig{
		Binary: p.Binary, Count: max(p.Nodes, 1), Bus: p.Bus, Log: rig.LogFile(p.Folder), Args: append(db.Args, p.Args...), Weather: p.Weather, Seed: p.Seed,
	})
	if err != nil {
		return report, err
	}
	r.server = r.nodes[0].Server
	defer func() {
		r.bus.Cut()
		err = errors.Join(err, rig.KillAll(r.nodes))
	}()
	if err := r.prepare(ctx); err != nil {
		return report, err
	}
	began := time.Now()
	l, err := r.load(ctx)
	if err != nil {
		return report, err
	}
	took := time.Since(began)
	if err := r.look(ctx, db, &l); err != nil {
		return report, err
	}
	return r.report(l, took)
}

// dice are of one use of a run's seed.
func dice(seed, use uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, use)) }

// prepare starts the server for the first time, makes the world, and opens the ledgers.
func (r *run) prepare(ctx context.Context) (err error) {
	r.api = rig.NewAPI(r.server.Addr, answerWithin)
	for _, n := range r.nodes {
		n.API = rig.NewAPI(n.Door(), answerWithin)
	}
	if err := rig.StartAll(ctx, r.nodes); err != nil {
		return err
	}
	if r.places, err = r.api.MakeWorkspaces(ctx, workspaces); err != nil {
		return err
	}
	if r.made != nil {
		r.made()
	}
	folder := filepath.Join(r.Folder, "ledgers")
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return err
	}
	r.books, err = ledger.Open(folder)
	return err
}

// load writes and reads while the server is killed again and again, and returns what the clients' ledgers hold in the end.
func (r *run) load(ctx context.Context) (l ledger.Ledgers, err error) {
	writing, stopWriting := context.WithCancel(ctx)
	reading, stopReading := context.WithCancel(ctx)
	defer stopWriting()
	defer stopReading()
	var writers, readers sync.WaitGroup
	for n := range r.Subscribers {
		s := r.subscriber(n)
		r.subscribers = append(r.subscribers, s)
		readers.Go(func() { s.watch(reading) })
	}
	for n := range r.Writers {
		writers.Go(func() { r.writer(n).write(writing) })
	}
	r.gate.Open()
	if disturb := r.Disturb; disturb != nil {
		err = disturb(ctx, r)
	} else {
		err = r.cycles(ctx)
	}
	stopWriting()
	writers.Wait()
	if err == nil {
		err = r.caughtUp(ctx)
	}
	stopReading()
	readers.Wait()
	l, e := r.books.Close()
	for _, s := range r.subscribers {
		l.Subscribers = append(l.Subscribers, s.Subscriber)
	}
	for _, p := range r.places {
		l.Places = append(l.Places, ledger.Place{Workspace: p.ID, Channels: p.Channels, Base: p.Base})
	}
	return l, errors.Join(err, e)
}

// cycles kills the server again and again, and leaves one that runs.
func (r *run) cycles(ctx context.Context) error {
	for n := range r.Cycles {
		if err := r.answered(ctx); err != nil {
			return err
		}
		if err := r.pause(ctx, r.Least+time.Duration(r.dice.Int64N(int64(r.Most-r.Least)))); err != nil {
			return err
		}
		for _, node := range r.nodes {
			if !node.Alive() {
				return fmt.Errorf("karnak ended by itself\n%s", node.Logged())
			}
		}
		strike := r.restart
		if len(r.nodes) > 1 {
			strike = r.strike
		}
		if err := strike(ctx); err != nil {
			return fmt.Errorf("in cycle %d: %w", n+1, err)
		}
		if (n+1)%25 == 0 {
			fmt.Fprintf(r.Out, "%s: %d kills, %d acknowledged\n", r.Engine, n+1, r.acknowledged.Load())
		}
	}
	return r.pause(ctx, r.Least)
}

// answered waits for the first acknowledgement of a life: where the machine is busy, lives that were counted from their start
// would end before anything happened in them.
func (r *run) answered(ctx context.Context) error {
	before, deadline := r.acknowledged.Load(), time.Now().Add(answerWithin)
	for r.acknowledged.Load() == before && time.Now().Before(deadline) && r.server.Alive() {
		if err := r.pause(ctx, time.Millisecond); err != nil {
			return err
		}
	}
	return nil
}

// restart kills the one server there is, and starts it again. Clients wait meanwhile.
func (r *run) restart(ctx context.Context) error {
	r.gate.Shut()
	if err := r.kill(r.server); err != nil {
		return err
	}
	if err := r.again(ctx, r.server); err != nil {
		return err
	}
	r.gate.Open()
	return nil
}

func (r *run) kill(s *rig.Server) error {
	if err := s.Kill(); err != nil || r.killed == nil {
		return err
	}
	return r.killed(r)
}

// early is how many of a hundred starts are killed before the server is ready, within the first part of a second.
const (
	early     = 10
	earlyPart = 150 * time.Millisecond
)

// again starts a server, and notes how long it takes until it is ready.
func (r *run) again(ctx context.Context, s *rig.Server) error {
	for r.dice.IntN(100) < early {
		if err := s.Start(); err != nil {
			return err
		}
		if err := r.pause(ctx, time.Duration(r.dice.Int64N(int64(earlyPart)))); err != nil {
			return err
		}
		if err := r.kill(s); err != nil {
			return err
		}
	}
	began := time.Now()
	if err := errors.Join(s.Start(), s.Ready(ctx)); err != nil {
		return err
	}
	r.ready = append(r.ready, time.Since(began))
	return nil
}

func (r *run) pause(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-time.After(d):
		return nil
	}
}
