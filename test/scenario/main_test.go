package scenario_test

import (
	"os"
	"testing"

	"karnak/internal/platform/sandbox"
)

// TestMain is also the process that the nodes of these tests run programs of tools in.
func TestMain(m *testing.M) {
	if sandbox.Asked(os.Args) {
		os.Exit(sandbox.Child(os.Stdin, os.Stdout))
	}
	os.Exit(m.Run())
}
