// Command crash kills karnak by SIGKILL again and again while clients write and read, and holds three ledgers against each
// other: what was tried and acknowledged, the log, and what every subscriber received. It ends with 1 where something was
// acknowledged and is lost, is there twice, or where a number is missing:
//
//	go run ./test/crash -engine sqlite -cycles 300
//	go run ./tools/testpg -durable -- go run ./test/crash -engine postgres -cycles 300
//	go run ./test/crash -engine postgres -nodes 3 -cycles 100
//	go run ./test/crash -failpoints -cycles 20
//	go run ./test/crash -answers -cycles 50
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"

	"karnak/test/crash/rig"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	err := command(ctx, os.Args[1:], os.Stdout)
	switch {
	case errors.Is(err, flag.ErrHelp):
	case err != nil:
		fmt.Fprintln(os.Stderr, "crash:", err)
		os.Exit(1)
	}
}

// errUnsound says that the checker found something.
var errUnsound = errors.New("the ledgers do not agree")

func command(ctx context.Context, args []string, out io.Writer) (err error) {
	p := Plan{Server: os.Getenv("KARNAK_TEST_POSTGRES"), Out: out}
	f := flag.NewFlagSet("crash", flag.ContinueOnError)
	f.StringVar(&p.Engine, "engine", rig.SQLite, "sqlite or postgres, the server in KARNAK_TEST_POSTGRES")
	f.IntVar(&p.Cycles, "cycles", 300, "how often the server is killed")
	f.DurationVar(&p.Least, "least", 300*time.Millisecond, "least time between ready and kill")
	f.DurationVar(&p.Most, "most", 1500*time.Millisecond, "most time between ready and kill")
	f.IntVar(&p.Writers, "writers", 32, "clients that write")
	f.IntVar(&p.Subscribers, "subscribers", 16, "clients that read live")
	f.IntVar(&p.Nodes, "nodes", 1, "how many servers share the database, PostgreSQL's: then one is killed or paused at a time, the bus is cut, and connections are, too; PostgreSQL is restarted where no server is given")
	f.StringVar(&p.Bus, "bus", rig.NATS, "what several servers hear each other by: nats, routes or none")
	f.Uint64Var(&p.Seed, "seed", uint64(time.Now().UnixNano())>>10, "seed of everything random")
	f.StringVar(&p.Binary, "karnak", "", "the server's binary; built where it is empty")
	f.StringVar(&p.Folder, "keep", "", "folder to keep data, ledgers and log in; temporary where it is empty")
	seeded := f.Bool("controls", false, "build each known fault into a server and see that the run finds it")
	only := f.String("only", "", "with -controls: those whose name has this text")
	falls := f.Bool("failpoints", false, "end the server by itself between the steps of a write, -cycles times at each")
	talks := f.Bool("answers", false, "kill the server while language models answer, which a twin stands in for")
	cuts := f.Bool("power", false, "cut the power of the disk with every kill, through a FUSE file system that forgets (SQLite, Linux, root)")
	if err := f.Parse(args); err != nil {
		return err
	}
	if p.Folder == "" {
		if p.Folder, err = os.MkdirTemp("", "karnak-crash-"); err != nil {
			return err
		}
		defer func() { err = errors.Join(err, os.RemoveAll(p.Folder)) }()
	}
	if p.Nodes > 1 {
		p.Weather = &storm
	} else {
		p.Bus = ""
	}
	switch {
	case p.Nodes > 1 && p.Engine != rig.Postgres:
		return errors.New("several servers share PostgreSQL: say -engine postgres")
	case *seeded && *talks:
		return runAnswerControls(ctx, p, *only)
	case *seeded:
		return runControls(ctx, p, *only)
	case *cuts:
		return runPower(ctx, p)
	}
	if p.Nodes > 1 && p.Server == "" {
		if p.Cluster, err = rig.NewCluster(ctx, p.Folder, "-durable"); err != nil {
			return err
		}
		defer func() { err = errors.Join(err, p.Cluster.Close()) }()
		p.Server = p.Cluster.URL
	}
	carry, tags := Run, []string(nil)
	if *falls {
		carry, tags = runFalls, failing
	}
	if p.Binary == "" {
		if p.Binary, err = rig.Build(ctx, p.Folder, tags...); err != nil {
			return err
		}
	}
	fmt.Fprintf(out, "%s: seed %d\n", p.Engine, p.Seed)
	if *talks {
		a, err := runAnswers(ctx, p)
		a.print(out, p.Engine)
		if err == nil && len(a.Findings) > 0 {
			err = errUnsound
		}
		return err
	}
	r, err := carry(ctx, p)
	if err != nil {
		return err
	}
	r.print(out)
	if !r.Sound() {
		return errUnsound
	}
	return nil
}
