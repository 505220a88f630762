package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"karnak/tools/debian"
)

// errNone is what a developer reads where no PostgreSQL can be had.
var errNone = errors.New("no PostgreSQL server was found in PATH or under /usr/lib/postgresql. Install the package postgresql, " +
	"or name a server: " + variable + "=postgres://postgres:password@127.0.0.1:5432/postgres?sslmode=disable")

// findServer returns the directory of initdb and postgres, installing them where that is possible.
func findServer(ctx context.Context) (string, error) {
	if dir, ok := serverDir(os.Getenv("PATH"), "/"); ok {
		return dir, nil
	}
	if !debian.Able() {
		return "", errNone
	}
	if err := install(ctx); err != nil {
		return "", fmt.Errorf("%w\n(installing it failed: %w)", errNone, err)
	}
	if dir, ok := serverDir(os.Getenv("PATH"), "/"); ok {
		return dir, nil
	}
	return "", errNone
}

// serverDir looks into PATH and then into the directories of distributions, newest version first.
func serverDir(path, root string) (string, bool) {
	dirs := filepath.SplitList(path)
	var found []string
	for _, pattern := range []string{"usr/lib/postgresql/*/bin", "usr/pgsql-*/bin", "usr/local/pgsql/bin", "opt/homebrew/opt/postgresql*/bin"} {
		some, err := filepath.Glob(filepath.Join(root, pattern))
		if err == nil {
			slices.SortFunc(some, func(a, b string) int { return version(b) - version(a) })
			found = append(found, some...)
		}
	}
	for _, dir := range append(dirs, found...) {
		if executable(filepath.Join(dir, "initdb")) && executable(filepath.Join(dir, "postgres")) {
			return dir, true
		}
	}
	return "", false
}

func executable(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular() && info.Mode()&0o111 != 0
}

// version is the number in the last part but one of a path: 15 for /usr/lib/postgresql/15/bin.
func version(dir string) int {
	n, err := strconv.Atoi(strings.TrimLeft(filepath.Base(filepath.Dir(dir)), "abcdefghijklmnopqrstuvwxyz@-"))
	if err != nil {
		return 0
	}
	return n
}

const clusterConf = "/etc/postgresql-common/createcluster.conf"

// install brings the package without the cluster that Debian would make and start.
func install(ctx context.Context) error {
	if err := debian.Update(ctx); err != nil {
		return err
	}
	if err := debian.Install(ctx, "postgresql-common"); err != nil {
		return err
	}
	conf, err := os.ReadFile(clusterConf)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := os.WriteFile(clusterConf, append(conf, "\ncreate_main_cluster = false\n"...), 0o644); err != nil {
		return err
	}
	return debian.Install(ctx, "postgresql")
}

func tail(text string, n int) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	return strings.Join(lines[max(0, len(lines)-n):], "\n")
}
