package machine

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
)

// Build builds packages of this tree, by the files they are to become, on all cores.
func Build(ctx context.Context, targets map[string]string) error {
	for file, target := range targets {
		cmd := exec.CommandContext(ctx, "go", "build", "-buildvcs=false", "-o", file, target)
		cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
		if text, err := cmd.CombinedOutput(); err != nil {
			return fmt.Errorf("build %s: %w\n%s", target, err, bytes.TrimSpace(text))
		}
	}
	return nil
}
