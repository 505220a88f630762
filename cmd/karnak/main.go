// Command karnak serves the GraphQL API and looks after its database.
//
// It ends with 0 when all went well, with 1 when something failed while it ran, and with 2 when the command line or the
// configuration is at fault. SIGTERM and SIGINT end it in order; a second one ends it at once.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/alecthomas/kong"

	"karnak/internal/platform/config"
	"karnak/internal/platform/sandbox"
)

const (
	exitFailed = 1
	exitUsage  = 2
)

func main() {
	if sandbox.Asked(os.Args) {
		os.Exit(sandbox.Child(os.Stdin, os.Stdout))
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	context.AfterFunc(ctx, stop)
	os.Exit(run(ctx, os.Args[1:], os.Environ(), os.Stdout, os.Stderr))
}

func run(ctx context.Context, args, environ []string, out, errOut io.Writer) int {
	var grammar commands
	helped := false
	kctx, faults := config.Parse(&grammar, &grammar.Config, args, environ,
		kong.Name("karnak"), kong.Description(description), kong.UsageOnError(), kong.ConfigureHelp(kong.HelpOptions{Compact: true}),
		kong.Writers(out, errOut), kong.Exit(func(int) { helped = true }))
	if helped {
		return 0
	}
	if kctx == nil {
		fmt.Fprintf(errOut, "karnak: %s\nTry: karnak --help\n", faults)
		return exitUsage
	}
	kctx.BindTo(ctx, (*context.Context)(nil))
	kctx.BindTo(out, (*io.Writer)(nil))
	err := kctx.Run(&grammar.Config, settingFaults{faults})
	if err == nil {
		return 0
	}
	fmt.Fprintf(errOut, "karnak: %s\n", err)
	if errors.As(err, new(config.Faults)) {
		return exitUsage
	}
	return exitFailed
}
