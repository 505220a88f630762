// Command gqlgen generates the executor from schema/, and then makes the answers to queries lean: see package graph/exec.
package main

import (
	"fmt"
	"io"
	"log" //nolint:depguard // gqlgen writes to it
	"os"

	"github.com/99designs/gqlgen/api"
	"github.com/99designs/gqlgen/codegen/config"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintf(os.Stderr, "gqlgen: %s\n", err)
		os.Exit(1)
	}
}

func run() error {
	cfg, err := config.LoadConfig("gqlgen.yml")
	if err != nil {
		return err
	}
	log.SetOutput(io.Discard) // gqlgen tells of each field that it finds no method for
	if err := api.Generate(cfg); err != nil {
		return err
	}
	return rewrite(cfg.Exec.DirName)
}
