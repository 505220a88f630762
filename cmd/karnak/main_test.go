package main

import (
	"bytes"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"karnak/internal/app"
)

func TestRun(t *testing.T) {
	t.Parallel()
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	alive := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/livez" {
			w.WriteHeader(http.StatusNotFound)
		}
	}))
	defer alive.Close()
	dead := httptest.NewServer(http.NotFoundHandler())
	defer dead.Close()
	addr := func(s *httptest.Server) string { return "--addr=" + s.Listener.Addr().String() }
	cases := []struct {
		name     string
		args     []string
		env      []string
		code     int
		out, err []string
	}{
		{"help", []string{"--help"}, nil, 0, []string{"serve", "migrate", "Exit status", "KARNAK_DATABASE_URL"}, nil},
		{"help of a command", []string{"serve", "--help"}, nil, 0, []string{"--check"}, nil},
		{"no command", nil, nil, 2, nil, []string{"expected one of"}},
		{"unknown command", []string{"sreve"}, nil, 2, nil, []string{"sreve"}},
		{"unknown flag", []string{"serve", "--prot=1"}, nil, 2, nil, []string{"--prot"}},
		{"version", []string{"version"}, []string{"KARNAK_BOGUS=1"}, 0, []string{"karnak " + app.Version}, nil},
		{"schema", []string{"schema"}, nil, 0, []string{"type Query"}, nil},
		{
			"every fault at once",
			[]string{"serve", "--addr=" + taken.Addr().String(), "--data-dir=/dev/null/x"},
			[]string{"KARNAK_BOGUS=1", "KARNAK_ACCESS_TTL=soon", "KARNAK_SECRET=short", "KARNAK_NATS_URL=oracle://x"},
			2, nil,
			[]string{"6 faults", "KARNAK_ADDR: ", "KARNAK_DATA_DIR: ", "KARNAK_BOGUS: ", "KARNAK_ACCESS_TTL: ", "KARNAK_SECRET: ", "KARNAK_NATS_URL: "},
		},
		{"check of a taken port", []string{"serve", "--check", "--addr=" + taken.Addr().String(), "--data-dir=" + t.TempDir()}, nil, 2, nil, []string{"KARNAK_ADDR: "}},
		{"production without secret", []string{"migrate", "--profile=production", "--data-dir=" + t.TempDir()}, nil, 2, nil, []string{"KARNAK_SECRET: "}},
		{"healthy", []string{"health", addr(alive)}, nil, 0, nil, nil},
		{"unhealthy", []string{"health", addr(dead)}, nil, 1, nil, []string{"404"}},
		{"health of a bad address", []string{"health", "--addr=x"}, nil, 2, nil, []string{"KARNAK_ADDR"}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			var out, errOut bytes.Buffer
			start := time.Now()
			if code := run(t.Context(), c.args, c.env, &out, &errOut); code != c.code {
				t.Errorf("exit %d, want %d\n%s%s", code, c.code, out.String(), errOut.String())
			}
			if took := time.Since(start); took > 2*time.Second {
				t.Errorf("took %s", took)
			}
			for _, want := range c.out {
				if !strings.Contains(out.String(), want) {
					t.Errorf("%q is not in the output:\n%s", want, out.String())
				}
			}
			for _, want := range c.err {
				if !strings.Contains(errOut.String(), want) {
					t.Errorf("%q is not in the error:\n%s", want, errOut.String())
				}
			}
		})
	}
}
