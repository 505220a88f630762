// Command bench measures karnak beside hand-written floors on the same database, and prints three figures for each engine:
//
//	nested   20 channels → their last 20 messages → the author of each, as one query
//	by id    one message with its author
//	sends    acknowledged, durable sendMessage in a second, to many workspaces and to one
//
//	go run ./tools/testpg -durable -- go run ./bench [-engine sqlite] [-only nested] [-quick] [-spread]
//
// Both servers are processes of their own on loopback. They, and PostgreSQL, run on the first core, the client on the second
// one. The figure to trust on a shared machine is CPU time for one request, of the server with PostgreSQL. A line of JSON is
// printed for each figure, and a table at the end. karnak runs as in production; nothing of it is switched off.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"syscall"
	"time"

	"karnak/bench/machine"
)

// variable names the PostgreSQL server to use, as tools/testpg sets it.
const variable = "KARNAK_TEST_POSTGRES"

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout, os.Stderr); err != nil {
		fmt.Fprintf(os.Stderr, "bench: %s\n", err)
		os.Exit(1)
	}
}

// options is the command line.
type options struct {
	engines []string
	only    string
	quick   bool
	spread  bool
	karnak  string
	folder  string
	server  string
}

func parse(args []string) (o options, err error) {
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	engine := flags.String("engine", "", "sqlite or postgres; both where it is left out")
	flags.StringVar(&o.only, "only", "", "nested, by id or sends; all where it is left out")
	flags.BoolVar(&o.quick, "quick", false, "measure for a second each, on a small history: to see that all of it works")
	flags.BoolVar(&o.spread, "spread", false, "let all processes use all cores: for rates, not for CPU time")
	flags.StringVar(&o.karnak, "karnak", "", "a built karnak to measure, instead of one built from this tree")
	flags.StringVar(&o.folder, "dir", os.TempDir(), "folder for SQLite's file; it has to lie on a disk")
	if err := flags.Parse(args); err != nil {
		return o, err
	}
	o.engines, o.server = []string{postgresEngine, sqliteEngine}, os.Getenv(variable)
	if !slices.Contains([]string{"", "nested", "by id", "sends"}, o.only) {
		return o, fmt.Errorf("there is no figure %q", o.only)
	}
	if *engine != "" {
		if !slices.Contains(o.engines, *engine) {
			return o, fmt.Errorf("there is no engine %q", *engine)
		}
		o.engines = []string{*engine}
	}
	if slices.Contains(o.engines, postgresEngine) && o.server == "" {
		return o, errors.New("PostgreSQL is missing: run make bench, or name a server in " + variable)
	}
	return o, nil
}

func run(ctx context.Context, args []string, out, progress io.Writer) (err error) {
	o, err := parse(args)
	if err != nil {
		return err
	}
	folder, err := os.MkdirTemp(o.folder, "karnak-bench-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(folder)) }()
	b := &bench{options: o, folder: folder, cores: machine.Plan(!o.spread), progress: progress}
	if err := b.build(ctx); err != nil {
		return err
	}
	if err := b.cores.BindSelf(); err != nil {
		return err
	}
	sync, err := machine.Sync(folder)
	if err != nil {
		return err
	}
	r := &report{out: out}
	if err := r.machine(b.cores, sync); err != nil {
		return err
	}
	for _, e := range o.engines {
		if err := b.engine(ctx, e, r); err != nil {
			return fmt.Errorf("%s: %w", e, err)
		}
	}
	return r.table()
}

// wants reports whether a figure is to be measured.
func (o options) wants(figure string) bool { return o.only == "" || o.only == figure }

// bench is one run.
type bench struct {
	options
	folder   string
	floor    string
	cores    machine.Cores
	progress io.Writer
}

func (b *bench) say(format string, args ...any) {
	fmt.Fprintf(b.progress, "bench: "+format+"\n", args...)
}

// build builds both servers, on all cores.
func (b *bench) build(ctx context.Context) error {
	b.say("building")
	b.floor = filepath.Join(b.folder, "floor")
	targets := map[string]string{b.floor: "./bench/floor"}
	if b.karnak == "" {
		b.karnak = filepath.Join(b.folder, "karnak")
		targets[b.karnak] = "./cmd/karnak"
	}
	return machine.Build(ctx, targets)
}

// times are how long things are measured.
func (b *bench) times() (warm, read, write time.Duration, rounds int) {
	if b.quick {
		return 500 * time.Millisecond, time.Second, time.Second, 1
	}
	return time.Second, 3 * time.Second, 5 * time.Second, 2
}
