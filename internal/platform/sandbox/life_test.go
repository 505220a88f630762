package sandbox_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"karnak/internal/platform/clock"
	"karnak/internal/platform/sandbox"
)

func TestConfig(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*sandbox.Config){
		"no command":    func(c *sandbox.Config) { c.Command = nil },
		"empty command": func(c *sandbox.Config) { c.Command = []string{""} },
		"no clock":      func(c *sandbox.Config) { c.Clock = nil },
		"no logger":     func(c *sandbox.Config) { c.Logger = nil },
		"no runs":       func(c *sandbox.Config) { c.Most = 0 },
		"owed children": func(c *sandbox.Config) { c.Spare = -1 },
	} {
		c := config(t)
		change(&c)
		if _, err := sandbox.New(c); err == nil {
			t.Errorf("%s: there is a pool", name)
		}
	}
}

func TestCommandsThatAreNoSandbox(t *testing.T) {
	t.Parallel()
	for _, command := range [][]string{{"/nowhere/at/all"}, {"/bin/true"}, {"/bin/echo", "hello"}, {"/bin/echo", "{}"}} {
		c := config(t)
		c.Command = command
		p, err := sandbox.New(c)
		if err != nil {
			t.Fatal(err)
		}
		_, err = p.Run(t.Context(), program(`function run() { return 1 }`), sandbox.Host{})
		if err == nil || kindOf(err) != "" {
			t.Errorf("%v: got %v", command, err)
		}
		p.Close()
	}
}

func TestWithoutNamespaces(t *testing.T) {
	t.Parallel()
	p := newPool(t)
	p.Plain()
	for range 3 {
		if got := output(t, p, program(`function run() { return 1 }`), sandbox.Host{}); got != "1" {
			t.Errorf("got %s", got)
		}
	}
	if _, err := p.Run(t.Context(), program(`function run() { for (;;); }`), sandbox.Host{}); kindOf(err) != sandbox.OverCPU {
		t.Errorf("got %v", err)
	}
}

// What a program makes and drops does not count as long as the collector keeps up.
func TestGarbage(t *testing.T) {
	t.Parallel()
	p := newPool(t)
	g := program(`function run() { let n = 0; for (let i = 0; i < 200000; i++) n += ("x" + i).repeat(200).length; return n }`)
	g.Limits.CPU, g.Limits.Memory = 10*time.Second, 32<<20
	if got := output(t, p, g, sandbox.Host{}); got != "257778000" {
		t.Errorf("got %s", got)
	}
}

func TestSameEveryTime(t *testing.T) {
	t.Parallel()
	p := newPool(t)
	source := `function run() { return [Date.now(), new Date().toString(), Math.random(), Math.random(), [3, 1, 2].sort(() => Math.random() - 0.5)] }`
	first, second := output(t, p, program(source), sandbox.Host{}), output(t, p, program(source), sandbox.Host{})
	if first != second {
		t.Errorf("%s and then %s", first, second)
	}
	now := time.Now()
	g := program(source)
	g.Now = &now
	if first, second := output(t, p, g, sandbox.Host{}), output(t, p, g, sandbox.Host{}); first == second {
		t.Errorf("with a time of its own, twice %s", first)
	}
}

func TestNothingStaysFromRunToRun(t *testing.T) {
	t.Parallel()
	p := newPool(t)
	source := `var seen = typeof left + typeof Object.prototype.left + typeof JSON.left;
		globalThis.left = Object.prototype.left = JSON.left = 1; Array.prototype.map = null; function run() { return seen }`
	for range 5 {
		if got := output(t, p, program(source), sandbox.Host{}); got != `"undefinedundefinedundefined"` {
			t.Fatalf("it finds %s", got)
		}
	}
}

func TestLines(t *testing.T) {
	t.Parallel()
	p := newPool(t)
	var l lines
	source := `function run() { console.log("a", 1, {b: [2]}, null, undefined, new Error("c")); console.info("d\ne\r\nf"); console.warn(); console.error(Symbol("g"), 1n, () => 1);
		console.log("ä".repeat(5000)); return 1 }`
	output(t, p, program(source), sandbox.Host{Log: l.add})
	want := []string{`a 1 {"b":[2]} null undefined Error: c`, "d e  f", "", "g 1 () => 1", repeat("ä", 1024)}
	if fmt.Sprintf("%q", l.kept) != fmt.Sprintf("%q", want) {
		t.Errorf("got %q", l.kept)
	}
	// Without a taker they are dropped.
	output(t, p, program(source), sandbox.Host{})
}

func TestFurtherRunsWait(t *testing.T) {
	t.Parallel()
	c := config(t)
	c.Most, c.Spare = 1, 0
	p, err := sandbox.New(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Close)
	inside, leave := make(chan struct{}), make(chan struct{})
	hold := func(context.Context, string, json.RawMessage) (json.RawMessage, error) {
		close(inside)
		<-leave
		return nil, nil
	}
	g := program(`function run() { return karnak.call("hold") }`)
	g.Calls = []string{"hold"}
	var wait sync.WaitGroup
	wait.Go(func() { output(t, p, g, sandbox.Host{Call: hold}) })
	<-inside
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := p.Run(ctx, program(`function run() { return 1 }`), sandbox.Host{}); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("it did not wait: %v", err)
	}
	close(leave)
	wait.Wait()
	output(t, p, program(`function run() { return 1 }`), sandbox.Host{})
}

func TestCloseCutsRunsOff(t *testing.T) {
	t.Parallel()
	p, err := sandbox.New(config(t))
	if err != nil {
		t.Fatal(err)
	}
	running, ended := make(chan struct{}), make(chan error, 1)
	g := program(`function run() { console.log("on"); for (;;); }`)
	g.Limits.CPU = time.Minute
	go func() {
		_, err := p.Run(t.Context(), g, sandbox.Host{Log: func(string) { close(running) }})
		ended <- err
	}()
	<-running
	p.Close()
	if err := <-ended; !errors.Is(err, sandbox.ErrClosed) {
		t.Errorf("got %v", err)
	}
	if _, err := p.Run(t.Context(), g, sandbox.Host{}); !errors.Is(err, sandbox.ErrClosed) {
		t.Errorf("afterwards: %v", err)
	}
	p.Close()
}

func TestHostThatPanics(t *testing.T) {
	t.Parallel()
	p := newPool(t)
	g := program(`function run() { console.log("x"); for (;;); }`)
	g.Limits.CPU = time.Minute
	func() {
		defer func() {
			if recover() == nil {
				t.Error("the panic is lost")
			}
		}()
		_, _ = p.Run(t.Context(), g, sandbox.Host{Log: func(string) { panic("host") }})
	}()
	// Both slots are free and no child is left behind: Close would wait for it.
	for range 3 {
		output(t, p, program(`function run() { return 1 }`), sandbox.Host{})
	}
}

func BenchmarkRun(b *testing.B) {
	for name, spare := range map[string]int{"cold": 0, "warm": 1} {
		b.Run(name, func(b *testing.B) {
			p, err := sandbox.New(sandbox.Config{Command: command(b), Clock: clock.System{}, Logger: slog.New(slog.DiscardHandler), Spare: spare, Most: 1})
			if err != nil {
				b.Fatal(err)
			}
			defer p.Close()
			g := program(`function run(i) { return i.a + 1 }`)
			g.Input = json.RawMessage(`{"a":1}`)
			var took []time.Duration
			for b.Loop() {
				began := time.Now()
				if _, err := p.Run(b.Context(), g, sandbox.Host{}); err != nil {
					b.Fatal(err)
				}
				took = append(took, time.Since(began))
				// The next spare child is getting ready.
				time.Sleep(40 * time.Millisecond)
			}
			report(b, took)
		})
	}
}

func report(b *testing.B, took []time.Duration) {
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2].Microseconds()), "p50-µs")
	b.ReportMetric(float64(took[len(took)*99/100].Microseconds()), "p99-µs")
	if strings.Contains(b.Name(), "warm") && took[len(took)/2] > time.Second {
		b.Error("a warm run is no quick one")
	}
}
