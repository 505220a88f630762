// Command cluster starts nodes of karnak on one PostgreSQL and one bus, all on loopback, with the demo:
//
//	go run ./tools/testpg -- bin/cluster -karnak bin/karnak [-nodes 3] [-bus nats|routes] [-addr 127.0.0.1:8080]
//
// It needs a PostgreSQL in KARNAK_TEST_POSTGRES, makes a database there and drops it in the end. The nodes listen on addr and the
// ports after it. The bus is a NATS server in this process, or the nodes' own servers connected by routes. SIGINT and SIGTERM
// drain all nodes and end; so does the end of any node.
package main

import (
	"context"
	"crypto/rand"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	err := run(ctx, os.Args[1:], os.Getenv("KARNAK_TEST_POSTGRES"), os.Stdout)
	if err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "cluster:", err)
		os.Exit(1)
	}
}

// plan is what is started.
type plan struct {
	binary, bus, addr string
	nodes             int
	out               io.Writer
}

func run(ctx context.Context, args []string, postgres string, out io.Writer) (err error) {
	p := plan{out: out}
	f := flag.NewFlagSet("cluster", flag.ContinueOnError)
	f.StringVar(&p.binary, "karnak", "bin/karnak", "the binary")
	f.IntVar(&p.nodes, "nodes", 3, "how many nodes")
	f.StringVar(&p.bus, "bus", "nats", "nats for one server beside the nodes, routes for those inside the nodes")
	f.StringVar(&p.addr, "addr", "127.0.0.1:8080", "address of the first node; the others have the ports after it")
	if err := f.Parse(args); err != nil {
		return err
	}
	if p.nodes < 1 || p.nodes > 16 {
		return fmt.Errorf("-nodes %d is not between 1 and 16", p.nodes)
	}
	db, drop, err := database(ctx, postgres)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, drop()) }()
	bus, stop, err := openBus(p)
	if err != nil {
		return err
	}
	defer stop()
	return p.serve(ctx, db, bus)
}

// serve starts the nodes one after the other, tells where they are, and waits for the end.
func (p plan) serve(ctx context.Context, db string, bus func(node int) []string) (err error) {
	addrs, err := following(p.addr, p.nodes)
	if err != nil {
		return err
	}
	env := []string{"KARNAK_DATABASE_URL=" + db, "KARNAK_SECRET=" + rand.Text() + rand.Text() + rand.Text()}
	var nodes []*node
	defer func() {
		for _, n := range nodes {
			n.drain()
		}
		for _, n := range nodes {
			err = errors.Join(err, n.wait())
		}
	}()
	for i, addr := range addrs {
		n, err := startNode(p.binary, addr, append(env, bus(i)...), i == 0)
		if err != nil {
			return err
		}
		nodes = append(nodes, n)
		select {
		case <-n.ready:
		case <-n.gone:
			return fmt.Errorf("node %d ended before it was ready", i+1)
		case <-ctx.Done():
			return nil
		}
	}
	fmt.Fprintf(p.out, "%s\n  Ctrl-C drains and ends all of them.\n\n", p.greeting(nodes))
	select {
	case <-ctx.Done():
		return nil
	case i := <-first(nodes):
		return fmt.Errorf("node %d ended", i+1)
	}
}

func (p plan) greeting(nodes []*node) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d nodes on one PostgreSQL, bus %s\n\n", len(nodes), p.bus)
	for i, n := range nodes {
		fmt.Fprintf(&b, "  node %d  http://%s/\n", i+1, n.addr)
	}
	return b.String() + "\n" + nodes[0].signIns()
}
