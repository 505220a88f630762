package faults_test

import (
	"bytes"
	"context"
	"errors"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"karnak/test/binary"
)

// TestFaultyConfigurations starts the server with settings that are wrong: it ends within two seconds, names the key of every
// fault, and tells no secret. internal/platform/config holds the rules one by one.
func TestFaultyConfigurations(t *testing.T) {
	t.Parallel()
	w := raise(t)
	path, err := built()
	if err != nil {
		t.Fatal(err)
	}
	earnest := []string{"--profile=production"}
	for name, c := range map[string]struct {
		args, env, keys []string
	}{
		"an unknown key":             {nil, []string{"KARNAK_DATABSE_URL=x"}, []string{"KARNAK_DATABSE_URL"}},
		"an unknown flag":            {[]string{"--prot=1"}, nil, []string{"--prot"}},
		"no secret in production":    {earnest, nil, []string{"KARNAK_SECRET"}},
		"a secret from a manual":     {earnest, []string{"KARNAK_SECRET=changeme-changeme-changeme-changeme"}, []string{"KARNAK_SECRET"}},
		"a secret of 128 bits":       {earnest, []string{"KARNAK_SECRET=" + secret[:32]}, []string{"KARNAK_SECRET"}},
		"a secret of 128 bits here":  {nil, []string{"KARNAK_SECRET=" + secret[:32]}, []string{"KARNAK_SECRET"}},
		"a bad URL":                  {nil, []string{"KARNAK_DATABASE_URL=mysql://kay:hunter2@h/d"}, []string{"KARNAK_DATABASE_URL"}},
		"a port in use":              {[]string{"--addr=" + w.Addr}, nil, []string{"KARNAK_ADDR"}},
		"GraphiQL in production":     {append(earnest, "--playground"), []string{"KARNAK_SECRET=" + secret}, []string{"KARNAK_PLAYGROUND"}},
		"introspection there":        {append(earnest, "--introspection"), []string{"KARNAK_SECRET=" + secret}, []string{"KARNAK_INTROSPECTION"}},
		"every origin there":         {append(earnest, "--cors-origins=*"), []string{"KARNAK_SECRET=" + secret}, []string{"KARNAK_CORS_ORIGINS"}},
		"a cluster without a base":   {[]string{"--bus-listen=" + w.Addr, "--bus-routes=x"}, []string{"KARNAK_NATS_URL=nats://h:1"}, []string{"KARNAK_BUS_LISTEN", "KARNAK_BUS_ROUTES", "KARNAK_NATS_URL", "KARNAK_DATABASE_URL", "KARNAK_SECRET"}},
		"all of it at once":          {append(earnest, "--playground", "--introspection", "--cors-origins=*", "--addr="+w.Addr), []string{"KARNAK_SECRET=short", "KARNAK_BOGUS=1", "KARNAK_NATS_URL=ftp://h"}, []string{"KARNAK_PLAYGROUND", "KARNAK_INTROSPECTION", "KARNAK_CORS_ORIGINS", "KARNAK_ADDR", "KARNAK_SECRET", "KARNAK_BOGUS", "KARNAK_NATS_URL"}},
		"the same file twice":        {[]string{"--data-dir=" + w.data}, nil, []string{w.data}},
		"a database that is no more": {nil, []string{"KARNAK_DATABASE_URL=postgres://kay:hunter2@127.0.0.1:1/d"}, []string{"PostgreSQL"}},
	} {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), patience)
			defer cancel()
			args := []string{"serve", "--data-dir=" + t.TempDir(), "--addr=" + binary.FreeAddress(t)}
			cmd := exec.CommandContext(ctx, path, append(args, c.args...)...)
			cmd.Env = append(slices.Clip(binary.Surroundings()), c.env...)
			var said bytes.Buffer
			cmd.Stderr = &said
			began := time.Now()
			err := cmd.Run()
			took := time.Since(began)
			var exit *exec.ExitError
			if !errors.As(err, &exit) || exit.ExitCode() < 1 || took > 2*time.Second {
				t.Errorf("%v after %s: %s", err, took, said.String())
			}
			for _, key := range c.keys {
				if !strings.Contains(said.String(), key) {
					t.Errorf("%s is not named: %s", key, said.String())
				}
			}
			for _, private := range []string{"hunter2", secret[:32], "changeme", "goroutine "} {
				if strings.Contains(said.String(), private) {
					t.Errorf("it tells %q: %s", private, said.String())
				}
			}
		})
	}
	w.stands(t)
}
