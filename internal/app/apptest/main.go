package apptest

import (
	"os"

	"karnak/internal/platform/sandbox"
)

// Main is TestMain's of a package whose nodes run programs of tools: they start the test again for that.
func Main(m interface{ Run() int }) {
	if sandbox.Asked(os.Args) {
		os.Exit(sandbox.Child(os.Stdin, os.Stdout))
	}
	os.Exit(m.Run())
}
