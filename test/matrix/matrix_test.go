package matrix_test

import (
	"testing"

	"karnak/ent/enttest"
	"karnak/internal/app/apptest"
	"karnak/test/world"
)

// TestMatrix runs the matrix on each engine, on one node with three tenants.
func TestMatrix(t *testing.T) {
	t.Parallel()
	for _, engine := range enttest.Engines {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			c := world.Noon()
			s := open(t, apptest.Start(t, engine, world.Options(t, c)), c)
			s.covered(t)
			s.marked(t)
			for _, part := range []struct {
				name string
				run  func(t *testing.T)
			}{
				{"fields", s.readFields}, {"arguments", s.readArguments}, {"cursors", s.readCursors}, {"streams", s.refuseStreams},
				{"mutations", s.mutate}, {"input fields", s.crossInputs}, {"claims", s.claim}, {"live", s.listen},
			} {
				t.Run(part.name, part.run)
			}
		})
	}
}
