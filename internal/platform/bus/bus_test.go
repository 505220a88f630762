package bus_test

import (
	"log/slog"
	"net"
	"strconv"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"

	"karnak/internal/platform/bus"
	"karnak/internal/platform/bus/bustest"
)

func config(url string) bus.Config {
	return bus.Config{Logger: slog.New(slog.DiscardHandler), URL: url, Node: "test"}
}

func TestEmbedded(t *testing.T) {
	t.Parallel()
	bustest.Run(t, func(t *testing.T) bus.Bus {
		b, err := bus.OpenEmbedded(config(""))
		if err != nil {
			t.Fatal(err)
		}
		return b
	})
}

func TestExternal(t *testing.T) {
	t.Parallel()
	bustest.Run(t, func(t *testing.T) bus.Bus {
		return external(t, listening(t, server.RANDOM_PORT).ClientURL())
	})
}

// listening starts a NATS server on loopback.
func listening(t *testing.T, port int) *server.Server {
	t.Helper()
	srv, err := server.NewServer(&server.Options{Host: "127.0.0.1", Port: port, NoLog: true, NoSigs: true})
	if err != nil {
		t.Fatal(err)
	}
	srv.Start()
	t.Cleanup(func() { srv.Shutdown(); srv.WaitForShutdown() })
	if !srv.ReadyForConnections(10 * time.Second) {
		t.Fatal("the NATS server did not start")
	}
	return srv
}

func external(t *testing.T, url string) bus.Bus {
	t.Helper()
	b, err := bus.Open(config(url))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.Close)
	return b
}

func TestTwoNodes(t *testing.T) {
	t.Parallel()
	url := listening(t, server.RANDOM_PORT).ClientURL()
	a, b := external(t, url), external(t, url)
	got := make(chan string, 8)
	cancel, err := b.Subscribe("log.*", func(_ string, p []byte) { got <- string(p) })
	if err != nil {
		t.Fatal(err)
	}
	defer cancel()
	if err := a.Publish("log.ws_1", []byte("hello")); err != nil {
		t.Fatal(err)
	}
	receive(t, got, "hello")
}

// A server that is away at the start and goes away later loses hints and nothing else.
func TestServerComesAndGoes(t *testing.T) {
	t.Parallel()
	port := freePort(t)
	b := external(t, "nats://127.0.0.1:"+strconv.Itoa(port))
	if b.Healthy() {
		t.Fatal("healthy without a server")
	}
	got := make(chan string, 64)
	cancel, err := b.Subscribe("s", func(_ string, p []byte) { got <- string(p) })
	if err != nil {
		t.Fatal(err)
	}
	defer cancel()
	if err := b.Publish("s", []byte("early")); err != nil {
		t.Errorf("publishing failed for want of a server: %v", err)
	}
	first := listening(t, port)
	receive(t, got, "early")
	first.Shutdown()
	first.WaitForShutdown()
	waitFor(t, func() bool { return !b.Healthy() })
	listening(t, port)
	waitFor(t, b.Healthy)
	if err := b.Publish("s", []byte("back")); err != nil {
		t.Fatal(err)
	}
	receive(t, got, "back")
}

func TestAwayForLongIsBounded(t *testing.T) {
	t.Parallel()
	b := external(t, "nats://127.0.0.1:"+strconv.Itoa(freePort(t)))
	payload := make([]byte, bus.MaxPayload)
	for range 64 { // 16 MiB
		if err := b.Publish("s", payload); err != nil {
			return
		}
	}
	t.Error("16 MiB wait for a server that is away")
}

func TestOpenRefuses(t *testing.T) {
	t.Parallel()
	for name, open := range map[string]func() (bus.Bus, error){
		"no logger":            func() (bus.Bus, error) { return bus.Open(bus.Config{URL: "nats://127.0.0.1:1"}) },
		"no logger, embedded":  func() (bus.Bus, error) { return bus.OpenEmbedded(bus.Config{}) },
		"no URL":               func() (bus.Bus, error) { return bus.Open(config(" ")) },
		"URL cannot be parsed": func() (bus.Bus, error) { return bus.Open(config("nats://u:pw@h:port")) },
	} {
		if b, err := open(); err == nil {
			b.Close()
			t.Errorf("%s: no error", name)
		}
	}
}

func freePort(t *testing.T) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}

func receive(t *testing.T, got <-chan string, want string) {
	t.Helper()
	select {
	case m := <-got:
		if m != want {
			t.Fatalf("got %q, want %q", m, want)
		}
	case <-time.After(15 * time.Second):
		t.Fatalf("%q did not come", want)
	}
}

// waitFor polls a state that has no signal: the library's own view of its connection.
func waitFor(t *testing.T, state func() bool) {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	end := time.After(15 * time.Second)
	for !state() {
		select {
		case <-tick.C:
		case <-end:
			t.Fatal("the state never came")
		}
	}
}
