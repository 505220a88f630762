package main

import (
	"bytes"
	"os"
	"testing"
	"time"

	"karnak/test/crash/rig"
)

// TestAnswersSurvive kills the server while answers are made, on each engine.
func TestAnswersSurvive(t *testing.T) {
	t.Parallel()
	for i, engine := range []string{rig.SQLite, rig.Postgres} {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			a, err := runAnswers(t.Context(), Plan{
				Engine: engine, Binary: karnak, Server: os.Getenv("KARNAK_TEST_POSTGRES"), Folder: t.TempDir(),
				Cycles: 4, Least: 500 * time.Millisecond, Most: 1500 * time.Millisecond, Seed: uint64(time.Now().UnixNano()) + uint64(i),
			})
			if err != nil {
				t.Fatal(err)
			}
			var out bytes.Buffer
			a.print(&out, engine)
			t.Logf("\n%s", &out)
			if len(a.Findings) > 0 || a.Kills < 4 || a.Ended < talkers || a.Interrupted < 4 {
				t.Error("answers did not survive, or too little happened")
			}
		})
	}
}
