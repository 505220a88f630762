package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestCluster starts three nodes with each bus, asks each of them, and ends them.
func TestCluster(t *testing.T) {
	t.Parallel()
	karnak := filepath.Join(t.TempDir(), "karnak")
	build := exec.CommandContext(t.Context(), "go", "build", "-buildvcs=false", "-o", karnak, "karnak/cmd/karnak")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for i, bus := range []string{"nats", "routes"} {
		t.Run(bus, func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
			defer cancel()
			args := []string{"-karnak", karnak, "-bus", bus, "-addr", fmt.Sprintf("127.0.0.1:%d", 18_100+100*i)}
			out, in := io.Pipe()
			ended := make(chan error, 1)
			go func() {
				err := run(ctx, args, os.Getenv("KARNAK_TEST_POSTGRES"), in)
				_ = in.Close()
				ended <- err
			}()
			said := greeting(out)
			for n := range 3 {
				url := fmt.Sprintf("http://127.0.0.1:%d/", 18_100+100*i+n)
				if !strings.Contains(said, url) || get(t, url+"readyz") != http.StatusOK {
					t.Errorf("node %d is not there: %s", n+1, said)
				}
			}
			if !strings.Contains(said, "ada@karnak.example") {
				t.Errorf("no sign-ins: %s", said)
			}
			cancel()
			if err := <-ended; err != nil {
				t.Error(err)
			}
		})
	}
}

// greeting reads up to the line that says how to end.
func greeting(out io.Reader) string {
	var b strings.Builder
	for lines := bufio.NewScanner(out); lines.Scan(); {
		b.WriteString(lines.Text() + "\n")
		if strings.Contains(lines.Text(), "Ctrl-C") {
			go func() { _, _ = io.Copy(io.Discard, out) }()
			break
		}
	}
	return b.String()
}

func get(t *testing.T, url string) int {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	res, err := (&http.Client{Timeout: 5 * time.Second}).Do(req)
	if err != nil {
		t.Error(err)
		return 0
	}
	_ = res.Body.Close()
	return res.StatusCode
}

func TestRefuses(t *testing.T) {
	t.Parallel()
	for name, args := range map[string][]string{
		"no PostgreSQL": nil, "no node": {"-nodes", "0"}, "no such bus": {"-bus", "pigeon"}, "no such flag": {"-x"},
	} {
		if err := run(t.Context(), args, "", io.Discard); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	for _, addr := range []string{"x", "127.0.0.1:0", "127.0.0.1:65535", "127.0.0.1:99999"} {
		if _, err := following(addr, 3); err == nil {
			t.Errorf("%s: no error", addr)
		}
	}
}
