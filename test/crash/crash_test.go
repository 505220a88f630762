package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"testing"
	"time"

	"karnak/test/crash/rig"
)

// karnak is the path of the binary that the tests of this package run; TestMain builds it.
var karnak string

func TestMain(m *testing.M) {
	os.Exit(test(m))
}

func test(m *testing.M) int {
	folder, err := os.MkdirTemp("", "karnak-crash-binary-")
	if err == nil {
		defer func() { _ = os.RemoveAll(folder) }()
		karnak, err = rig.Build(context.Background(), folder)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return m.Run()
}

// sound shows a report, and fails where anything was found.
func sound(t *testing.T, r Report, out *bytes.Buffer) {
	t.Helper()
	r.print(out)
	t.Logf("\n%s", out)
	if !r.Sound() {
		t.Error("the ledgers do not agree")
	}
}

// TestStorm kills and pauses one of three nodes at a time, restarts their PostgreSQL, cuts the bus and their clients' connections.
func TestStorm(t *testing.T) {
	t.Parallel()
	c := cluster(t)
	var out bytes.Buffer
	r, err := Run(t.Context(), Plan{
		Engine: rig.Postgres, Binary: karnak, Server: c.URL, Cluster: c, Folder: t.TempDir(), Out: &out, Args: []string{"--postgres-pool=8"},
		Nodes: 3, Bus: rig.NATS, Weather: &storm, Cycles: 12, Least: 200 * time.Millisecond, Most: time.Second, Writers: 24, Subscribers: 24, Seed: uint64(time.Now().UnixNano()),
	})
	if err != nil {
		t.Fatal(err)
	}
	sound(t, r, &out)
	if r.Acknowledged < 500 || r.Cuts < 24 || r.Delivered < r.Acknowledged {
		t.Errorf("too little happened: %d acknowledged, %d cuts, %d received", r.Acknowledged, r.Cuts, r.Delivered)
	}
}

// TestCrash is the short form of the long run: a dozen kills under load on each engine.
func TestCrash(t *testing.T) {
	t.Parallel()
	for i, engine := range []string{rig.SQLite, rig.Postgres} {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			var out bytes.Buffer
			r, err := Run(t.Context(), Plan{
				Engine: engine, Binary: karnak, Server: os.Getenv("KARNAK_TEST_POSTGRES"), Folder: t.TempDir(), Out: &out,
				Cycles: 12, Least: 200 * time.Millisecond, Most: time.Second, Writers: 32, Subscribers: 16, Seed: uint64(time.Now().UnixNano()) + uint64(i),
			})
			if err != nil {
				t.Fatal(err)
			}
			sound(t, r, &out)
			// A run in which nothing was cut off proves nothing.
			if r.Cycles != 12 || r.Acknowledged < 500 || r.Resolved == 0 || r.Cuts < 12 || r.Delivered < r.Acknowledged {
				t.Errorf("too little happened: %d kills, %d acknowledged, %d repeated, %d cuts", r.Cycles, r.Acknowledged, r.Resolved, r.Cuts)
			}
		})
	}
}
