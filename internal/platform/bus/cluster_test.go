package bus_test

import (
	"bytes"
	"crypto/tls"
	"fmt"
	"net"
	"strconv"
	"strings"
	"testing"
	"time"

	"karnak/internal/platform/bus"
	"karnak/internal/platform/bus/bustest"
)

// clusterOf returns the configurations of nodes that know each other.
func clusterOf(t *testing.T, size int) []bus.Config {
	t.Helper()
	all := make([]bus.Config, size)
	var routes []string
	for range all {
		routes = append(routes, net.JoinHostPort("127.0.0.1", strconv.Itoa(freePort(t))))
	}
	for i := range all {
		all[i] = config("")
		all[i].Node, all[i].Listen, all[i].Routes, all[i].Key = fmt.Sprint("node-", i), routes[i], routes, bytes.Repeat([]byte{7}, 32)
	}
	return all
}

func embedded(t *testing.T, c bus.Config) bus.Bus {
	t.Helper()
	b, err := bus.OpenEmbedded(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.Close)
	return b
}

func TestCluster(t *testing.T) {
	t.Parallel()
	bustest.Run(t, func(t *testing.T) bus.Bus {
		c := clusterOf(t, 2)
		near, far := embedded(t, c[0]), embedded(t, c[1])
		waitFor(t, near.Healthy)
		waitFor(t, far.Healthy)
		return &across{Bus: near, far: far}
	})
}

// across publishes on one node and subscribes on another.
type across struct {
	bus.Bus
	far bus.Bus
}

// Subscribe returns when the publishing node knows of the subscription: nodes tell each other of theirs in order, so it does
// once it knows of a later one.
func (a *across) Subscribe(pattern string, handle func(string, []byte)) (func(), error) {
	cancel, err := a.far.Subscribe(pattern, func(subject string, p []byte) {
		if !strings.HasPrefix(subject, "probe.") {
			handle(subject, p)
		}
	})
	if err != nil {
		return cancel, err
	}
	known := make(chan struct{}, 1)
	probe := "probe." + strconv.FormatInt(time.Now().UnixNano(), 36)
	done, err := a.far.Subscribe(probe, func(string, []byte) {
		select {
		case known <- struct{}{}:
		default:
		}
	})
	if err != nil {
		return cancel, err
	}
	defer done()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for {
		if err := a.Publish(probe, nil); err != nil {
			return cancel, err
		}
		select {
		case <-known:
			return cancel, nil
		case <-tick.C:
		}
	}
}

// Close ends both.
func (a *across) Close() {
	a.Bus.Close()
	a.far.Close()
}

// The third knows the first alone, and hears of the second.
func TestClusterOfThree(t *testing.T) {
	t.Parallel()
	c := clusterOf(t, 3)
	c[0].Routes, c[1].Routes, c[2].Routes = nil, c[1].Routes[:1], c[2].Routes[:1]
	var nodes []bus.Bus
	for i := range c {
		nodes = append(nodes, embedded(t, c[i]))
	}
	pass(t, nodes[1], nodes[2])
	pass(t, nodes[2], nodes[0])
	nodes[0].Close()
	pass(t, nodes[1], nodes[2])
}

// A node that ends is found again by the others when it comes back.
func TestClusterNodeComesAndGoes(t *testing.T) {
	t.Parallel()
	c := clusterOf(t, 2)
	a, b := embedded(t, c[0]), embedded(t, c[1])
	pass(t, a, b)
	b.Close()
	waitFor(t, func() bool { return !a.Healthy() })
	if err := a.Publish("s", nil); err != nil {
		t.Errorf("publishing failed for want of another node: %v", err)
	}
	b = embedded(t, c[1])
	waitFor(t, a.Healthy)
	pass(t, a, b)
}

// pass sees a message go from one node to another. What is published before they know each other is lost, so it is published
// until it comes.
func pass(t *testing.T, from, to bus.Bus) {
	t.Helper()
	got := make(chan struct{}, 1)
	cancel, err := to.Subscribe("pass", func(string, []byte) {
		select {
		case got <- struct{}{}:
		default:
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	defer cancel()
	waitFor(t, func() bool {
		if err := from.Publish("pass", nil); err != nil {
			t.Fatal(err)
		}
		return len(got) > 0
	})
}

// Who does not hold the key does not get in: neither another installation nor somebody without any certificate.
func TestClusterKeepsOthersOut(t *testing.T) {
	t.Parallel()
	c := clusterOf(t, 2)
	other := c[1]
	other.Key = bytes.Repeat([]byte{8}, 32)
	a, b := embedded(t, c[0]), embedded(t, other)
	heard := make(chan string, 16)
	cancel, err := b.Subscribe(">", func(s string, _ []byte) { heard <- s })
	if err != nil {
		t.Fatal(err)
	}
	defer cancel()
	for name, identity := range map[string]*tls.Config{"no certificate": {InsecureSkipVerify: true}, "not TLS": nil} {
		if text := greeting(t, c[0].Listen, identity); !strings.HasPrefix(text, "refused") {
			t.Errorf("%s: let in with %q", name, text)
		}
	}
	for range 10 {
		if err := a.Publish("s", []byte("private")); err != nil {
			t.Fatal(err)
		}
	}
	if a.Healthy() || b.Healthy() || len(heard) != 0 {
		t.Error("nodes of two installations are one cluster")
	}
}

// greeting connects and returns what the server says; "refused" and why where it says nothing.
func greeting(t *testing.T, addr string, identity *tls.Config) string {
	t.Helper()
	conn, err := net.DialTimeout("tcp", addr, 5*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(10 * time.Second)); err != nil {
		t.Fatal(err)
	}
	if identity != nil {
		conn = tls.Client(conn, identity)
	}
	if _, err := conn.Write([]byte("CONNECT {}\r\nPING\r\n")); err != nil {
		return "refused: " + err.Error()
	}
	b := make([]byte, 512)
	n, err := conn.Read(b)
	if err != nil || b[0] == 0x15 { // 0x15 begins an alert of TLS
		return fmt.Sprint("refused: ", err)
	}
	return string(b[:n])
}

func TestClusterRefuses(t *testing.T) {
	t.Parallel()
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	for name, change := range map[string]func(*bus.Config){
		"no key":             func(c *bus.Config) { c.Key = nil },
		"short key":          func(c *bus.Config) { c.Key = c.Key[:31] },
		"no port":            func(c *bus.Config) { c.Listen = "127.0.0.1" },
		"any port":           func(c *bus.Config) { c.Listen = "127.0.0.1:0" },
		"route without port": func(c *bus.Config) { c.Routes = []string{"db"} },
		"address in use":     func(c *bus.Config) { c.Listen = taken.Addr().String() },
	} {
		c := clusterOf(t, 1)[0]
		change(&c)
		if b, err := bus.OpenEmbedded(c); err == nil {
			b.Close()
			t.Errorf("%s: no error", name)
		}
	}
}
