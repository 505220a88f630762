// Command testpg runs a command with a private PostgreSQL:
//
//	go run ./tools/testpg [-durable] -- go test ./...
//
// It makes a cluster in a temporary directory on a free port of 127.0.0.1, gives its address to the command in
// KARNAK_TEST_POSTGRES (a superuser, database postgres), puts PostgreSQL's programs into its PATH, and ends with the command's exit status; 125 says that there is no
// PostgreSQL. The cluster and its directory are gone afterwards, however the command or this process ended. With root on
// Debian the package postgresql is installed where no server is found. Where KARNAK_TEST_POSTGRES is set already, the command
// is run and nothing else is done.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"slices"
	"syscall"
	"time"
)

const (
	variable    = "KARNAK_TEST_POSTGRES"
	exitNoPG    = 125
	exitUsage   = 2
	cmdGrace    = 20 * time.Second
	janitorFlag = "-janitor"
)

func main() {
	// What is started dies with the thread that started it, so this must stay one thread.
	runtime.LockOSThread()
	if len(os.Args) == 3 && os.Args[1] == janitorFlag {
		os.Exit(janitor(os.Args[2], os.Stdin))
	}
	os.Exit(run(os.Args[1:]))
}

func run(args []string) int {
	flags := flag.NewFlagSet("testpg", flag.ContinueOnError)
	durable := flags.Bool("durable", false, "write to disk before answering a commit, as in production; for benchmarks")
	if err := flags.Parse(args); err != nil || flags.NArg() == 0 {
		fmt.Fprintln(os.Stderr, "usage: testpg [-durable] -- command arguments…")
		return exitUsage
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	endWithParent()
	if os.Getenv(variable) != "" {
		return runCommand(ctx, flags.Args(), os.Environ())
	}
	cluster, err := start(ctx, *durable)
	if err != nil {
		fmt.Fprintf(os.Stderr, "testpg: %s\n", err)
		return exitNoPG
	}
	code := runCommand(ctx, flags.Args(), append(os.Environ(), variable+"="+cluster.URL, "PATH="+cluster.bin+string(os.PathListSeparator)+os.Getenv("PATH")))
	if err := cluster.Stop(); err != nil {
		fmt.Fprintf(os.Stderr, "testpg: %s\n", err)
		code = max(code, 1)
	}
	return code
}

// runCommand gives the command a process group of its own, so that a signal reaches all that it started.
func runCommand(ctx context.Context, args, env []string) int {
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr, cmd.Env = os.Stdin, os.Stdout, os.Stderr, slices.Clip(env)
	cmd.SysProcAttr = groupOfItsOwn(syscall.SIGKILL)
	if err := cmd.Start(); err != nil {
		fmt.Fprintf(os.Stderr, "testpg: %s\n", err)
		return 127
	}
	done := make(chan error, 1)
	go func() { done <- cmd.Wait() }()
	var err error
	select {
	case err = <-done:
	case <-ctx.Done():
		signalGroup(cmd.Process.Pid, syscall.SIGTERM)
		select {
		case err = <-done:
		case <-time.After(cmdGrace):
			signalGroup(cmd.Process.Pid, syscall.SIGKILL)
			err = <-done
		}
	}
	// Whatever the command left behind must not outlive its database.
	signalGroup(cmd.Process.Pid, syscall.SIGKILL)
	return exitCode(err)
}

func signalGroup(pid int, sig syscall.Signal) {
	_ = syscall.Kill(-pid, sig) // a group that is gone needs no signal
}

func exitCode(err error) int {
	var exit *exec.ExitError
	switch {
	case err == nil:
		return 0
	case !errors.As(err, &exit):
		return 1
	}
	if status, ok := exit.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		return 128 + int(status.Signal())
	}
	return exit.ExitCode()
}
