package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"ariga.io/atlas/sql/migrate"
)

// runner builds the tests with faults in them, and runs them.
type runner struct {
	root, temp string
	engines    []string
	found      map[int]string
	// together are the faults of the one build that has many, and built the binaries by fault, 0 for that one.
	together map[int]bool
	built    map[int]bool
}

func newRunner(ctx context.Context, engines []string, faults []fault) (*runner, error) {
	root, err := os.Getwd()
	if err != nil {
		return nil, err
	}
	temp, err := os.MkdirTemp("", "seeded")
	if err != nil {
		return nil, err
	}
	r := &runner{root: root, temp: temp, engines: engines, found: map[int]string{}, built: map[int]bool{}}
	tree := map[string][]byte{}
	for _, f := range faults {
		for file := range f.changed {
			if tree[file], err = os.ReadFile(filepath.FromSlash(file)); err != nil {
				return nil, err
			}
		}
	}
	files, together, err := merged(tree, faults)
	if err != nil {
		return nil, err
	}
	r.together = together
	return r, r.build(ctx, 0, files)
}

func (r *runner) close() { _ = os.RemoveAll(r.temp) }

// build compiles the suites with some files in place of the tree's.
func (r *runner) build(ctx context.Context, n int, files map[string][]byte) error {
	overlay, err := r.overlay(n, files)
	if err != nil {
		return err
	}
	for _, name := range []string{"matrix", "authz"} {
		args := []string{"test", "-c", "-trimpath", "-vet=off", "-ldflags=-s -w", "-overlay", overlay, "-o", r.binary(n, name), "./test/" + name}
		if out, err := exec.CommandContext(ctx, "go", args...).CombinedOutput(); err != nil {
			return fmt.Errorf("it does not build: %w\n%s", err, out)
		}
	}
	return nil
}

func (r *runner) binary(n int, name string) string {
	return filepath.Join(r.temp, fmt.Sprintf("%s%d.test", name, n))
}

// try runs the tests with a fault, those that are known to find it first, and returns the first that failed; empty for none.
func (r *runner) try(ctx context.Context, f fault) (string, error) {
	n := 0
	if !r.together[f.number] {
		n = f.number
		if err := r.build(ctx, n, f.changed); err != nil {
			return "", err
		}
	}
	first, tests, _ := strings.Cut(f.seen, " ")
	if found, err := r.suite(ctx, n, f, first, tests); found != "" || err != nil {
		return found, err
	}
	for _, engine := range r.engines {
		for _, name := range []string{"matrix", "authz"} {
			if found, err := r.suite(ctx, n, f, name, "/"+engine); found != "" || err != nil {
				return found, err
			}
		}
	}
	return "", nil
}

// sound sees that the build that has many faults passes while none of them is wanted: else what it finds proves nothing.
func (r *runner) sound(ctx context.Context) error {
	for _, name := range []string{"matrix", "authz"} {
		found, err := r.suite(ctx, 0, fault{}, name, "/"+r.engines[0])
		if err != nil {
			return err
		}
		if found != "" {
			return fmt.Errorf("%s fails without any fault", found)
		}
	}
	return nil
}

// overlay writes files beside the tree, and the list that tells the compiler of them.
func (r *runner) overlay(n int, files map[string][]byte) (string, error) {
	replace := map[string]string{}
	put := func(file string, text []byte) error {
		to := filepath.Join(r.temp, fmt.Sprint(n), filepath.FromSlash(file))
		if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
			return err
		}
		replace[filepath.Join(r.root, filepath.FromSlash(file))] = to
		return os.WriteFile(to, text, 0o644)
	}
	for _, file := range slices.Sorted(maps.Keys(files)) {
		if err := put(file, files[file]); err != nil {
			return "", err
		}
		if strings.HasSuffix(file, ".sql") {
			sum, err := r.sums(path.Dir(file), path.Base(file), files[file])
			if err != nil {
				return "", err
			}
			if err := put(path.Dir(file)+"/atlas.sum", sum); err != nil {
				return "", err
			}
		}
	}
	b, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		return "", err
	}
	name := filepath.Join(r.temp, fmt.Sprintf("%d.json", n))
	return name, os.WriteFile(name, b, 0o644)
}

// sums are the sums of a folder of migrations of which one has changed.
func (r *runner) sums(folder, name string, text []byte) ([]byte, error) {
	temp, err := os.MkdirTemp(r.temp, "sums")
	if err != nil {
		return nil, err
	}
	if err := os.CopyFS(temp, os.DirFS(filepath.FromSlash(folder))); err != nil {
		return nil, err
	}
	if err := os.WriteFile(filepath.Join(temp, name), text, 0o644); err != nil {
		return nil, err
	}
	dir, err := migrate.NewLocalDir(temp)
	if err != nil {
		return nil, err
	}
	sum, err := dir.Checksum()
	if err != nil {
		return nil, err
	}
	return sum.MarshalText()
}

// suite runs some tests of a build with a fault. It returns the name of what failed.
func (r *runner) suite(ctx context.Context, n int, f fault, name, tests string) (string, error) {
	cmd := exec.CommandContext(ctx, r.binary(n, name), "-test.run", tests, "-test.failfast", "-test.timeout", "5m")
	cmd.Dir = filepath.Join(r.root, "test", name)
	cmd.Env = append(os.Environ(), fmt.Sprintf("%s=%d", variable, f.number))
	out, err := cmd.CombinedOutput()
	var failed *exec.ExitError
	switch {
	case err == nil:
		return "", nil
	case !errors.As(err, &failed):
		return "", err
	}
	return "test/" + name + " " + deepest(string(out)), nil
}

var failure = regexp.MustCompile(`(?m)^\s*--- FAIL: (\S+)`)

// deepest is the first failure that no other is part of.
func deepest(out string) string {
	name, depth := "the whole of it", -1
	for _, m := range failure.FindAllStringSubmatch(out, -1) {
		if n := strings.Count(m[1], "/"); n > depth {
			name, depth = m[1], n
		}
	}
	return name
}
