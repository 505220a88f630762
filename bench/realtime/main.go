// Command realtime measures karnak's subscriptions beside the least that can be done and beside gqlgen's own transport: many
// sockets that follow one channel, and messages sent to it, so many under way at a time.
//
//	go run ./bench/realtime [-karnak bin/karnak] [-subscribers 1000] [-flight 1,16] [-only karnak] [-seconds 5] [-resumes 100]
//	go run ./bench/realtime -only karnak -subscribers 15000 -hold 10m
//	go run ./bench/realtime -answers 200 -rate 50 [-shared]
//
// Each server is a process of its own on the first core, the client is on the second one, over loopback. The figure to trust
// is the server's CPU time for one delivery; with more than one message under way it shows what is written at once. karnak
// runs as in production, on SQLite that waits for the disk, with cursors, authorisation and limits; its CPU time has the
// writing of the messages in it. The frames of the others are as long as karnak's. A line of JSON is printed for each figure,
// and a table at the end.
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
	"strconv"
	"strings"
	"syscall"
	"time"

	"karnak/bench/machine"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout, os.Stderr); err != nil {
		fmt.Fprintf(os.Stderr, "realtime: %s\n", err)
		os.Exit(1)
	}
}

// options is the command line.
type options struct {
	karnak, only string
	subscribers  int
	flight       []int
	length       time.Duration
	hold         time.Duration
	resumes      int
	answers      int
	rate         int
	shared       bool
}

func parse(args []string) (o options, err error) {
	flags := flag.NewFlagSet("realtime", flag.ContinueOnError)
	flags.StringVar(&o.karnak, "karnak", "", "a built karnak to measure, instead of one built from this tree")
	flags.StringVar(&o.only, "only", "", "karnak, floor, stock or, with -answers, relay; all where it is left out")
	flags.IntVar(&o.subscribers, "subscribers", 1000, "how many sockets follow")
	flight := flags.String("flight", "1,16", "how many messages are under way at a time, with commas")
	flags.DurationVar(&o.hold, "hold", 0, "keep the sockets open that long without a message, then end the server: how much memory it takes, and what the sockets are told")
	flags.IntVar(&o.resumes, "resumes", 100, "how many come back to karnak after 1,000 events that they missed; 0 for none")
	flags.IntVar(&o.answers, "answers", 0, "measure so many answers of language models instead, each followed by one socket")
	flags.IntVar(&o.rate, "rate", 50, "how many tokens a second each of them has")
	flags.BoolVar(&o.shared, "shared", false, "let the server have every core, beside the client, in place of one of its own")
	seconds := flags.Int("seconds", 5, "how long each is measured")
	if err := flags.Parse(args); err != nil {
		return o, err
	}
	o.length = time.Duration(*seconds) * time.Second
	for s := range strings.SplitSeq(*flight, ",") {
		n, err := strconv.Atoi(s)
		if err != nil || n < 1 {
			return o, fmt.Errorf("-flight %s: numbers from 1 are wanted", *flight)
		}
		o.flight = append(o.flight, n)
	}
	return o, nil
}

func run(ctx context.Context, args []string, out, progress io.Writer) (err error) {
	o, err := parse(args)
	if err != nil {
		return err
	}
	folder, err := os.MkdirTemp("", "karnak-realtime-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(folder)) }()
	b := &bench{options: o, folder: folder, cores: machine.Plan(!o.shared), progress: progress}
	if err := b.build(ctx); err != nil {
		return err
	}
	if err := b.cores.BindSelf(); err != nil {
		return err
	}
	r := &report{out: out}
	if o.answers > 0 {
		return b.measureAnswers(ctx, r)
	}
	for _, name := range []string{karnak, floor, stock} { // karnak's frames say how long those of the others are
		if o.only != "" && o.only != name {
			continue
		}
		if err := b.measure(ctx, name, r); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return r.table()
}

// The servers.
const (
	karnak = "karnak"
	floor  = "floor"
	stock  = "stock"
)

// bench is one run.
type bench struct {
	options
	folder, peer string
	cores        machine.Cores
	progress     io.Writer
	// frame is how long karnak's frames are.
	frame int
}

func (b *bench) say(format string, args ...any) {
	fmt.Fprintf(b.progress, "realtime: "+format+"\n", args...)
}

func (b *bench) build(ctx context.Context) error {
	b.say("building")
	b.peer = filepath.Join(b.folder, "peer")
	targets := map[string]string{b.peer: "./bench/realtime/peer"}
	if b.karnak == "" {
		b.karnak = filepath.Join(b.folder, "karnak")
		targets[b.karnak] = "./cmd/karnak"
	}
	return machine.Build(ctx, targets)
}

// measure starts a server and measures it with each number of messages under way.
func (b *bench) measure(ctx context.Context, name string, r *report) (err error) {
	t, err := b.start(ctx, name)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, t.server.Stop()) }()
	empty, err := machine.Settled(ctx, t.server.PID())
	if err != nil {
		return err
	}
	b.say("%s: %d sockets", name, b.subscribers)
	c, err := connect(ctx, t, b.subscribers)
	if err != nil {
		return err
	}
	defer c.close()
	if b.hold > 0 {
		return b.wait(ctx, t, c, r)
	}
	full, err := machine.Settled(ctx, t.server.PID())
	if err != nil {
		return err
	}
	idle := float64(full-empty) / float64(b.subscribers) / 1024
	for _, n := range b.flight {
		b.say("%s: %d under way", name, n)
		x, err := c.measure(ctx, n, b.length)
		if err != nil {
			return err
		}
		if name == karnak {
			b.frame = x.frame
		}
		if err := r.add(line{Server: name, Subscribers: b.subscribers, Flight: n, IdleKB: idle}, x); err != nil {
			return err
		}
	}
	if t.after == nil || b.resumes == 0 {
		return nil
	}
	return b.resume(ctx, t, r)
}
