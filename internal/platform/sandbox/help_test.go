package sandbox_test

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"karnak/internal/platform/clock"
	"karnak/internal/platform/sandbox"
)

const childWord = "be-a-sandbox"

// TestMain makes a child of the test binary where it is told to; a third word tells children apart.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == childWord {
		os.Exit(sandbox.Child(os.Stdin, os.Stdout))
	}
	if code, ok := otherwise(os.Args); ok {
		os.Exit(code)
	}
	os.Exit(m.Run())
}

func command(t testing.TB) []string {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return []string{self, childWord}
}

func config(t testing.TB) sandbox.Config {
	return sandbox.Config{Command: command(t), Clock: clock.System{}, Logger: slog.New(slog.DiscardHandler), Spare: 1, Most: 2}
}

func newPool(t testing.TB) *sandbox.Pool {
	t.Helper()
	p, err := sandbox.New(config(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Close)
	return p
}

func limits() sandbox.Limits {
	if sandbox.Racing {
		return sandbox.Limits{CPU: 5 * time.Second, Wall: 60 * time.Second, Memory: 256 << 20, Output: 64 << 10}
	}
	return sandbox.Limits{CPU: 400 * time.Millisecond, Wall: 10 * time.Second, Memory: 64 << 20, Output: 64 << 10}
}

func program(source string) sandbox.Program {
	return sandbox.Program{Source: source, Limits: limits()}
}

// lines keeps what is logged.
type lines struct {
	mu   sync.Mutex
	kept []string
}

func (l *lines) add(s string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.kept = append(l.kept, s)
}

func kindOf(err error) sandbox.Kind {
	var f *sandbox.Fault
	if errors.As(err, &f) {
		return f.Kind
	}
	return ""
}

// output runs a program that has to succeed.
func output(t *testing.T, p *sandbox.Pool, g sandbox.Program, h sandbox.Host) string {
	t.Helper()
	r, err := p.Run(t.Context(), g, h)
	if err != nil {
		t.Fatalf("%.200s: %v", g.Source, err)
	}
	return string(r.Output)
}

func echo(_ context.Context, name string, arguments json.RawMessage) (json.RawMessage, error) {
	switch name {
	case "fail":
		return nil, errors.New("no such bed")
	case "nothing":
		return nil, nil
	case "junk":
		return json.RawMessage(`{"a":`), nil
	}
	return arguments, nil
}

func repeat(s string, n int) string { return strings.Repeat(s, n) }
