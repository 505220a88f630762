package main

import (
	"bytes"
	"os"
	"testing"
	"time"

	"karnak/test/crash/rig"
)

// TestFailpoints ends the server once between every two steps of a write, on each engine.
func TestFailpoints(t *testing.T) {
	t.Parallel()
	binary, err := rig.Build(t.Context(), t.TempDir(), failing...)
	if err != nil {
		t.Fatal(err)
	}
	for i, engine := range []string{rig.SQLite, rig.Postgres} {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			var out bytes.Buffer
			r, err := runFalls(t.Context(), Plan{
				Engine: engine, Binary: binary, Server: os.Getenv("KARNAK_TEST_POSTGRES"), Folder: t.TempDir(), Out: &out,
				Cycles: 1, Least: time.Second, Writers: 16, Subscribers: 16, Seed: uint64(time.Now().UnixNano()) + uint64(i),
			})
			if err != nil {
				t.Fatal(err)
			}
			sound(t, r, &out)
			if r.Acknowledged < 100 || r.Resolved == 0 || r.Delivered < r.Acknowledged {
				t.Errorf("too little happened: %d acknowledged, %d repeated, %d received", r.Acknowledged, r.Resolved, r.Delivered)
			}
		})
	}
}
