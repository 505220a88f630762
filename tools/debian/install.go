// Package debian brings programs that tests need where the machine is a Debian and the process may install packages.
package debian

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
)

// Able tells whether Install can do anything here: on Debian, as root.
func Able() bool {
	_, err := os.Stat("/etc/debian_version")
	return err == nil && os.Geteuid() == 0
}

// Update reads the lists of packages anew, which Install needs on a fresh machine.
func Update(ctx context.Context) error { return apt(ctx, "update") }

// Install installs packages without those that are only recommended, and waits for others who are installing.
func Install(ctx context.Context, packages ...string) error {
	fmt.Fprintf(os.Stderr, "installing the package %s\n", strings.Join(packages, ", "))
	return apt(ctx, append([]string{"install", "-y", "--no-install-recommends"}, packages...)...)
}

func apt(ctx context.Context, args ...string) error {
	cmd := exec.CommandContext(ctx, "apt-get", append([]string{"-qq", "-o", "DPkg::Lock::Timeout=300"}, args...)...)
	cmd.Env = append(os.Environ(), "DEBIAN_FRONTEND=noninteractive")
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("apt-get %s: %w\n%s", strings.Join(args, " "), err, out)
	}
	return nil
}
