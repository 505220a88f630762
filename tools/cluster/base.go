package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strconv"
	"strings"
	"time"

	_ "github.com/lib/pq" // registers the driver "postgres"
	"github.com/nats-io/nats-server/v2/server"
)

// database makes an empty database on a server and returns its URL and what drops it.
func database(ctx context.Context, postgres string) (string, func() error, error) {
	u, err := url.Parse(postgres)
	if err != nil || postgres == "" {
		return "", nil, errors.New("there is no PostgreSQL: run this by make cluster, or name one in KARNAK_TEST_POSTGRES")
	}
	name := fmt.Sprintf("karnak_cluster_%d", time.Now().UnixNano())
	if err := execute(ctx, postgres, "CREATE DATABASE "+name); err != nil {
		return "", nil, err
	}
	u.Path = "/" + name
	return u.String(), func() error {
		return execute(context.WithoutCancel(ctx), postgres, "DROP DATABASE "+name+" WITH (FORCE)")
	}, nil
}

func execute(ctx context.Context, postgres, statement string) (err error) {
	db, err := sql.Open("postgres", postgres)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	_, err = db.ExecContext(ctx, statement)
	return err
}

const busWithin = 10 * time.Second

// openBus returns the settings by which each node finds the bus, and what ends it.
func openBus(p plan) (settings func(node int) []string, stop func(), err error) {
	switch p.bus {
	case "nats":
		s, err := server.NewServer(&server.Options{Host: "127.0.0.1", Port: server.RANDOM_PORT, NoSigs: true, NoLog: true})
		if err != nil {
			return nil, nil, err
		}
		s.Start()
		if !s.ReadyForConnections(busWithin) {
			return nil, nil, errors.New("the NATS server does not start")
		}
		return func(int) []string { return []string{"KARNAK_NATS_URL=" + s.ClientURL()} }, s.Shutdown, nil
	case "routes":
		var routes []string
		for range p.nodes {
			l, err := new(net.ListenConfig).Listen(context.Background(), "tcp", "127.0.0.1:0")
			if err != nil {
				return nil, nil, err
			}
			defer func() { _ = l.Close() }() // all of them at the end, so that no two are the same
			routes = append(routes, l.Addr().String())
		}
		return func(i int) []string {
			return []string{"KARNAK_BUS_LISTEN=" + routes[i], "KARNAK_BUS_ROUTES=" + strings.Join(routes, ",")}
		}, func() {}, nil
	}
	return nil, nil, fmt.Errorf("-bus %s is neither nats nor routes", p.bus)
}

// following returns an address and those with the ports after it.
func following(addr string, count int) ([]string, error) {
	host, text, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, err
	}
	port, err := strconv.ParseUint(text, 10, 16)
	if err != nil || port == 0 || int(port)+count > 1<<16 {
		return nil, fmt.Errorf("%s has no port that others follow", addr)
	}
	var out []string
	for i := range count {
		out = append(out, net.JoinHostPort(host, strconv.Itoa(int(port)+i)))
	}
	return out, nil
}
