package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"runtime/debug"

	"karnak/internal/app"
	"karnak/internal/platform/clock"
	"karnak/internal/platform/config"
	"karnak/internal/platform/heap"
)

const description = `karnak is a GraphQL API platform with subscriptions.

Settings come from flags, else from the environment (KARNAK_*), else from the file of --config, else from the profile.
Exit status: 0 all went well, 1 something failed, 2 the command line or the configuration is at fault.`

// commands is the grammar of the command line.
type commands struct {
	config.Config `embed:"" group:"Settings:"`

	Serve    serveCommand    `cmd:"" help:"Serve the API; the database is made and migrated where needed."`
	Migrate  migrateCommand  `cmd:"" help:"Bring the database to the newest schema."`
	Seed     seedCommand     `cmd:"" help:"Fill an empty database with the demo and print its sign-ins."`
	Backup   backupCommand   `cmd:"" help:"Write the database into a new file, while the server goes on."`
	Restore  restoreCommand  `cmd:"" help:"Make the database from a backup; no server may run on it."`
	Restored restoredCommand `cmd:"" help:"Tell the database that other tools restored it: cursors from before are refused."`
	Schema   schemaCommand   `cmd:"" help:"Print the published GraphQL schema."`
	Version  versionCommand  `cmd:"" help:"Print the version."`
	Twins    twinsCommand    `cmd:"" help:"Serve stand-ins for providers, for tests and for trying out."`
	Health   healthCommand   `cmd:"" help:"Ask the server at --addr whether it is alive."`
}

// settingFaults is what is wrong with the settings; commands that need none pass it over.
type settingFaults struct{ err error }

type serveCommand struct {
	Check bool `help:"Check the configuration and what it names, and end."`
}

func (c serveCommand) Run(ctx context.Context, cfg *config.Config, faults settingFaults, out io.Writer) error {
	if err := config.Join(faults.err, cfg.Preflight(ctx, true)); err != nil {
		return err
	}
	if c.Check {
		if err := app.Check(ctx, cfg); err != nil {
			return err
		}
		_, err := fmt.Fprintln(out, "The configuration is sound.")
		return err
	}
	if cfg.MemoryLimit > 0 {
		debug.SetMemoryLimit(int64(cfg.MemoryLimit))
	}
	defer heap.Widen(heapRoom)()
	go heap.Settle(ctx, clock.System{})
	err := app.Serve(ctx, cfg)
	if ctx.Err() != nil && errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}

// heapRoom is by how much the heap may grow before it is collected, where less than that is alive.
const heapRoom = 64 << 20

type migrateCommand struct{}

func (migrateCommand) Run(ctx context.Context, cfg *config.Config, faults settingFaults) error {
	if err := config.Join(faults.err, cfg.Preflight(ctx, false)); err != nil {
		return err
	}
	return app.Migrate(ctx, cfg)
}

type seedCommand struct{}

func (seedCommand) Run(ctx context.Context, cfg *config.Config, faults settingFaults, out io.Writer) error {
	if err := config.Join(faults.err, cfg.Preflight(ctx, false)); err != nil {
		return err
	}
	return app.Seed(ctx, cfg, out)
}

type backupCommand struct {
	File string `arg:"" help:"File to write; it may not be there yet."`
}

func (c backupCommand) Run(ctx context.Context, cfg *config.Config, faults settingFaults, out io.Writer) error {
	if err := config.Join(faults.err, cfg.Preflight(ctx, false)); err != nil {
		return err
	}
	return app.Backup(ctx, cfg, c.File, out)
}

type restoreCommand struct {
	File    string `arg:"" help:"File that karnak backup wrote."`
	Replace bool   `help:"Keep the SQLite file that is there under another name."`
}

func (c restoreCommand) Run(ctx context.Context, cfg *config.Config, faults settingFaults, out io.Writer) error {
	if err := config.Join(faults.err, cfg.Preflight(ctx, false)); err != nil {
		return err
	}
	return app.Restore(ctx, cfg, c.File, c.Replace, out)
}

type restoredCommand struct{}

func (restoredCommand) Run(ctx context.Context, cfg *config.Config, faults settingFaults) error {
	if err := config.Join(faults.err, cfg.Preflight(ctx, false)); err != nil {
		return err
	}
	return app.Restored(ctx, cfg)
}

type twinsCommand struct {
	LLM string `name:"llm" default:"127.0.0.1:8090" help:"Address of the stand-in for providers of language models."`
}

func (c twinsCommand) Run(ctx context.Context, out io.Writer) error {
	return app.Twins(ctx, c.LLM, out)
}

type schemaCommand struct{}

func (schemaCommand) Run(out io.Writer) error {
	_, err := io.WriteString(out, app.Schema())
	return err
}

type versionCommand struct{}

func (versionCommand) Run(out io.Writer) error {
	_, err := fmt.Fprintln(out, "karnak", app.Version)
	return err
}
